package cache

// wait is one callback of a flight, until it is run or taken back.
type wait[V any] struct {
	f          *Flight[V]
	fn         func(V, error)
	prev, next *wait[V] // in the flight's waitList
}

// waitList holds callbacks in the order in which they came. Linked, so that one
// of many is taken back at once and leaves nothing.
type waitList[V any] struct{ first, last *wait[V] }

func (l *waitList[V]) add(w *wait[V]) {
	w.prev = l.last
	if l.last != nil {
		l.last.next = w
	} else {
		l.first = w
	}
	l.last = w
}

func (l *waitList[V]) remove(w *wait[V]) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		l.last = w.prev
	}
	w.prev, w.next = nil, nil
}

// stop takes the callback back, if it has not been run and was not taken back
// before.
func (w *wait[V]) stop() bool {
	f := w.f
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	if w.fn == nil || f.settled {
		return false
	}
	f.waits.remove(w)
	w.fn = nil
	return true
}

// run calls all in order. One that panics does not take the others' outcome with
// it: they run while its panic goes on.
func (l waitList[V]) run(v V, err error) {
	for w := l.first; w != nil; {
		w = w.run(v, err)
	}
}

func (w *wait[V]) run(v V, err error) (rest *wait[V]) {
	rest = w.next
	returned := false
	defer func() {
		if !returned {
			waitList[V]{first: rest}.run(v, err)
		}
	}()
	w.fn(v, err)
	returned = true
	return rest
}
