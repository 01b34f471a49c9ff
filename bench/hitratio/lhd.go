package main

import "math/rand/v2"

// lhd is Least Hit Density (Beckmann, Chen, Cidon, NSDI 2018): of 32 entries drawn
// at random, that goes of which the fewest hits are to be expected for each byte and
// unit of time that it would go on to take. What is to be expected is learnt for each
// age, apart for what was hit so many times, from the ages at which entries were hit
// and evicted.
type lhd struct {
	budget, used int64
	objects      []object
	at           []int // place in held, or -1
	held         []lhdEntry
	r            *rand.Rand
	now, next    int // requests; when what was learnt is looked at again
	shift        int // requests of a unit of age, as a power of two
	classes      [lhdClasses]lhdClass
}

type lhdEntry struct {
	id    uint32
	used  int // request of its last use
	hits  int
	class int
}

const (
	lhdClasses = 8
	lhdAges    = 512
	lhdSample  = 32
)

type lhdClass struct{ hits, gone, density [lhdAges]float64 }

func newLHD(budget int64, w *workload) policy {
	p := &lhd{budget: budget, objects: w.objects, at: make([]int, len(w.objects)), r: rand.New(rand.NewPCG(7, 7)), next: 1000}
	for i := range p.at {
		p.at[i] = -1
	}
	for c := range p.classes {
		for a := range lhdAges {
			p.classes[c].density[a] = float64(c+1) / float64(a+1) // as GDSF, until something is learnt
		}
	}
	return p
}

func (p *lhd) age(e *lhdEntry) int { return min((p.now-e.used)>>p.shift, lhdAges-1) }

func (p *lhd) request(id uint32, o *object) bool {
	p.now++
	if p.now == p.next {
		p.learn()
	}
	if i := p.at[id]; i >= 0 {
		e := &p.held[i]
		p.classes[e.class].hits[p.age(e)]++
		e.hits++
		e.class, e.used = min(e.hits, lhdClasses-1), p.now
		return true
	}
	if int64(o.charge) > p.budget {
		return false
	}
	for p.used+int64(o.charge) > p.budget {
		p.evict()
	}
	p.at[id] = len(p.held)
	p.held = append(p.held, lhdEntry{id: id, used: p.now})
	p.used += int64(o.charge)
	return false
}

func (p *lhd) evict() {
	worst, least := 0, 0.0
	for n := range min(lhdSample, len(p.held)) {
		i := p.r.IntN(len(p.held))
		e := &p.held[i]
		if d := p.classes[e.class].density[p.age(e)] / float64(p.objects[e.id].charge); n == 0 || d < least {
			worst, least = i, d
		}
	}
	e := p.held[worst]
	p.classes[e.class].gone[p.age(&e)]++
	p.used -= int64(p.objects[e.id].charge)
	last := len(p.held) - 1
	p.held[worst] = p.held[last]
	p.at[p.held[worst].id] = worst
	p.held = p.held[:last]
	p.at[e.id] = -1
}

// learn makes densities of what was counted: for each age the hits that come later,
// by the time that all who reach that age go on to take.
func (p *lhd) learn() {
	oldest := 0.0
	events := 0.0
	for c := range p.classes {
		k := &p.classes[c]
		hits, all, time := 0.0, 0.0, 0.0
		for a := lhdAges - 1; a >= 0; a-- {
			hits += k.hits[a]
			all += k.hits[a] + k.gone[a]
			time += all
			if time > 0 {
				k.density[a] = hits / time
			} else if a < lhdAges-1 {
				k.density[a] = k.density[a+1]
			}
			events += k.hits[a] + k.gone[a]
			if a == lhdAges-1 {
				oldest += k.hits[a] + k.gone[a]
			}
		}
		for a := range lhdAges {
			k.hits[a] *= 0.9
			k.gone[a] *= 0.9
		}
	}
	// Ages are to reach as far as entries live.
	if events > 0 && oldest > events/100 {
		p.shift++
		for c := range p.classes {
			k := &p.classes[c]
			for a := range lhdAges {
				hits, gone := 0.0, 0.0
				if 2*a+1 < lhdAges {
					hits, gone = k.hits[2*a]+k.hits[2*a+1], k.gone[2*a]+k.gone[2*a+1]
				}
				k.hits[a], k.gone[a] = hits, gone
				k.density[a] = k.density[min(2*a, lhdAges-1)]
			}
		}
	}
	p.next += max(1000, len(p.held)/2)
}
