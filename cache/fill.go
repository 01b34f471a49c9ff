package cache

import (
	"context"
	"time"
)

// filler is a fill that says what its value is stored with, as given: Commit
// resolves it.
type filler[V any] func(context.Context) (V, Policy, error)

// source is what callers have in place of a filler, which is made only once it is
// needed: on a hit it would be garbage.
type source[V any] struct {
	with   filler[V] // or one of these, under policy:
	fill   func(context.Context) (V, error)
	ofKey  func(context.Context, string) (V, error)
	policy Policy
}

func (s *source[V]) filler(key string) filler[V] {
	with, fill, ofKey, p := s.with, s.fill, s.ofKey, s.policy
	switch {
	case with != nil:
		return with
	case ofKey != nil:
		return func(ctx context.Context) (V, Policy, error) {
			v, err := ofKey(ctx, key)
			return v, p, err
		}
	}
	return func(ctx context.Context) (V, Policy, error) {
		v, err := fill(ctx)
		return v, p, err
	}
}

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

// fillOf gives the flight whose fill a context belongs to, nil if none.
func (c *Cache[V]) fillOf(ctx context.Context) *Flight[V] {
	f, _ := ctx.Value(fillOf[V]{c}).(*Flight[V])
	return f
}
