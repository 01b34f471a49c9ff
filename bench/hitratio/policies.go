package main

import (
	"container/heap"
	"container/list"
	"time"

	"github.com/maypok86/otter/v2"

	"inlay/cache"
)

// A policy is asked for one object after the other and says whether it had it.
// What it did not have it stores.
type policy interface {
	request(id uint32, o *object) bool
}

// contender is a policy under its name, for a budget in bytes.
type contender struct {
	name string
	make func(budget int64, w *workload) policy
	// runs is how often it replays a workload, for the mean: more than once if
	// it decides in the background, and so not the same each time.
	runs int
}

// otterRuns: one run of otter differs from the next by up to 0.9 points.
const otterRuns = 3

func contenders() []contender {
	return []contender{
		{"inlay", func(b int64, w *workload) policy { return newInlay(b, false) }, 1},
		{"inlay+time", func(b int64, w *workload) policy { return newInlay(b, true) }, 1},
		{"lru", func(b int64, w *workload) policy { return newLRU(b, w) }, 1},
		{"sieve", func(b int64, w *workload) policy { return newSieve(b, w) }, 1},
		{"s3-fifo", func(b int64, w *workload) policy { return newS3FIFO(b, w) }, 1},
		{"w-tinylfu", func(b int64, w *workload) policy { return newWTinyLFU(b, w) }, 1},
		{"otter", func(b int64, w *workload) policy { return newOtter(b, w) }, otterRuns},
		{"arc", func(b int64, w *workload) policy { return newARC(b, w) }, 1},
		{"gdsf-heap", func(b int64, w *workload) policy { return newGDSF(b, w) }, 1},
		{"lhd", func(b int64, w *workload) policy { return newLHD(b, w) }, 1},
		{"belady", func(b int64, w *workload) policy { return newBelady(b, w) }, 1},
	}
}

// inlay is the cache itself, driven as the engine drives it.
type inlay struct {
	c   *cache.Cache[int]
	now time.Time
}

func newInlay(budget int64, weigh bool) policy {
	s := &inlay{now: time.Unix(1_000_000, 0)}
	c, err := cache.New(cache.Options[int]{
		MaxBytes:      budget,
		Size:          func(v int) int { return v },
		Policy:        cache.Policy{TTL: 1 << 62},
		Now:           func() time.Time { return s.now },
		WeighFillTime: weigh,
		Seed:          1,
	})
	if err != nil {
		panic(err)
	}
	s.c = c
	return s
}

func (s *inlay) request(_ uint32, o *object) bool {
	if _, state := s.c.GetAt(o.key, s.now); state != cache.Miss {
		return true
	}
	f, _ := s.c.Begin(o.key)
	s.now = s.now.Add(time.Duration(o.fill * float64(time.Millisecond)))
	_ = f.Commit(o.size, cache.Policy{}) // too large: not stored, as in the others
	return false
}

// lru: the least recently used goes.
type lru struct {
	budget, used int64
	order        *list.List // of ids, most recent in front
	at           []*list.Element
	objects      []object
}

func newLRU(budget int64, w *workload) policy {
	return &lru{budget: budget, order: list.New(), at: make([]*list.Element, len(w.objects)), objects: w.objects}
}

func (p *lru) request(id uint32, o *object) bool {
	if e := p.at[id]; e != nil {
		p.order.MoveToFront(e)
		return true
	}
	if int64(o.charge) > p.budget {
		return false
	}
	for p.used+int64(o.charge) > p.budget {
		old := p.order.Remove(p.order.Back()).(uint32)
		p.at[old] = nil
		p.used -= int64(p.objects[old].charge)
	}
	p.at[id] = p.order.PushFront(id)
	p.used += int64(o.charge)
	return false
}

// sieve (Zhang et al., NSDI 2024): a FIFO with a hand that spares, once, what
// was visited since it last came by.
type sieve struct {
	lru
	visited []bool
	hand    *list.Element
}

func newSieve(budget int64, w *workload) policy {
	return &sieve{lru: *newLRU(budget, w).(*lru), visited: make([]bool, len(w.objects))}
}

func (p *sieve) request(id uint32, o *object) bool {
	if p.at[id] != nil {
		p.visited[id] = true
		return true
	}
	if int64(o.charge) > p.budget {
		return false
	}
	for p.used+int64(o.charge) > p.budget {
		p.evict()
	}
	p.at[id] = p.order.PushFront(id)
	p.used += int64(o.charge)
	return false
}

func (p *sieve) evict() {
	e := p.hand
	for {
		if e == nil {
			e = p.order.Back()
		}
		id := e.Value.(uint32)
		if !p.visited[id] {
			p.hand = e.Prev()
			p.order.Remove(e)
			p.at[id] = nil
			p.used -= int64(p.objects[id].charge)
			return
		}
		p.visited[id] = false
		e = e.Prev()
	}
}

// s3fifo (Yang et al., SOSP 2023): a small queue for newcomers with a tenth of
// the budget, a main queue, and a ghost queue of keys as long as main.
type s3fifo struct {
	budget              int64
	small, main         fifo
	ghost               []uint32
	ghostAt             map[uint32]int
	ghostSeq            int
	freq                []uint8
	where               []uint8 // 0 nowhere, 1 small, 2 main
	objects             []object
	smallMax            int64
	smallUsed, mainUsed int64
}

