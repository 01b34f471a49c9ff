package cache

// maxParked bounds the flights that GetOrDefer made and nobody has awaited yet.
// Beyond it the one that has waited longest lets go of its key, so that callers
// who never await do not fill the memory; it takes the key back if it is awaited
// after all and the key is free.
const maxParked = 1024

// parked lists those flights by age. The lock is held for all of it.
type parked[V any] struct {
	oldest, newest *Flight[V]
	n              int
}

func (p *parked[V]) add(f *Flight[V]) {
	f.older = p.newest
	if p.newest != nil {
		p.newest.newer = f
	} else {
		p.oldest = f
	}
	p.newest = f
	p.n++
	if p.n > maxParked {
		old := p.oldest
		p.remove(old)
		delete(old.c.flights, old.key)
	}
}

func (p *parked[V]) holds(f *Flight[V]) bool { return f.older != nil || p.oldest == f }

func (p *parked[V]) remove(f *Flight[V]) {
	if !p.holds(f) {
		return
	}
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		p.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		p.newest = f.older
	}
	f.older, f.newer = nil, nil
	p.n--
}
