package edge

import "sync/atomic"

// entry is what the cache holds: a committed fragment, or a page composed of fragments. It never changes, save for the
// count of those who hold it; a new one replaces it.
type entry[B any] struct {
	blob B
	size int      // bytes of the blob
	cost int      // bytes that count against the budget
	sum  [16]byte // of the blob's bytes: what the ETag of a page is made of
	page *composed[B]

	// refs counts the cache and each request that still has to write the blob. At zero the blob is dropped.
	refs atomic.Int32
}

func newEntry[B any](blob B, size int, sum [16]byte) *entry[B] {
	v := &entry[B]{blob: blob, size: size, cost: size + blobOverhead, sum: sum}
	v.refs.Store(1)
	return v
}

func (v *entry[B]) hold() { v.refs.Add(1) }

func (e *Engine[B]) release(v *entry[B]) {
	if v.refs.Add(-1) > 0 {
		return
	}
	e.host.Drop(v.blob)
	if v.page != nil {
		v.page.drop(e.host)
	}
}
