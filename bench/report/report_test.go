package main

import (
	"strings"
	"testing"
)

const sample = `BenchmarkSpeed/keys=10000/cache=inlay-at/op=get-2   100   30.0 ns/op  0 miss%  0 B/op  0 allocs/op
BenchmarkSpeed/keys=10000/cache=inlay-at/op=get-2   100   20.0 ns/op  0 miss%  0 B/op  0 allocs/op
BenchmarkSpeed/keys=10000/cache=inlay-at/op=get-2   100   25.0 ns/op  0 miss%  0 B/op  0 allocs/op
BenchmarkSpeed/keys=10000/cache=sieve/op=get-2   100   50.0 ns/op  0 miss%  0 B/op  0 allocs/op
BenchmarkSpeed/keys=10000/cache=sieve#01/op=insert-evict-2   100   500 ns/op  16 B/op  1 allocs/op
BenchmarkSpeed/keys=10000/cache=sieve/op=mixed-90-10-2   100   70 ns/op
PASS
`

func TestSpeedIsTheMedianWithItsRange(t *testing.T) {
	var b strings.Builder
	speed(&b, parseBench(sample))
	got := b.String()
	for _, want := range []string{
		"### 10,000 keys",
		"| inlay-at | 25.0 <sub>20.0–30.0</sub> | 1.00 |",
		"| sieve | 50.0 <sub>50.0–50.0</sub> | 2.00 | – | 70.0 <sub>70.0–70.0</sub> | 500 <sub>500–500</sub> | 16, 1 |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestHitRatiosNameTheNarrowestRow(t *testing.T) {
	var b strings.Builder
	err := hitRatios(&b, `zipf 0.7 sized     1% inlay       20.00  10.00  30.00
zipf 0.7 sized     1% lru         15.00  10.00  30.00
zipf 0.7 sized     5% inlay       40.00  10.00  30.00
zipf 0.7 sized     5% w-tinylfu      38.00  10.00  30.00
drift equal        5% inlay       40.00  10.00  30.00
drift equal        5% sieve       40.50  10.00  30.00
mean sized         5% inlay       40.00  11.00  30.00
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| zipf 0.7 sized | 1% | **20.0** | 15.0 |",
		"sized rows: inlay less the best of LRU, SIEVE, S3-FIFO, W-TinyLFU and otter is at least +2.00 points (zipf 0.7 sized, 5%)",
		"equal rows: inlay less the best of LRU, SIEVE, S3-FIFO, W-TinyLFU and otter is at least -0.50 points (drift equal, 5%)",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	if err := hitRatios(&b, "not a row\n"); err == nil {
		t.Error("a line that is no row is read")
	}
}

func TestSpliceLeavesTheRestAlone(t *testing.T) {
	begin, end := marks("native")
	fresh := splice("", "native", "one\n")
	if want := "# Results\n\n" + begin + "one\n" + end; fresh != want {
		t.Errorf("got %q", fresh)
	}
	again := splice("# Mine\n\nbefore\n\n"+begin+"one\n"+end+"\nafter\n", "native", "two\n")
	if want := "# Mine\n\nbefore\n\n" + begin + "two\n" + end + "\nafter\n"; again != want {
		t.Errorf("got %q", again)
	}
	both := splice(again, "workers", "three\n")
	if !strings.HasPrefix(both, again) || !strings.Contains(both, "workers: begin") {
		t.Errorf("got %q", both)
	}
}
