package edge

import (
	"sync/atomic"

	"inlay/cache"
)

// entry is what the cache holds: a committed fragment, a page composed of fragments, or the failure of a fill. It never
// changes, save for the count of those who hold it; a new one replaces it.
type entry[B any] struct {
	blob B
	size int      // bytes of the blob
	cost int      // bytes that count against the budget
	sum  [16]byte // of the blob's bytes: what the ETag of a page is made of
	page *composed[B]
	// failure makes the entry a failure, without a blob.
	failure *FillError

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
	if v.refs.Add(-1) > 0 || v.failure != nil {
		return
	}
	e.host.Drop(v.blob)
	if v.page != nil {
		v.page.drop(e.host)
	}
}

// failureKey is the key of the failure of a key's fill. No fragment's key, which is a src, begins like it.
func failureKey(key string) string { return "failure:" + key }

// failureOf is the failure of a key's last fill, nil if it may be tried.
func (e *Engine[B]) failureOf(key string) *FillError {
	if v, state := e.fragments.GetAt(failureKey(key), e.now); state == cache.Fresh {
		return v.failure
	}
	return nil
}

// remember keeps a failure for as long as its fill should not be tried again.
func (e *Engine[B]) remember(key string, failure *FillError) {
	ttl := max(e.config.NegativeTTL, failure.RetryAfter)
	if ttl <= 0 {
		return
	}
	v := &entry[B]{failure: failure, cost: 128 + len(failure.Text)}
	// A failure that there is no room for only costs another fill.
	_ = e.fragments.Put(failureKey(key), v, cache.Policy{TTL: ttl})
}
