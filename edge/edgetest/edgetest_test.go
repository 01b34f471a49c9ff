package edgetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"inlay/edge"
)

func TestLogInMemoryIsAPurgeLog(t *testing.T) {
	TestPurgeLog(t, func(*testing.T) (edge.PurgeLog, edge.PurgeLog, int) {
		l := NewLog(0)
		return l, l, 4096
	})
}

func TestTierInMemoryIsATier(t *testing.T) {
	TestTier(t, func(*testing.T) (edge.Tier, edge.Tier) {
		s := NewTier()
		return s, s
	})
}

func TestBoundHolds(t *testing.T) {
	for name, c := range map[string]struct {
		lower   bool
		trouble func(ctx context.Context, l *Log, s *Tier)
	}{
		"with a log alone": {},
		"with a tier":      {lower: true},
		"when the log fails": {lower: true, trouble: func(ctx context.Context, l *Log, _ *Tier) {
			for every(ctx, 300*time.Millisecond) {
				l.Fail(errors.New("down"))
				every(ctx, 400*time.Millisecond)
				l.Fail(nil)
			}
		}},
		"when the log fails for long": {lower: true, trouble: func(ctx context.Context, l *Log, _ *Tier) {
			every(ctx, 300*time.Millisecond)
			l.Fail(errors.New("down"))
			every(ctx, 1600*time.Millisecond)
			l.Fail(nil)
		}},
		"when both hang": {lower: true, trouble: func(ctx context.Context, l *Log, s *Tier) {
			for every(ctx, 200*time.Millisecond) {
				l.Freeze()
				s.Freeze()
				every(ctx, 700*time.Millisecond)
				l.Thaw()
				s.Thaw()
			}
		}},
		"when the log is lost": {lower: true, trouble: func(ctx context.Context, l *Log, _ *Tier) {
			for every(ctx, 250*time.Millisecond) {
				l.Lose()
			}
		}},
		"when the tier fails": {lower: true, trouble: func(ctx context.Context, _ *Log, s *Tier) {
			for every(ctx, 200*time.Millisecond) {
				s.Fail(errors.New("down"))
				every(ctx, 200*time.Millisecond)
				s.Fail(nil)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, s := NewLog(0), NewTier()
			storm := Storm{Lease: 500 * time.Millisecond, Open: func(*testing.T, int) (edge.PurgeLog, edge.Tier) {
				if !c.lower {
					return l, nil
				}
				return l, s
			}}
			if c.trouble != nil {
				storm.Trouble = func(ctx context.Context) {
					c.trouble(ctx, l, s)
					l.Fail(nil)
					s.Fail(nil)
					l.Thaw()
					s.Thaw()
				}
			}
			w := TestBound(t, storm)
			if w.Purges == 0 || w.Requests == 0 {
				t.Error("nothing has happened")
			}
		})
	}
}

// every waits, and tells whether ctx still goes on.
func every(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// forgetful answers as a log does that somebody has made without care.
type forgetful struct {
	*Log
	since func(l *Log, ctx context.Context, id string, since uint64) (edge.LogAnswer, error)
}

func (f forgetful) Since(ctx context.Context, id string, since uint64) (edge.LogAnswer, error) {
	return f.since(f.Log, ctx, id, since)
}

// TestBoundFindsLogsThatCannotKeepIt: a test that cannot fail holds nothing.
func TestBoundFindsLogsThatCannotKeepIt(t *testing.T) {
	for name, since := range map[string]func(l *Log, ctx context.Context, id string, since uint64) (edge.LogAnswer, error){
		"one that loses changes on the way": func(l *Log, ctx context.Context, id string, since uint64) (edge.LogAnswer, error) {
			a, err := l.Since(ctx, id, since)
			a.Changes = a.Changes[:len(a.Changes)/2]
			return a, err
		},
		"one that keeps its identity when it has lost what it knew": func(l *Log, ctx context.Context, id string, since uint64) (edge.LogAnswer, error) {
			if rand.IntN(4) == 0 {
				l.mu.Lock()
				clear(l.marks)
				l.mu.Unlock()
			}
			return l.Since(ctx, id, since)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, s := NewLog(0), NewTier()
			w, err := Storm{Lease: 250 * time.Millisecond, Open: func(*testing.T, int) (edge.PurgeLog, edge.Tier) {
				return forgetful{l, since}, s
			}}.rage(t)
			t.Logf("%+v", w)
			if err == nil || w.Late < 250*time.Millisecond {
				t.Error("it was not noticed")
			}
		})
	}
}
