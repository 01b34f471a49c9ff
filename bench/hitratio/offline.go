package main

import (
	"container/heap"
	"math"
	"math/bits"
)

// belady knows the future: the object goes that is asked for again last, and where
// sizes differ that of which size × time until then is the most (Belady by size, as in
// the literature's simulators). With equal sizes nothing can be better; with sizes it is
// a ceiling that nothing is known to reach, though not the optimum, which is NP-hard.
type belady struct {
	budget, used int64
	objects      []object
	next         []int // by request: when its object is asked for again
	until        []int // by object held: the same; -1: not held
	now          int
	queues       [256]nextHeap // by size, four classes for each power of two
}

func newBelady(budget int64, w *workload) policy {
	p := &belady{budget: budget, objects: w.objects, next: make([]int, len(w.requests)), until: make([]int, len(w.objects))}
	last := make([]int, len(w.objects))
	for id := range last {
		last[id], p.until[id] = math.MaxInt32, -1
	}
	for i := len(w.requests) - 1; i >= 0; i-- {
		id := w.requests[i]
		p.next[i], last[id] = last[id], i
	}
	return p
}

func (p *belady) request(id uint32, o *object) bool {
	next := p.next[p.now]
	p.now++
	hit := p.until[id] >= 0
	if !hit {
		if int64(o.charge) > p.budget || next == math.MaxInt32 {
			return false
		}
		p.used += int64(o.charge)
	}
	p.until[id] = next
	heap.Push(&p.queues[sizeClass(o.charge)], nextUse{id, next})
	for p.used > p.budget {
		p.evict()
	}
	return hit
}

func sizeClass(charge int) int {
	n := bits.Len(uint(charge))
	return 4*n + charge>>max(n-3, 0)&3
}

func (p *belady) evict() {
	from, most := -1, -1.0
	for c := range p.queues {
		q := &p.queues[c]
		for len(*q) > 0 && p.until[(*q)[0].id] != (*q)[0].next {
			heap.Pop(q) // it has left, or was asked for meanwhile
		}
		if len(*q) > 0 {
			top := (*q)[0]
			if x := float64(top.next-p.now+1) * float64(p.objects[top.id].charge); x > most {
				from, most = c, x
			}
		}
	}
	e := heap.Pop(&p.queues[from]).(nextUse)
	p.until[e.id] = -1
	p.used -= int64(p.objects[e.id].charge)
}

type nextUse struct {
	id   uint32
	next int
}

// nextHeap has on top what is asked for last.
type nextHeap []nextUse

func (h nextHeap) Len() int           { return len(h) }
func (h nextHeap) Less(i, j int) bool { return h[i].next > h[j].next }
func (h nextHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *nextHeap) Push(x any)        { *h = append(*h, x.(nextUse)) }
func (h *nextHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
