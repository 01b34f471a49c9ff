package engine

import (
	"time"

	"inlay/cache"
	"inlay/internal/duration"
)

// What is in the engine, for administration: entry by entry, in steps, and the fills in progress. A host makes of it what is asked for, so
// that little of that is in core.wasm.

// Listed is what is told of an entry, or of a fill in progress. It is for the call.
type Listed struct {
	Kind ListedKind
	Key  string
	// Of is what a failure's Error says; of a fill, its page's pattern, and Slot its slot's name.
	Of, Slot string
	Tags     []string
	// N are numbers, by their names below.
	N [ListedNumbers]int64
}

// ListedKind is what is told of.
type ListedKind uint32

// The kinds. A host knows them by their numbers.
const (
	ListedFragment ListedKind = iota
	ListedPage
	ListedFailure
	ListedFill
)

// The numbers that are told of an entry. Times are in nanoseconds.
const (
	// ListedLeft is how long it stays fresh; once it does not, how long ago it did, negative or 0.
	ListedLeft = iota
	// ListedSWR and ListedSIE are for how long after that it may be used while it is renewed, and when its origin fails.
	ListedSWR
	ListedSIE
	// ListedAge is since when its origin was asked, a page composed, a failure met; negative: that is not known.
	ListedAge
	// ListedBytes are the body's, ListedCharged those that count against the budget.
	ListedBytes
	ListedCharged
	// ListedHits is how often it was shown.
	ListedHits
	// ListedTook is about how long its fill took.
	ListedTook
	// ListedFrom is where it is from: 0, its origin; 1, the data centre's cache; 2, KV.
	ListedFrom

	// ListedNumbers is how many there are.
	ListedNumbers
)

// The numbers that are told of a fill.
const (
	// FlyingAge is since when it goes on, in nanoseconds; FlyingWaiting how many slots wait for it.
	FlyingAge = iota
	FlyingWaiting
	FlyingAttempts
	// FlyingLooking is 1 if it looks below, and has not asked its origin.
	FlyingLooking
)

// failuresAt begins the cursors in the cache of failures.
const failuresAt = 1 << 63

// Entries goes on through what is cached, from a cursor, 0 at the beginning: visit is told of about n entries. It gives the next cursor, 0
// at the end. What is there all the time is told of once, see [cache.Cache.Walk]. It is an event, so that what is told is of now.
func (e *Engine[B]) Entries(at uint64, n int, now time.Time, visit func(*Listed)) uint64 {
	e.event(now)
	e.tallyUp(n)
	from := e.fragments
	if at >= failuresAt {
		from = e.failures
	}
	next := from.Walk(at&^failuresAt, n, func(s cache.Seen[*entry[B]]) { e.list(s, visit) })
	if from == e.failures && next == 0 {
		return 0
	}
	if from == e.failures || next == 0 {
		next |= failuresAt
	}
	return next
}

// EntriesOf tells of what is cached under a key: a fragment or a page, and a failure.
func (e *Engine[B]) EntriesOf(key string, now time.Time, visit func(*Listed)) {
	e.event(now)
	e.tallyAll()
	if s, ok := e.fragments.See(key); ok {
		e.list(s, visit)
	}
	if s, ok := e.failures.See(key); ok {
		e.list(s, visit)
	}
}

func (e *Engine[B]) list(s cache.Seen[*entry[B]], visit func(*Listed)) {
	v := s.Value()
	if v.marker() != nil {
		return // a note of the engine's own
	}
	var l Listed
	l.Key = s.Key()
	for _, tag := range s.AppendTags(nil) {
		if tag == "" || tag[0] != shellMark {
			l.Tags = append(l.Tags, tag)
		}
	}
	n := &l.N
	swr, sie := s.Windows()
	n[ListedLeft], n[ListedSWR], n[ListedSIE] = int64(s.Left()), int64(swr), int64(sie)
	if n[ListedAge] = -1; v.asked != 0 {
		n[ListedAge] = int64(e.tick - v.asked)
	}
	n[ListedBytes], n[ListedCharged], n[ListedHits] = int64(v.size), s.Bytes(), int64(v.hits)
	n[ListedTook], n[ListedFrom] = int64(v.early.took()), int64(v.from)
	if v.page != nil {
		l.Kind, n[ListedHits] = ListedPage, int64(v.page.hits)
	} else if failure := v.failure(); failure != nil {
		l.Kind, l.Of = ListedFailure, failure.Error()
	}
	visit(&l)
}

// Flights tells of the fills in progress.
func (e *Engine[B]) Flights(now time.Time, visit func(*Listed)) {
	e.event(now)
	for id, f := range e.attempts {
		if f.last().id != id {
			continue // another attempt has taken over
		}
		l := Listed{Kind: ListedFill, Key: f.key, Of: f.pattern, Slot: f.name}
		l.N[FlyingAge] = int64(duration.Between(f.attempts[0].since, e.now))
		for s := f.front; s != nil; s = s.next {
			l.N[FlyingWaiting]++
		}
		l.N[FlyingAttempts] = int64(len(f.attempts))
		if f.last().looking {
			l.N[FlyingLooking] = 1
		}
		visit(&l)
	}
}
