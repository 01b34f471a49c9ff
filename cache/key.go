package cache

import (
	"strings"
	"unsafe"

	"inlay/cache/internal/platform"
)

// The bytes of an entry's key lie right behind the entry, in the same piece of
// memory. So a look needs not wait for the entry before it can fetch the key: at
// a million keys that is one cache miss in three. And the cache keeps no string
// of the caller's.
//
// Go has no structs of variable length, so there is a type for each of a few
// lengths: with V = []byte they fill the allocator's sizes. A longer key lies
// elsewhere, and its address behind the entry. TinyGo gives memory without a type,
// so there each entry is as long as its key makes it.

const maxInline = 136

type (
	keyed8[V any] struct {
		entry[V]
		_ [8]byte
	}
	keyed24[V any] struct {
		entry[V]
		_ [24]byte
	}
	keyed40[V any] struct {
		entry[V]
		_ [40]byte
	}
	keyed56[V any] struct {
		entry[V]
		_ [56]byte
	}
	keyed72[V any] struct {
		entry[V]
		_ [72]byte
	}
	keyed104[V any] struct {
		entry[V]
		_ [104]byte
	}
	keyed136[V any] struct {
		entry[V]
		_ [maxInline]byte
	}
	keyedLong[V any] struct {
		entry[V]
		key *byte
	}
)

// newEntry makes an entry with its own copy of the key.
func newEntry[V any](key string, v V) *entry[V] {
	var e *entry[V]
	switch n := len(key); {
	case platform.Raw:
		e = (*entry[V])(platform.Words(unsafe.Sizeof(entry[V]{}) + uintptr(n)))
	case n <= 8:
		e = &new(keyed8[V]).entry
	case n <= 24:
		e = &new(keyed24[V]).entry
	case n <= 40:
		e = &new(keyed40[V]).entry
	case n <= 56:
		e = &new(keyed56[V]).entry
	case n <= 72:
		e = &new(keyed72[V]).entry
	case n <= 104:
		e = &new(keyed104[V]).entry
	case n <= maxInline:
		e = &new(keyed136[V]).entry
	default:
		l := &keyedLong[V]{key: unsafe.StringData(strings.Clone(key))}
		l.value, l.keyLen = v, uint32(n)
		return &l.entry
	}
	e.value, e.keyLen = v, uint32(len(key))
	copy(unsafe.Slice((*byte)(e.behind()), len(key)), key)
	return e
}

// behind is where the entry ends.
func (e *entry[V]) behind() unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(e), unsafe.Sizeof(*e))
}

func (e *entry[V]) keyString() string {
	p := (*byte)(e.behind())
	if !platform.Raw && e.keyLen > maxInline {
		p = *(**byte)(e.behind())
	}
	return unsafe.String(p, int(e.keyLen))
}

func (e *entry[V]) keyIs(key string) bool {
	if int(e.keyLen) != len(key) {
		return false
	}
	p := (*byte)(e.behind())
	if !platform.Raw && len(key) > maxInline {
		p = *(**byte)(e.behind())
	}
	return equal(unsafe.String(p, len(key)), key)
}
