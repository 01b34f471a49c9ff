package cache

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"inlay/cache/internal/platform"
)

// What a policy in use counts against Options.MaxBytes, once however many
// entries share it: a combination of windows and tags, each reference from
// such a combination to a tag, and a tag beyond the bytes of its name.
const (
	TermsOverhead  = 128
	TagRefOverhead = 8
	TagOverhead    = 208
)

// tag is one name that entries carry. Purging and invalidating only write down
// when it happened, so they take the same time for one entry and a million;
// an entry compares on each look.
type tag struct {
	link
	name          string
	purgedAt      atomic.Uint64 // sequence number of the last purge
	invalidatedAt atomic.Uint64 // sequence number of the last invalidation
	softs         atomic.Pointer[softMarks]
	refs          int // terms that name it
	entries       int // entries that carry it and are not purged
	fresh         int // those of them that are not invalidated either
}

// softMarks are the invalidations of a tag, oldest first, as far as the entries
// that carry it need them: what an entry may still be used for counts from the
// first one after it was stored. Readers take no lock, so they never change.
type softMarks struct {
	n  int
	by [maxSofts]softMark
}

type softMark struct {
	seq uint64
	at  int64 // ticks
}

// maxSofts bounds them. Of more, the oldest two become one with the earlier time:
// what was stored between those two may be used for less long than it could.
const maxSofts = 4

// with gives the marks and one more.
func (m *softMarks) with(s softMark) *softMarks {
	n := &softMarks{}
	if m != nil {
		*n = *m
	}
	if n.n == maxSofts {
		n.by[1].at = n.by[0].at
		copy(n.by[:], n.by[1:])
		n.n--
	}
	n.by[n.n] = s
	n.n++
	return n
}

// after gives the time of the first invalidation after sequence number since.
func (m *softMarks) after(since uint64) int64 {
	for i := range m.by[:m.n] {
		if m.by[i].seq > since {
			return m.by[i].at
		}
	}
	return 0 // not reached: the last one is after it
}

// terms are the part of a policy that entries share: windows and tags, and the
// sequence number at which the combination came into use. After a purge or an
// invalidation of one of its tags a combination serves no new entry.
type terms struct {
	link
	swr, sie time.Duration
	keep     time.Duration
	tags     []*tag
	since    uint64
	stale    bool // of entries that were stored as stale: no count has them as fresh
	refs     int
}

func (w *terms) purged() bool {
	for _, g := range w.tags {
		if g.purgedAt.Load() > w.since {
			return true
		}
	}
	return false
}

func (w *terms) invalidated() bool {
	for _, g := range w.tags {
		if g.invalidatedAt.Load() > w.since {
			return true
		}
	}
	return false
}

// invalidatedAt gives the earliest known time of an invalidation.
func (w *terms) invalidatedAt() (t int64, yes bool) {
	for _, g := range w.tags {
		if g.invalidatedAt.Load() > w.since {
			if at := g.softs.Load().after(w.since); !yes || at < t {
				t, yes = at, true
			}
		}
	}
	return t, yes
}

// tagTable holds the tags and the terms in use. The writer's lock guards it.
type tagTable struct {
	hash   *hasher
	tags   links  // tags, by the hash of their names
	combos links  // terms
	seq    uint64 // grows with each purge or invalidation
	recent recentMarks
}

func (tt *tagTable) init(h *hasher) {
	tt.hash, tt.tags, tt.combos = h, links{}, links{}
}

// find is the tag of a name that is in use, nil if none is.
func (tt *tagTable) find(name string, h uint64) *tag {
	for l := tt.tags.bucket(h); l != nil; l = l.next {
		if g := (*tag)(unsafe.Pointer(l)); l.hash == h && g.name == name {
			return g
		}
	}
	return nil
}

// acquire gives the terms for one more entry, and how many bytes they add to
// what is in use.
func (tt *tagTable) acquire(p *Policy, stale bool) (w *terms, added int64) {
	if p.StaleWhileRevalidate == 0 && p.StaleIfError == 0 && p.Keep == 0 && len(p.Tags) == 0 {
		return nil, 0
	}
	h := tt.hashOf(p)
	for l := tt.combos.bucket(h); l != nil; l = l.next {
		w = (*terms)(unsafe.Pointer(l))
		if l.hash == h && w.is(p) && w.stale == stale && !w.purged() && !w.invalidated() {
			w.hold()
			return w, 0
		}
	}
	w, added = tt.make(p)
	w.hash, w.stale = h, stale
	tt.combos.add(&w.link)
	w.hold()
	return w, added
}

