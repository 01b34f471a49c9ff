package devserver

import (
	"context"
	"hash/fnv"
	"io"
	"net/url"
	"strconv"
	"sync"
	"time"

	"inlay/internal/project"
)

// phase is how far the site is.
type phase int

const (
	building phase = iota // requests wait
	ready                 // requests are answered by the upstream
	broken                // there are mistakes, and those who ask for a page are told
)

// status is what requests and open pages need to know. A value is never changed.
type status struct {
	phase phase
	// served names what the upstream serves, and each change of it another.
	served string
	// problems are the mistakes, while broken.
	problems []project.Problem
	// upstream is what serves the site; nil if nothing does yet. While broken it
	// may be the site as it was before.
	upstream *url.URL
	// pages names the shells that the upstream is to have, for one that fetches
	// them; "" for any other.
	pages string
	// doing says what is being waited for, while building.
	doing string
	// next is closed when this is no longer the status; replaced, when something
	// else is served.
	next, replaced chan struct{}
}

// shown names what is on the screen while this holds: what is served, or the
// mistakes that are shown in its place.
func (s status) shown() string {
	if s.phase != broken {
		return s.served
	}
	sum := fnv.New64a()
	for _, p := range s.problems {
		_, _ = io.WriteString(sum, p.String()+"\x00")
	}
	return "mistakes-" + strconv.FormatUint(sum.Sum64(), 36)
}

// board holds the status for all who look at it.
type board struct {
	mu  sync.Mutex
	now status
}

func newBoard(doing string) *board {
	return &board{now: status{phase: building, doing: doing, next: make(chan struct{}), replaced: make(chan struct{})}}
}

// get is the status.
func (b *board) get() status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// set makes changes to the status, and wakes all who wait for another.
func (b *board) set(change func(*status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.now
	change(&b.now)
	b.now.next = make(chan struct{})
	close(before.next)
	if b.now.served != before.served {
		b.now.replaced = make(chan struct{})
		close(before.replaced)
	}
}

// settled waits until nothing is being built, at most for so long; then the
// status may still be building.
func (b *board) settled(ctx context.Context, limit time.Duration) status {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		s := b.get()
		if s.phase != building {
			return s
		}
		select {
		case <-s.next:
		case <-timer.C:
			return s
		case <-ctx.Done():
			return s
		}
	}
}
