package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Every policy keeps its budget and hits what it just stored.
func TestPoliciesKeepTheirBudget(t *testing.T) {
	w := newWorkload("test", zipf(0.9, 300, 5000, 1), true)
	budget := w.footprint() / 10
	for _, c := range contenders() {
		p := c.make(budget, &w)
		held, hits := map[uint32]bool{}, 0
		for _, id := range w.requests {
			if p.request(id, &w.objects[id]) {
				hits++
				if !held[id] {
					t.Fatalf("%s: object %d is hit and was never asked for", c.name, id)
				}
			}
			held[id] = true
		}
		if hits == 0 || hits == len(w.requests) {
			t.Errorf("%s: %d hits", c.name, hits)
		}
		// What fits beside each other cannot be more than the budget.
		now := int64(0)
		for id := range w.objects {
			if p, peek := p.(interface{ holds(uint32) bool }); peek && p.holds(uint32(id)) {
				now += int64(w.objects[id].charge)
			}
		}
		if now > budget {
			t.Errorf("%s holds %d bytes of %d", c.name, now, budget)
		}
	}
}

func (p *arc) holds(id uint32) bool      { return p.in[id] == 1 || p.in[id] == 2 }
func (p *wtinylfu) holds(id uint32) bool { return p.in[id] != 0 }
func (p *belady) holds(id uint32) bool   { return p.until[id] >= 0 }
func (p *lru) holds(id uint32) bool      { return p.at[id] != nil }
func (p *s3fifo) holds(id uint32) bool   { return p.where[id] != 0 }
func (p *lhd) holds(id uint32) bool      { return p.at[id] != 0 }
func (p *gdsf) holds(id uint32) bool     { return p.at[id] != nil }

func TestWorkloadsAreTheSameEachTime(t *testing.T) {
	a := append(synthetic(200, 2000), adaptive(200, 2000, 1)...)
	b := append(synthetic(200, 2000), adaptive(200, 2000, 1)...)
	for i := range a {
		if a[i].footprint() != b[i].footprint() || a[i].name != b[i].name {
			t.Errorf("%s differs from one run to the next", a[i].name)
		}
	}
}

// With equal sizes nothing is better than knowing the future.
func TestBeladyIsTheCeiling(t *testing.T) {
	for _, w := range adaptive(500, 10_000, 2) {
		if w.sized {
			continue
		}
		results := runAll([]workload{w}, contenders())
		ceiling := map[float64]float64{}
		for _, r := range results {
			if r.policy == "belady" {
				ceiling[r.percent] = r.object
			}
		}
		for _, r := range results {
			if r.object > ceiling[r.percent]+1e-9 && r.policy != "otter" { // which may hold more than its budget for a moment
				t.Errorf("%s, %g%%: %s has %.2f, and Belady %.2f", w.name, r.percent, r.policy, r.object, ceiling[r.percent])
			}
		}
	}
}

// A stack gives the object at a depth, whatever was asked for.
func TestAStackKnowsItsDepths(t *testing.T) {
	s := newRecent(1000)
	var plain []uint32
	for i, id := range zipf(0.9, 50, 1000, 3) {
		for j, other := range plain {
			if other == id {
				plain = append(plain[:j], plain[j+1:]...)
				break
			}
		}
		plain = append(plain, id)
		s.touch(id)
		for d := range plain {
			if got := s.depth(d); got != plain[len(plain)-1-d] {
				t.Fatalf("after %d requests object %d is %d deep, not %d", i+1, got, d, plain[len(plain)-1-d])
			}
		}
	}
}

func TestTracesNumberTheirObjects(t *testing.T) {
	got := parseTrace([]byte{0, 0, 0, 9, 0xff, 0, 0, 1, 0, 0, 0, 9, 0, 0})
	if len(got) != 3 || got[0] != 0 || got[1] != 1 || got[2] != 0 {
		t.Errorf("got %v", got)
	}
	recorded, err := traces("../traces")
	if err != nil || len(recorded) != 4 {
		t.Fatalf("%d workloads, %v", len(recorded), err)
	}
	if n := len(recorded[0].requests); n != 76_118 {
		t.Errorf("web07 has %d requests", n)
	}
	if n := len(recorded[3].objects); n != 13_756 {
		t.Errorf("web12 has %d objects", n)
	}
}

func TestADirectoryWithoutTracesHasNone(t *testing.T) {
	dir := t.TempDir()
	if w, err := traces(dir); err != nil || len(w) != 0 {
		t.Errorf("%v, %v", w, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.trace.xz"), []byte("no xz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := traces(dir); err == nil {
		t.Error("a file that is no xz is read")
	}
}
