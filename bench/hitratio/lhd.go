package main

import (
	"math/bits"
	"math/rand/v2"
)

// lhd is LHD (Beckmann, Chen, Cidon: "LHD: Improving Cache Hit Rate by Maximizing Hit
// Density", NSDI 2018): of some objects drawn at random that one goes of which the
// fewest hits are to be expected for the bytes and the time that it would still take.
// What is to be expected is learnt: hits and evictions are counted by how long ago an
// object was used, in a class for each magnitude of how long its last two uses took to
// come. The numbers are those of the paper and of its authors' simulator but for one:
// there the model is made anew every 1<<20 requests, of traces a thousand times as long
// as these, which here would be never. With twice or half of lhdEvery the means of the
// workloads with sizes are lower.
type lhd struct {
	budget, used int64
	objects      []object
	rand         *rand.Rand

	held []uint32 // ids, in no order, to draw from
	at   []int32  // by id: its place in held, from 1
	tags []lhdTag // by id

	classes [lhdClasses]lhdClass
	now     int // requests stored or hit
	shift   int // an age is so many halvings of the requests since the last use
	models  int // made so far
	oldest  int // age that was counted

	admitted  [lhdAdmitted]uint32 // the last ids that came and looked worth less than a victim
	next      int
	victim    float64 // mean hit density of victims, lately
	exploring int64   // bytes that may yet be given to objects that stay, whatever is expected of them
}

type lhdTag struct {
	used           int
	last, before   int // ages at the last two hits
	exploring, new bool
}

type lhdClass struct {
	hits, evictions, density []float64 // by age
}

const (
	lhdEvery    = 1 << 10 // requests from one model to the next
	lhdAges     = 20_000
	lhdClasses  = 16
	lhdDraws    = 32
	lhdFewDraws = 8 // while little is known
	lhdKnown    = 50
	lhdAdmitted = 8
	lhdDecay    = 0.9
	lhdExplore  = 32   // one of so many is explored, while little is known
	lhdExplored = 0.01 // of the budget at most
	lhdTolerate = 0.01 // of how long objects live: the coarseness of ages
)

func newLHD(budget int64, w *workload) policy {
	p := &lhd{budget: budget, objects: w.objects, rand: rand.New(rand.NewPCG(1, 5)), shift: 10,
		at: make([]int32, len(w.objects)), tags: make([]lhdTag, len(w.objects)), exploring: int64(lhdExplored * float64(budget))}
	for c := range p.classes {
		k := &p.classes[c]
		k.hits, k.evictions, k.density = make([]float64, lhdAges), make([]float64, lhdAges), make([]float64, lhdAges)
		for age := range k.density { // something like GDSF, to begin with
			k.density[age] = float64(c+1) / float64(age+1)
		}
	}
	return p
}

func (p *lhd) request(id uint32, o *object) bool {
	hit := p.at[id] != 0
	if !hit {
		if int64(o.charge) > p.budget {
			return false
		}
		for p.used+int64(o.charge) > p.budget {
			p.evict()
		}
		p.held = append(p.held, id)
		p.at[id] = int32(len(p.held))
		p.used += int64(o.charge)
	}
	p.use(id, int64(o.charge), hit)
	return hit
}

func (p *lhd) use(id uint32, charge int64, hit bool) {
	t := &p.tags[id]
	if hit {
		age := p.age(t)
		p.class(t).hits[age]++
		if t.exploring {
			p.exploring += charge
		}
		if t.before = t.last; t.new {
			t.before = 0
		}
		t.last, t.new = age, false
	} else {
		*t = lhdTag{new: true}
	}
	t.used = p.now
	explore := p.rand.IntN(lhdExplore) == 0
	if t.exploring = explore && p.exploring > 0 && p.models < lhdKnown; t.exploring {
		p.exploring -= charge
	}
	if !hit && !explore && p.density(id) < p.victim {
		p.admitted[p.next%lhdAdmitted] = id
		p.next++
	}
	if p.now++; p.now%lhdEvery == 0 {
		p.learn()
		p.models++
	}
}

func (p *lhd) age(t *lhdTag) int {
	age := min((p.now-t.used)>>p.shift, lhdAges-1)
	p.oldest = max(p.oldest, age)
	return age
}

// class is the higher the sooner the last two uses came; 0: none came yet.
func (p *lhd) class(t *lhdTag) *lhdClass {
	if t.new {
		return &p.classes[0]
	}
	age := t.last + t.before
	if age == 0 {
		return &p.classes[lhdClasses-1]
	}
	return &p.classes[min(bits.Len(lhdAges/uint(age)), lhdClasses-1)]
}

// density is the hits to be expected for a byte and an age.
func (p *lhd) density(id uint32) float64 {
	t := &p.tags[id]
	age := p.age(t)
	if age == lhdAges-1 {
		return -1
	}
	d := p.class(t).density[age] / float64(p.objects[id].charge)
	if t.exploring {
		d++
	}
	return d
}

func (p *lhd) evict() {
	draws := lhdFewDraws
	if p.models > lhdKnown {
		draws = lhdDraws
	}
	id, least := uint32(0), 0.0
	for i := range draws {
		if other := p.held[p.rand.IntN(len(p.held))]; i == 0 || p.density(other) < least {
			id, least = other, p.density(other)
		}
	}
	for _, other := range p.admitted[:min(p.next, lhdAdmitted)] {
		if p.at[other] != 0 && p.density(other) < least {
			id, least = other, p.density(other)
		}
	}
	p.victim = lhdDecay*p.victim + (1-lhdDecay)*least

	t := &p.tags[id]
	p.class(t).evictions[p.age(t)]++
	charge := int64(p.objects[id].charge)
	if t.exploring {
		p.exploring += charge
	}
	last := p.held[len(p.held)-1]
	p.held[p.at[id]-1], p.at[last] = last, p.at[id]
	p.held = p.held[:len(p.held)-1]
	p.at[id] = 0
	p.used -= charge
}

// learn makes the model anew: what was counted long ago counts for less.
func (p *lhd) learn() {
	if p.models == 5 || p.models == 25 {
		p.rescale()
	}
	for c := range p.classes {
		k := &p.classes[c]
		// To come after an age: hits, hits and evictions, and the sum of the ages that
		// those live from it.
		hits, events, lives := 0.0, 0.0, 0.0
		for age := p.oldest; age >= 0; age-- {
			k.hits[age] *= lhdDecay
			k.evictions[age] *= lhdDecay
			hits += k.hits[age]
			events += k.hits[age] + k.evictions[age]
			lives += events
			if k.density[age] = 0; events > 1e-5 {
				k.density[age] = hits / lives
			}
		}
	}
}

// rescale makes ages so coarse that a hundred times as many requests as there are
// objects have one.
func (p *lhd) rescale() {
	shift := 1
	for float64(int(1)<<shift) < float64(len(p.held))/(lhdTolerate*lhdAges) {
		shift++
	}
	by := shift - p.shift
	p.shift = shift
	for c := range p.classes {
		k := &p.classes[c]
		k.hits, k.evictions = stretch(k.hits, by), stretch(k.evictions, by)
	}
	p.oldest = lhdAges - 1
}

// stretch counts by ages that are twice as coarse as the ones before, so many times;
// or half as coarse, where what there was of one is then half of each.
func stretch(counts []float64, by int) []float64 {
	out := make([]float64, len(counts))
	for age, n := range counts {
		if by >= 0 || n == 0 {
			out[age>>max(by, 0)] += n
			continue
		}
		parts := 1 << -by
		for i := range parts {
			out[min(age*parts+i, len(out)-1)] += n / float64(parts)
		}
	}
	return out
}