func (tt *tagTable) make(p *Policy) (*terms, int64) {
	w := &terms{swr: p.StaleWhileRevalidate, sie: p.StaleIfError, keep: p.Keep, since: tt.seq}
	added := int64(platform.TermsFactor * (TermsOverhead + TagRefOverhead*len(p.Tags)))
	if len(p.Tags) > 0 {
		w.tags = make([]*tag, 0, len(p.Tags))
	}
	for _, name := range p.Tags {
		h := tt.hash.sum(name)
		g := tt.find(name, h)
		if g == nil {
			// The name may be a piece of a long text, of which nothing else is to stay.
			g = &tag{link: link{hash: h}, name: strings.Clone(name)}
			tt.tags.add(&g.link)
			added += int64(platform.TermsFactor * (TagOverhead + len(name)))
		}
		g.refs++
		w.tags = append(w.tags, g)
	}
	return w, added
}

// release lets go of an entry's terms and says how many bytes that frees.
func (tt *tagTable) release(w *terms) (freed int64) {
	if w == nil {
		return 0
	}
	w.refs--
	for _, g := range w.tags {
		if g.purgedAt.Load() <= w.since {
			g.entries--
			if !w.stale && g.invalidatedAt.Load() <= w.since {
				g.fresh--
			}
		}
	}
	if w.refs > 0 {
		return 0
	}
	tt.combos.remove(&w.link)
	freed = int64(platform.TermsFactor * (TermsOverhead + TagRefOverhead*len(w.tags)))
	for _, g := range w.tags {
		g.refs--
		if g.refs == 0 {
			tt.tags.remove(&g.link)
			freed += int64(platform.TermsFactor * (TagOverhead + len(g.name)))
		}
	}
	return freed
}

// hold counts one more entry on the terms and on each of their tags.
func (w *terms) hold() {
	w.refs++
	for _, g := range w.tags {
		g.entries++
		if !w.stale {
			g.fresh++
		}
	}
}

func (w *terms) is(p *Policy) bool {
	return w.swr == p.StaleWhileRevalidate && w.sie == p.StaleIfError && w.keep == p.Keep &&
		slices.EqualFunc(w.tags, p.Tags, func(g *tag, name string) bool { return g.name == name })
}

func (tt *tagTable) hashOf(p *Policy) uint64 {
	h := fold(uint64(p.StaleWhileRevalidate)^tt.hash.a, uint64(p.StaleIfError)^tt.hash.b)
	if p.Keep != 0 {
		h = fold(h^tt.hash.c, uint64(p.Keep))
	}
	for _, name := range p.Tags {
		h = fold(h^tt.hash.c, tt.hash.sum(name))
	}
	return h
}

// purge makes every entry that carries the tag unusable and counts them.
func (tt *tagTable) purge(name string) int {
	tt.seq++
	h := tt.hash.sum(name)
	tt.recent.add(mark{name: h, seq: tt.seq})
	g := tt.find(name, h)
	if g == nil {
		return 0
	}
	n := g.entries
	g.entries, g.fresh = 0, 0
	g.purgedAt.Store(tt.seq)
	return n
}

// invalidate makes every fresh entry that carries the tag stale and counts them.
func (tt *tagTable) invalidate(name string, t int64) int {
	tt.seq++
	h := tt.hash.sum(name)
	tt.recent.add(mark{name: h, seq: tt.seq, soft: true, at: t})
	g := tt.find(name, h)
	if g == nil || g.fresh == 0 {
		return 0 // all that carries it has been invalidated before, and that counts
	}
	n := g.fresh
	g.fresh = 0
	g.softs.Store(g.softs.Load().with(softMark{seq: tt.seq, at: t}))
	g.invalidatedAt.Store(tt.seq)
	return n
}

// mark remembers one purge or invalidation for flights that began before it:
// which tags a flight's value carries is known only when it ends.
type mark struct {
	name uint64
	seq  uint64
	soft bool
	at   int64 // ticks, if soft
}

// recentMarks keeps the last marks in a ring. What a flight misses because the
// ring has gone round since it began counts as a purge of all its tags, so
// memory stays bounded and nothing outdated is ever stored.
type recentMarks struct {
	ring [128]mark
	lost uint64 // highest sequence number that left the ring
}

func (r *recentMarks) add(m mark) {
	slot := &r.ring[m.seq%uint64(len(r.ring))]
	r.lost = max(r.lost, slot.seq)
	*slot = m
}

// overtook says what happened to any of the tags after sequence number since,
// besides what is known already.
func (tt *tagTable) overtook(tags []string, since uint64, o overtaking) overtaking {
	if tt.seq == since || len(tags) == 0 {
		return o
	}
	if tt.recent.lost > since {
		o.purged = true
		return o
	}
	for _, name := range tags {
		h := tt.hash.sum(name)
		for i := range tt.recent.ring {
			if m := &tt.recent.ring[i]; m.seq > since && m.name == h {
				switch {
				case !m.soft:
					o.purged = true
				case !o.invalidated || m.at < o.at:
					o.invalidated, o.at = true, m.at
				}
			}
		}
	}
	return o
}

// overtaking is what happened to tags or to a key while a flight was under way.
type overtaking struct {
	purged, invalidated bool
	at                  int64 // of the first invalidation, in ticks
}
