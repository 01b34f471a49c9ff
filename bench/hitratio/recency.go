package main

import (
	"math"
	"math/rand/v2"
)

// Workloads in which what matters is when an object was asked for last, or in
// which nothing of the past helps: what a policy that counts frequencies finds
// hard. Each is drawn from a shape, whose numbers say how much of what there is,
// and a seed; tuning looks at some shapes and seeds, and the tables at others.

// recent is a stack of objects by when they were asked for last, from which one
// can be had by its depth, in O(log n): a Fenwick tree over the times of requests.
type recent struct {
	tree []int32 // by time: how many objects were asked for last in a range
	at   []uint32
	last map[uint32]int
	now  int
}

func newRecent(requests int) *recent {
	return &recent{tree: make([]int32, requests+1), at: make([]uint32, requests+1), last: map[uint32]int{}}
}

func (s *recent) add(t int, by int32) {
	for ; t < len(s.tree); t += t & -t {
		s.tree[t] += by
	}
}

// touch puts an object on top.
func (s *recent) touch(id uint32) {
	if t, known := s.last[id]; known {
		s.add(t, -1)
	}
	s.now++
	s.last[id], s.at[s.now] = s.now, id
	s.add(s.now, 1)
}

// depth gives the object that depth others were asked for after; there must be one.
func (s *recent) depth(depth int) uint32 {
	rank := int32(len(s.last) - depth) // from the bottom, from 1
	t, step := 0, 1
	for step*2 < len(s.tree) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if t+step < len(s.tree) && s.tree[t+step] < rank {
			t += step
			rank -= s.tree[t]
		}
	}
	return s.at[t+1]
}

// stackShape: the probability that an object comes again after more than d others
// is (1+d/scale)^-tail; what would be deeper than the stack is a new object.
type stackShape struct{ scale, tail float64 }

// stack is a load without popularity: an object's chance depends on nothing but
// how many others were asked for since.
func stack(p stackShape, objects, n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 11))
	s := newRecent(n)
	out := make([]uint32, n)
	for i := range out {
		d := p.scale * (math.Pow(r.Float64(), -1/p.tail) - 1)
		id := uint32(len(s.last))
		switch {
		case d < float64(len(s.last)):
			id = s.depth(int(d))
		case len(s.last) >= objects:
			id = s.depth(len(s.last) - 1)
		}
		s.touch(id)
		out[i] = id
	}
	return out
}

// ormShape: so many sessions at a time, each of so many reads on average, of which
// a part goes to objects that the session had before and a part to shared ones; and
// now and then a job that reads a part of all of them in their order.
type ormShape struct {
	sessions, length int
	again, shared    float64
	jobEvery, job    int // requests between jobs, and objects of a job
	zipf             float64
}

// orm is what a mapper of objects sees: products that many read and users' own
// objects, which are read several times while a session lasts, and never after.
func orm(p ormShape, objects, n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 12))
	shared := objects / 4
	popular := zipf(p.zipf, shared, n, seed+100)
	own := uint32(shared)
	type session struct {
		left int
		had  []uint32
	}
	sessions := make([]session, p.sessions)
	var out []uint32
	for len(out) < n {
		if p.jobEvery > 0 && len(out)%p.jobEvery == p.jobEvery/2 {
			from := r.IntN(objects)
			for i := range p.job {
				id := uint32((from + i) % objects)
				for range 1 + r.IntN(3) {
					out = append(out, id)
				}
			}
		}
		s := &sessions[r.IntN(len(sessions))]
		if s.left == 0 {
			s.left, s.had = 1+int(r.ExpFloat64()*float64(p.length)), s.had[:0]
		}
		s.left--
		var id uint32
		switch x := r.Float64(); {
		case x < p.again && len(s.had) > 0:
			id = s.had[max(0, len(s.had)-1-int(r.ExpFloat64()*6))]
		case x < p.again+p.shared:
			id = popular[len(out)%n]
			s.had = append(s.had, id)
		default:
			id = own
			if own++; own == uint32(objects) {
				own = uint32(shared)
			}
			s.had = append(s.had, id)
		}
		out = append(out, id)
	}
	return out[:n]
}

