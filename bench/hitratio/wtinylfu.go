package main

import "container/list"

// wtinylfu is W-TinyLFU (Einziger, Friedman, Manes, ACM ToS 2017) with the hill
// climber of its adaptive window (Einziger et al., Middleware 2018): a window in
// LRU order for newcomers, a main part in two segments, and a sketch of frequencies
// that decides who stays when one leaves the window. Where sizes differ, a candidate
// must be worth more than all that would have to go for it together (Einziger et
// al., "Lightweight Robust Size Aware Cache Management", ACM ToS 2022).
type wtinylfu struct {
	budget  int64
	objects []object
	sketch  sketch
	parts   [3]part // window, probation, protected
	in      []uint8 // part+1
	at      []*list.Element
	window  float64 // the window's share of the budget

	// the climber
	sample, requests, hits int
	before                 float64
	step                   float64
}

type part struct {
	order list.List
	used  int64
}

const (
	inWindow = iota
	inProbation
	inProtected
)

func newWTinyLFU(budget int64, w *workload) policy {
	mean := max(1, w.footprint()/int64(len(w.objects)))
	entries := int(max(1, budget/mean))
	p := &wtinylfu{budget: budget, objects: w.objects, window: 0.01, step: 0.0625, sample: max(10*entries, 1000),
		in: make([]uint8, len(w.objects)), at: make([]*list.Element, len(w.objects))}
	p.sketch = newSketch(entries)
	return p
}

func (p *wtinylfu) put(to int, id uint32) {
	p.at[id] = p.parts[to].order.PushFront(id)
	p.in[id] = uint8(to) + 1
	p.parts[to].used += int64(p.objects[id].charge)
}

func (p *wtinylfu) drop(id uint32) {
	from := &p.parts[p.in[id]-1]
	from.order.Remove(p.at[id])
	from.used -= int64(p.objects[id].charge)
	p.in[id], p.at[id] = 0, nil
}

func (p *wtinylfu) windowMax() int64 { return int64(p.window * float64(p.budget)) }

func (p *wtinylfu) request(id uint32, o *object) bool {
	p.sketch.count(id)
	p.requests++
	hit := p.in[id] != 0
	if hit {
		p.hits++
		switch at := int(p.in[id] - 1); at {
		case inProbation:
			p.drop(id)
			p.put(inProtected, id)
			p.demote()
		default:
			p.parts[at].order.MoveToFront(p.at[id])
		}
	} else if int64(o.charge) <= p.budget {
		p.put(inWindow, id)
		p.settle()
	}
	if p.requests >= p.sample {
		p.climb()
	}
	return hit
}

func (p *wtinylfu) demote() {
	prot := &p.parts[inProtected]
	for float64(prot.used) > 0.8*(1-p.window)*float64(p.budget) && prot.order.Len() > 0 {
		old := prot.order.Back().Value.(uint32)
		p.drop(old)
		p.put(inProbation, old)
	}
}

func (p *wtinylfu) used() int64 { return p.parts[0].used + p.parts[1].used + p.parts[2].used }

// settle lets what is too much in the window be a candidate for main, one by one,
// the newest entry aside.
func (p *wtinylfu) settle() {
	w := &p.parts[inWindow]
	for w.order.Len() > 1 && w.used > p.windowMax() || w.used > p.budget {
		id := w.order.Back().Value.(uint32)
		p.drop(id)
		p.admit(id)
	}
	for p.used() > p.budget {
		for _, from := range []int{inProbation, inProtected, inWindow} {
			if back := p.parts[from].order.Back(); back != nil {
				p.drop(back.Value.(uint32))
				break
			}
		}
	}
}

func (p *wtinylfu) admit(id uint32) {
	need := p.used() + int64(p.objects[id].charge) - p.budget
	worth, against := int(p.sketch.frequency(id)), 0
	var victims []uint32
	for _, from := range []int{inProbation, inProtected} {
		for e := p.parts[from].order.Back(); e != nil && need > 0; e = e.Prev() {
			v := e.Value.(uint32)
			if against += int(p.sketch.frequency(v)); against >= worth {
				return // the candidate goes
			}
			need -= int64(p.objects[v].charge)
			victims = append(victims, v)
		}
	}
	if need > 0 {
		return
	}
	for _, v := range victims {
		p.drop(v)
	}
	p.put(inProbation, id)
}

// climb moves the window's share on in the same direction while that makes hits
// more, and back otherwise, in steps that grow smaller; a change of more than five
// points begins anew.
func (p *wtinylfu) climb() {
	rate := float64(p.hits) / float64(p.requests)
	change := rate - p.before
	if change < 0 {
		p.step = -p.step
	}
	if change >= 0.05 || change <= -0.05 {
		if p.step < 0 {
			p.step = -0.0625
		} else {
			p.step = 0.0625
		}
	}
	p.window = min(max(p.window+p.step, 0.01), 0.8)
	p.step *= 0.98
	p.before, p.hits, p.requests = rate, 0, 0
	p.demote()
	p.settle()
}

// sketch counts frequencies up to 15 in four rows, and halves them all once it has
// seen ten times as many requests as there is room for entries.
type sketch struct {
	rows [4][]uint8
	seen int
	max  int
}

func newSketch(entries int) sketch {
	n := 16
	for n < entries*4 {
		n *= 2
	}
	s := sketch{max: 10 * max(entries, 16)}
	for i := range s.rows {
		s.rows[i] = make([]uint8, n)
	}
	return s
}

func (s *sketch) slot(row int, id uint32) *uint8 {
	h := (uint64(id)+1)*0x9e3779b97f4a7c15 + uint64(row)*0xbf58476d1ce4e5b9
	h = (h ^ h>>31) * 0x94d049bb133111eb
	return &s.rows[row][(h^h>>29)&uint64(len(s.rows[row])-1)]
}

func (s *sketch) count(id uint32) {
	least := s.frequency(id)
	if least < 15 {
		for row := range s.rows {
			if c := s.slot(row, id); *c == least {
				*c++
			}
		}
	}
	if s.seen++; s.seen >= s.max {
		s.seen /= 2
		for row := range s.rows {
			for i := range s.rows[row] {
				s.rows[row][i] /= 2
			}
		}
	}
}

func (s *sketch) frequency(id uint32) uint8 {
	least := uint8(255)
	for row := range s.rows {
		least = min(least, *s.slot(row, id))
	}
	return least
}
