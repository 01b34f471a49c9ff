package histogram

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rest is the label of slots that are none of those known, and of pages.
const Rest = "other"

// bounds are where a histogram's buckets end: from a handler in the same program to what an origin may take at most.
var bounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 25 * time.Second,
}

// Slot names one: Page is the pattern of its page.
type Slot struct{ Page, Slot string }

// Fills are counters for each slot. They may be used by several goroutines at once.
type Fills struct {
	mu    sync.Mutex
	known map[Slot]bool
	pages map[string]bool
	of    map[Slot]*counts
}

// counts are of one slot's fills: Each bucket has those that are in no smaller one.
type counts struct {
	buckets [len(bounds) + 1]uint64
	sum     time.Duration
	failed  map[string]uint64 // by reason
}

// New makes counters for slots. Those of which none has been filled yet are not written.
func New(slots []Slot) *Fills {
	f := &Fills{known: map[Slot]bool{}, pages: map[string]bool{}, of: map[Slot]*counts{}}
	for _, s := range slots {
		f.known[s], f.pages[s.Page] = true, true
	}
	return f
}

// Add counts a fill that has ended, after how long, and what it has failed of: a word of few; empty if it has not. One of no slot that is
// known counts for the rest of its page, and one of no page for that of all.
func (f *Fills) Add(s Slot, took time.Duration, failed string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.known[s]:
	case f.pages[s.Page]:
		s.Slot = Rest
	default:
		s = Slot{Rest, Rest}
	}
	c := f.of[s]
	if c == nil {
		c = &counts{failed: map[string]uint64{}}
		f.of[s] = c
	}
	took = max(took, 0)
	in := 0
	for in < len(bounds) && took > bounds[in] {
		in++
	}
	c.buckets[in]++
	c.sum += took
	if failed != "" {
		c.failed[failed]++
	}
}

// Names are those of what Append writes.
const (
	durationName = "inlay_fill_duration_seconds"
	failuresName = "inlay_fill_failures_total"
)

// Append writes all in the text format of Prometheus, version 0.0.4.
func (f *Fills) Append(dst []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	slots := make([]Slot, 0, len(f.of))
	for s := range f.of {
		slots = append(slots, s)
	}
	slices.SortFunc(slots, func(a, b Slot) int {
		if a.Page != b.Page {
			return strings.Compare(a.Page, b.Page)
		}
		return strings.Compare(a.Slot, b.Slot)
	})
	dst = append(dst, "# HELP "+durationName+" How long fills took that have ended, by the page and slot that each was begun for.\n# TYPE "+durationName+" histogram\n"...)
	for _, s := range slots {
		dst = f.of[s].append(dst, labels(s))
	}
	dst = append(dst, "# HELP "+failuresName+" Fills that failed, by the page and slot that each was begun for, and why.\n# TYPE "+failuresName+" counter\n"...)
	for _, s := range slots {
		reasons := make([]string, 0, len(f.of[s].failed))
		for reason := range f.of[s].failed {
			reasons = append(reasons, reason)
		}
		slices.Sort(reasons)
		for _, reason := range reasons {
			dst = append(dst, failuresName+"{"+labels(s)+`,reason="`+escaped(reason)+`"} `...)
			dst = append(strconv.AppendUint(dst, f.of[s].failed[reason], 10), '\n')
		}
	}
	return dst
}

// append writes a histogram: each bucket has those of the smaller ones too.
func (c *counts) append(dst []byte, labels string) []byte {
	var sum uint64
	for i, n := range c.buckets {
		sum += n
		end := "+Inf"
		if i < len(bounds) {
			end = seconds(bounds[i])
		}
		dst = append(dst, durationName+"_bucket{"+labels+`,le="`+end+`"} `...)
		dst = append(strconv.AppendUint(dst, sum, 10), '\n')
	}
	dst = append(dst, durationName+"_sum{"+labels+"} "+seconds(c.sum)+"\n"...)
	dst = append(dst, durationName+"_count{"+labels+"} "...)
	return append(strconv.AppendUint(dst, sum, 10), '\n')
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) }

func labels(s Slot) string { return `page="` + escaped(s.Page) + `",slot="` + escaped(s.Slot) + `"` }

// escaped is a label's value between quotes; what is no UTF-8 would spoil the whole answer.
func escaped(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(value, "\uFFFD"))
}
