package main

import (
	"fmt"
	"testing"
)

// What the simulator of LHD's authors (github.com/CMU-CORGI/LHD, 806ef46) hits of the
// same requests with the same charges, when it makes its model every 1,024 requests.
// What both draw at random differs. Over all 180 rows of the tables the mean of the
// differences is 0.02 points, and 167 are within one.
func TestLHDIsAsGoodAsItsAuthors(t *testing.T) {
	sized := newWorkload("zipf 0.9", zipf(0.9, 20_000, 300_000, 1), true)
	equal := newWorkload("zipf 0.9", zipf(0.9, 20_000, 300_000, 1), false)
	for _, row := range []struct {
		w       *workload
		percent float64
		theirs  float64
	}{
		{&sized, 0.1, 18.61}, {&sized, 1, 41.51}, {&sized, 5, 60.91}, {&sized, 20, 79.91},
		{&equal, 0.1, 11.52}, {&equal, 1, 32.14}, {&equal, 5, 51.27}, {&equal, 20, 69.85},
	} {
		t.Run(fmt.Sprintf("%s %g%%", row.w.name, row.percent), func(t *testing.T) {
			r := result{workload: row.w, percent: row.percent}
			r.run(contender{make: func(b int64, w *workload) policy { return newLHD(b, w) }, runs: 1})
			if r.object < row.theirs-1.5 || r.object > row.theirs+1.5 {
				t.Errorf("%.2f, and theirs %.2f", r.object, row.theirs)
			}
		})
	}
}

// The authors' simulator was reported to hit 49.7% of a loop of 505,500 requests with
// room for 512 objects, with a model every 1,024 requests (CMU-CORGI/LHD#1). Of 1,000
// objects in a circle nothing hits more than 51.1.
func TestLHDLearnsALoop(t *testing.T) {
	w := newWorkload("loop", loops([]float64{1}, []float64{1}, 1000, 505_500, 1), false)
	p, hits := newLHD(512*int64(w.objects[0].charge), &w), 0
	for _, id := range w.requests {
		if p.request(id, &w.objects[id]) {
			hits++
		}
	}
	if got := 100 * float64(hits) / float64(len(w.requests)); got < 48 || got > 51.2 {
		t.Errorf("%.2f%% hit", got)
	}
}

// Where all are asked for equally often at random, the small ones are the ones to keep: with
// room for all of them and none of the others they are half of what is hit.
func TestLHDKeepsTheSmall(t *testing.T) {
	w := newWorkload("even", zipf(0, 2000, 200_000, 4), true)
	for id := range w.objects {
		w.objects[id].charge = 100
		if id%2 == 0 {
			w.objects[id].charge = 2000
		}
	}
	p, hits := newLHD(105*1000, &w), 0
	late := w.requests[100_000:]
	for i, id := range w.requests {
		if p.request(id, &w.objects[id]) && i >= 100_000 {
			hits++
		}
	}
	lru, lruHits := newLRU(105*1000, &w), 0
	for i, id := range w.requests {
		if lru.request(id, &w.objects[id]) && i >= 100_000 {
			lruHits++
		}
	}
	if got := 100 * float64(hits) / float64(len(late)); got < 40 || got > 53 {
		t.Errorf("%.2f%% hit; LRU %.2f%%", got, 100*float64(lruHits)/float64(len(late)))
	}
}

func TestLHDStretchesWhatItCounted(t *testing.T) {
	for _, row := range []struct {
		by   int
		want []float64
	}{
		{0, []float64{1, 2, 4, 8}},
		{1, []float64{3, 12, 0, 0}},
		{2, []float64{15, 0, 0, 0}},
		{-1, []float64{0.5, 0.5, 1, 13}}, // what is beyond the last age counts as of it
	} {
		got := stretch([]float64{1, 2, 4, 8}, row.by)
		if fmt.Sprint(got) != fmt.Sprint(row.want) {
			t.Errorf("by %d: %v", row.by, got)
		}
	}
}
