package purgelog

// View is what has been learned of the log. The zero View knows nothing, and allows nothing.
type View struct {
	log        string
	seq, floor uint64
	marks      marks
}

// Log is the identity of the log that the view is of, empty if it is of none.
func (v *View) Log() string { return v.log }

// Seq is the number of the last purge that it knows of: the stamp of a fill that begins now.
func (v *View) Seq() uint64 { return v.seq }

// Apply takes in an answer, and gives what of it is news. Reset says that the view cannot tell what it has missed: of all that
// was filled under it nothing may be used.
//
// An answer of the same log that is older than the view changes nothing. Whether one of another log is older, only its reader
// can know.
func (v *View) Apply(a *Answer) (news []Change, reset bool) {
	if reset = v.log != a.Log || v.seq < a.Floor; reset {
		*v = View{log: a.Log}
	}
	before := v.seq
	for _, c := range a.Changes {
		if c.Seq > before {
			v.marks.set(hash(c.Subject, ""), c.Seq)
			news = append(news, c)
		}
	}
	v.seq, v.floor = max(before, a.Seq), max(v.floor, a.Floor)
	if v.marks.used > maxMarks {
		// Nobody who is told of so many needs the old ones: what is stamped before now is a miss.
		v.marks, v.floor = marks{}, v.seq
	}
	return news, reset
}

// Mark notes a purge that the log has not confirmed yet: what was stamped before it is not allowed, though it may be good if
// the log never hears of it.
func (v *View) Mark(subject string) { v.marks.set(hash(subject, ""), v.seq+1) }

// Allows tells whether a fragment of a key and tags that was stamped by a log may be used, and if so, whether its freshness
// has ended.
func (v *View) Allows(log string, stamp uint64, key string, tags []string) (ok, soft bool) {
	if log != v.log || log == "" || stamp < v.floor {
		return false, false
	}
	hard, gone := v.of(All, "")
	n, m := v.of(keyPrefix, key)
	hard, gone = max(hard, n), max(gone, m)
	for _, tag := range tags {
		n, m = v.of(tagPrefix, tag)
		hard, gone = max(hard, n), max(gone, m)
	}
	return stamp >= hard, stamp < gone
}

// of gives the marks of a subject, hard and soft.
func (v *View) of(prefix, name string) (hard, soft uint64) {
	return v.marks.get(hash(prefix, name)), v.marks.get(hash(softMark+prefix, name))
}

// maxMarks is how many subjects a view tells apart: a log keeps no more.
const maxMarks = 4096

// marks are numbers by hash, with open addressing. Two subjects of one hash share the greater mark, which refuses more than it
// has to and never less.
type marks struct {
	slots []mark // a power of two of them, at most half used
	used  int
}

type mark struct{ hash, seq uint64 } // seq 0: empty

func (m *marks) find(h uint64) *mark {
	for i := h; ; i++ {
		s := &m.slots[i%uint64(len(m.slots))]
		if s.seq == 0 || s.hash == h {
			return s
		}
	}
}

func (m *marks) get(h uint64) uint64 {
	if m.used == 0 {
		return 0
	}
	return m.find(h).seq
}

func (m *marks) set(h, seq uint64) {
	if 2*m.used >= len(m.slots) {
		old := m.slots
		m.slots, m.used = make([]mark, max(64, 2*len(old))), 0
		for _, s := range old {
			if s.seq != 0 {
				m.set(s.hash, s.seq)
			}
		}
	}
	s := m.find(h)
	if s.seq == 0 {
		m.used++
	}
	s.hash, s.seq = h, max(s.seq, seq)
}

// hash is 64-bit FNV-1a of two texts, mixed so that its low bits are as good as its high ones.
func hash(a, b string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(a); i++ {
		h = (h ^ uint64(a[i])) * 1099511628211
	}
	for i := 0; i < len(b); i++ {
		h = (h ^ uint64(b[i])) * 1099511628211
	}
	return h ^ h>>29
}
