package cache

import (
	"context"
	"time"
)

// fillContext is what the context of a fill is made from: the values of the one
// that the fill was started with, none of its deadlines, and the flight.
type fillContext[V any] struct {
	of      context.Context
	f       *Flight[V]
	refresh bool // in the background
}

func (*fillContext[V]) Deadline() (at time.Time, ok bool) { return at, false }
func (*fillContext[V]) Done() <-chan struct{}             { return nil }
func (*fillContext[V]) Err() error                        { return nil }

// Value finds the flight. Nobody waits for a refresh, so it does not say which
// fills it was started in: those do not wait for what it does.
func (x *fillContext[V]) Value(key any) any {
	if own, is := key.(fillOf[V]); is && own.c == x.f.c {
		return x.f
	}
	if _, of := key.(interface{ ofFill() }); of && x.refresh {
		return nil
	}
	return x.of.Value(key)
}

// fillOf is the key under which a cache finds the flight of the fill that a context
// belongs to.
type fillOf[V any] struct{ c *Cache[V] }

func (fillOf[V]) ofFill() {}