// diskShape: the parts of requests that read on in one of several sequential runs,
// that go to hot blocks, and that begin to read a run again that was read before.
type diskShape struct {
	streams, run    int // at a time, and blocks of one on average
	hot, again      float64
	hotBlocks       int // a so-manieth of all
	zipf            float64
	twice           float64 // part of reads of a run that is repeated at once
	againAfter      float64 // runs since then, on average
	forgetfulStarts bool    // runs begin anywhere, and not where some began before
}

// disk is what a virtual machine's disk sees below the machine's own cache.
func disk(p diskShape, objects, n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 13))
	hot := zipf(p.zipf, max(1, objects/p.hotBlocks), n, seed+200)
	starts := zipf(0.8, max(1, objects/p.run), n, seed+300)
	type run struct{ at, left int }
	streams := make([]run, p.streams)
	var past []run
	out := make([]uint32, 0, n+1)
	for len(out) < n {
		i := len(out)
		if r.Float64() < p.hot {
			out = append(out, hot[i])
			continue
		}
		s := &streams[r.IntN(len(streams))]
		if s.left == 0 {
			if back := int(r.ExpFloat64() * p.againAfter); r.Float64() < p.again && back < len(past) {
				*s = past[len(past)-1-back]
			} else {
				*s = run{at: int(starts[i]) * p.run, left: 1 + int(r.ExpFloat64()*float64(p.run))}
				if p.forgetfulStarts {
					s.at = r.IntN(objects)
				}
			}
			past = append(past, *s)
		}
		id := uint32(s.at % objects)
		s.at++
		s.left--
		out = append(out, id)
		if r.Float64() < p.twice {
			out = append(out, id)
		}
	}
	return out[:n]
}

// burstShape: of the requests that are not for popular objects, each begins a burst
// of 2 to 2+more reads of one object within so many requests, and then never again.
type burstShape struct {
	popular      float64
	more, within int
	zipf         float64
}

// bursts are correlated references: hits that say nothing of the future.
func bursts(p burstShape, objects, n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 14))
	shared := objects / 4
	popular := zipf(p.zipf, shared, n, seed+400)
	next := uint32(shared)
	due := make([][]uint32, p.within+1)
	out := make([]uint32, 0, n)
	for i := 0; len(out) < n; i++ {
		slot := &due[i%len(due)]
		out = append(out, *slot...)
		*slot = (*slot)[:0]
		if r.Float64() < p.popular {
			out = append(out, popular[len(out)%n])
			continue
		}
		out = append(out, next)
		for range 1 + r.IntN(p.more+1) {
			at := (i + 1 + r.IntN(p.within)) % len(due)
			due[at] = append(due[at], next)
		}
		if next++; next == uint32(objects) {
			next = uint32(shared)
		}
	}
	return out[:n]
}

// loops reads in circles of several lengths (parts of all objects), which take
// turns at random by weight; with one length it is the loop that LRU never hits.
func loops(lengths, weights []float64, objects, n int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(seed, 15))
	at := make([]int, len(lengths))
	out := make([]uint32, n)
	for i := range out {
		x, base := r.Float64(), 0
		for l, length := range lengths {
			size := max(1, int(length*float64(objects)))
			if x -= weights[l]; x < 0 || l == len(lengths)-1 {
				out[i] = uint32(base + at[l])
				at[l] = (at[l] + 1) % size
				break
			}
			base += size
		}
	}
	return out
}

// inTurns plays loads one after the other, a part of each at a time, and each on
// objects of its own: what was right for one is wrong for the next.
func inTurns(length int, loads ...[]uint32) []uint32 {
	var out []uint32
	for from := 0; from < len(loads[0]); from += length {
		base := uint32(0)
		for _, load := range loads {
			if from < len(load) {
				for _, id := range load[from:min(from+length, len(load))] {
					out = append(out, base+id)
				}
			}
			base += maxID(load) + 1
		}
	}
	return out
}

func maxID(requests []uint32) (m uint32) {
	for _, id := range requests {
		m = max(m, id)
	}
	return m
}

// dense numbers objects in the order of their first request.
func dense(requests []uint32) []uint32 {
	ids := map[uint32]uint32{}
	for i, raw := range requests {
		id, known := ids[raw]
		if !known {
			id = uint32(len(ids))
			ids[raw] = id
		}
		requests[i] = id
	}
	return requests
}
