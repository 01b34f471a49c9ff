package cache

// link is the beginning of what is found by a hash: of a tag, and of terms. It is
// the first field of its struct, so a pointer to it is one to the struct.
type link struct {
	hash uint64
	next *link // in its bucket
}

// links are a hash table of such structs, which are chained and so not moved. It
// keeps nothing of what was taken out. TinyGo's own maps do: a slot that was deleted
// still has its key and its value until it is used again, and of a fragment with 64
// tags of 250 bytes that was as much as the fragments that were there.
type links struct {
	buckets []*link // a power of two of them; none at first
	n       int
}

// bucket is where what has the hash is, among others.
func (t *links) bucket(hash uint64) *link {
	if t.n == 0 {
		return nil
	}
	return *t.at(hash)
}

func (t *links) at(hash uint64) **link {
	return &t.buckets[hash&uint64(len(t.buckets)-1)]
}

func (t *links) add(l *link) {
	if t.n == len(t.buckets) {
		t.resize(max(8, 2*t.n))
	}
	t.n++
	at := t.at(l.hash)
	l.next, *at = *at, l
}

// remove takes out what is in.
func (t *links) remove(l *link) {
	at := t.at(l.hash)
	for *at != l {
		at = &(*at).next
	}
	*at, l.next = l.next, nil
	if t.n--; t.n < len(t.buckets)/8 {
		t.resize(len(t.buckets) / 2)
	}
}

func (t *links) resize(n int) {
	old := t.buckets
	t.buckets = make([]*link, n)
	for _, l := range old {
		for l != nil {
			next := l.next
			at := t.at(l.hash)
			l.next, *at = *at, l
			l = next
		}
	}
}