type fifo struct{ ids []uint32 }

func (q *fifo) push(id uint32) { q.ids = append(q.ids, id) }
func (q *fifo) pop() uint32    { id := q.ids[0]; q.ids = q.ids[1:]; return id }
func (q *fifo) len() int       { return len(q.ids) }

func newS3FIFO(budget int64, w *workload) policy {
	return &s3fifo{budget: budget, smallMax: budget / 10, objects: w.objects,
		freq: make([]uint8, len(w.objects)), where: make([]uint8, len(w.objects)), ghostAt: map[uint32]int{}}
}

func (p *s3fifo) request(id uint32, o *object) bool {
	if p.where[id] != 0 {
		p.freq[id] = min(p.freq[id]+1, 3)
		return true
	}
	if int64(o.charge) > p.budget {
		return false
	}
	for p.smallUsed+p.mainUsed+int64(o.charge) > p.budget {
		if p.smallUsed > p.smallMax || p.main.len() == 0 {
			p.evictSmall()
		} else {
			p.evictMain()
		}
	}
	p.freq[id] = 0
	if _, remembered := p.ghostAt[id]; remembered {
		delete(p.ghostAt, id)
		p.toMain(id)
	} else {
		p.small.push(id)
		p.where[id] = 1
		p.smallUsed += int64(o.charge)
	}
	return false
}

func (p *s3fifo) toMain(id uint32) {
	p.main.push(id)
	p.where[id] = 2
	p.mainUsed += int64(p.objects[id].charge)
}

func (p *s3fifo) evictSmall() {
	for p.small.len() > 0 {
		id := p.small.pop()
		p.smallUsed -= int64(p.objects[id].charge)
		if p.freq[id] > 1 {
			p.freq[id] = 0
			p.toMain(id)
			if p.smallUsed <= p.smallMax {
				return
			}
			continue
		}
		p.where[id] = 0
		p.remember(id)
		return
	}
}

func (p *s3fifo) evictMain() {
	for p.main.len() > 0 {
		id := p.main.pop()
		if p.freq[id] > 0 {
			p.freq[id]--
			p.main.push(id)
			continue
		}
		p.where[id] = 0
		p.mainUsed -= int64(p.objects[id].charge)
		return
	}
}

func (p *s3fifo) remember(id uint32) {
	p.ghostSeq++
	p.ghostAt[id] = p.ghostSeq
	p.ghost = append(p.ghost, id)
	for len(p.ghost) > max(p.main.len(), 16) {
		old := p.ghost[0]
		p.ghost = p.ghost[1:]
		// Only if it has not returned and gone again since.
		if seq, ok := p.ghostAt[old]; ok && seq <= p.ghostSeq-len(p.ghost) {
			delete(p.ghostAt, old)
		}
	}
}

// otterPolicy is otter v2 (adaptive W-TinyLFU) as a library with its weigher.
type otterPolicy struct {
	c      *otter.Cache[string, int]
	budget int64
}

func newOtter(budget int64, _ *workload) policy {
	c, err := otter.New(&otter.Options[string, int]{
		MaximumWeight: uint64(budget),
		Weigher:       func(k string, v int) uint32 { return uint32(v + len(k) + bookkeeping) },
		Executor:      func(f func()) { f() },
	})
	if err != nil {
		panic(err)
	}
	return &otterPolicy{c: c, budget: budget}
}

func (p *otterPolicy) request(_ uint32, o *object) bool {
	if _, ok := p.c.GetIfPresent(o.key); ok {
		return true
	}
	if int64(o.charge) <= p.budget {
		p.c.Set(o.key, o.size)
		p.c.CleanUp()
	}
	return false
}

// gdsf is GreedyDual-Size-Frequency as published, with a heap and floats:
// what the cache's constant-time form is to be compared with.
type gdsf struct {
	budget, used int64
	level        float64
	heap         gdsfHeap
	at           []*gdsfEntry
}

type gdsfEntry struct {
	id       uint32
	freq     float64
	charge   float64
	priority float64
	index    int
}

func newGDSF(budget int64, w *workload) policy {
	return &gdsf{budget: budget, at: make([]*gdsfEntry, len(w.objects))}
}

func (p *gdsf) request(id uint32, o *object) bool {
	if e := p.at[id]; e != nil {
		e.freq++
		e.priority = p.level + e.freq/e.charge
		heap.Fix(&p.heap, e.index)
		return true
	}
	if int64(o.charge) > p.budget {
		return false
	}
	for p.used+int64(o.charge) > p.budget {
		e := heap.Pop(&p.heap).(*gdsfEntry)
		p.level = e.priority
		p.at[e.id] = nil
		p.used -= int64(e.charge)
	}
	e := &gdsfEntry{id: id, freq: 1, charge: float64(o.charge)}
	e.priority = p.level + e.freq/e.charge
	p.at[id] = e
	heap.Push(&p.heap, e)
	p.used += int64(o.charge)
	return false
}

type gdsfHeap []*gdsfEntry

func (h gdsfHeap) Len() int           { return len(h) }
func (h gdsfHeap) Less(i, j int) bool { return h[i].priority < h[j].priority }
func (h gdsfHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *gdsfHeap) Push(x any) {
	e := x.(*gdsfEntry)
	e.index = len(*h)
	*h = append(*h, e)
}
func (h *gdsfHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	*h = old[:len(old)-1]
	return e
}
