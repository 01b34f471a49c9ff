package edge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// bounded calls what others have written, and returns at the latest when ctx ends. A panic is an error.
func bounded[T any](ctx context.Context, f func(context.Context) (T, error)) (v T, err error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errors.New("it ended its goroutine")}
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("it panicked: %v", p)
			}
			done <- r
		}()
		r.v, r.err = f(ctx)
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// sayAgain is how often a trouble that lasts is told of.
const sayAgain = time.Minute

// troubles tells, for the log, of calls that fail: of the first, then once a minute, and of the end. What is called many times
// a second and fails each time would be a flood.
type troubles struct {
	mu     sync.Mutex
	failed int // since it was last told
	said   time.Time
}

func (t *troubles) note(h *Handler, to string, err error) {
	if err != nil && h.alive.Err() != nil {
		return // Close has ended it
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.failed++
		if now := time.Now(); now.Sub(t.said) >= sayAgain {
			h.options.Logger.Error("inlay: what processes share cannot be reached", "to", to, "error", err, "times", t.failed)
			t.said, t.failed = now, 1
		}
	case t.failed > 0:
		t.said, t.failed = time.Time{}, 0
		h.options.Logger.Info("inlay: what processes share can be reached again", "to", to)
	}
}
