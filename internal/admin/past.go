package admin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"inlay/internal/remedy"
)

// Flight is what is told of a fill in progress. Age is in milliseconds.
type Flight struct {
	Key, Page, Slot        string
	Age, Waiting, Attempts int64
	Looking                bool
}

// Flights answers with the fills in progress, the oldest first.
func Flights(reach string, all []Flight) Answer {
	slices.SortFunc(all, func(a, b Flight) int { return cmp.Or(cmp.Compare(b.Age, a.Age), strings.Compare(a.Key, b.Key)) })
	return written(func(o *object) {
		o.string("reach", reach)
		o.objects("flights", len(all), func(i int, o *object) {
			f := &all[i]
			o.string("key", f.Key)
			o.string("page", f.Page)
			o.string("slot", f.Slot)
			o.number("age", f.Age)
			o.number("waiting", f.Waiting)
			o.number("attempts", f.Attempts)
			o.bool("looking", f.Looking)
		})
	})
}

// So many failures are remembered, and so many bytes of what each said.
const (
	mostFailures = 100
	mostText     = 500
)

// Failed is a fill that failed. Took is in milliseconds.
type Failed struct {
	At              time.Time
	Key, Page, Slot string
	// Reason is why, in a word; Status what the origin answered, 0 if it did not; Text what went wrong.
	Reason string
	Status int
	Text   string
	Took   Known
}

// Failures are the last fills that failed. Whoever uses them sees to it that nobody else does.
type Failures struct{ all []Failed }

// Add remembers one.
func (f *Failures) Add(one Failed) {
	if len(one.Text) > mostText {
		one.Text = strings.ToValidUTF8(one.Text[:mostText], "") + "…"
	}
	if len(f.all) == mostFailures {
		f.all = append(f.all[:0], f.all[1:]...)
	}
	f.all = append(f.all, one)
}

// Answer tells of them, the newest first.
func (f *Failures) Answer(reach string) Answer {
	all := slices.Clone(f.all)
	slices.Reverse(all)
	return written(func(o *object) {
		o.string("reach", reach)
		o.objects("failures", len(all), func(i int, o *object) {
			f := &all[i]
			o.string("at", timeText(f.At))
			o.string("key", f.Key)
			o.string("page", f.Page)
			o.string("slot", f.Slot)
			o.string("reason", f.Reason)
			o.number("status", int64(f.Status))
			o.string("text", f.Text)
			o.string("remedy", remedy.Of(f.Reason, f.Text))
			o.known("took", f.Took)
		})
	})
}

func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Window is how long what a sample of a [History] sums up is.
const Window = 10 * time.Second

// mostSamples is how many there are.
const mostSamples = 360

// counted is what a sample has, and the figure that it is the growth of.
var counted = [...][2]string{
	{"warm", "warm_pages_total"}, {"stale", "stale_pages_total"}, {"cold", "cold_pages_total"}, {"failed", "failed_pages_total"}, {"fills", "fills_total"},
	{"saved_fills", "saved_fills_total"}, {"saved_ms", "saved_milliseconds_total"}, {"saved_bytes", "saved_bytes_total"},
}

// countedAt are the places of those figures.
var countedAt = func() (at [len(counted)]int) {
	for i, c := range counted {
		at[i] = slices.IndexFunc(figureLines, func(line [2]string) bool { return line[0] == c[1] })
	}
	return at
}()

// History is how figures grew. A window begins with the first event after the one before has ended, and is summed up at the first event
// after its own end: so nothing is done, and no timer is needed, while nobody comes.
type History struct {
	samples []sample
	until   time.Time
	before  []int64
}

type sample struct {
	at     time.Time
	growth [len(counted)]int64
}

// Turn is called at an event at or after the time that it gave before, with the figures before that event is counted; it gives when the
// next is due.
func (h *History) Turn(now time.Time, figures []int64) time.Time {
	if h.before != nil {
		one, grown := sample{at: h.until}, false
		for i, at := range countedAt {
			one.growth[i] = figures[at] - h.before[at]
			grown = grown || one.growth[i] != 0
		}
		if grown {
			if len(h.samples) == mostSamples {
				h.samples = append(h.samples[:0], h.samples[1:]...)
			}
			h.samples = append(h.samples, one)
		}
	}
	h.before, h.until = figures, now.Add(Window)
	return h.until
}

// Answer tells of it, the oldest first.
func (h *History) Answer(reach string) Answer {
	return written(func(o *object) {
		o.string("reach", reach)
		o.number("every", int64(Window/time.Second))
		o.objects("samples", len(h.samples), func(i int, o *object) {
			o.string("at", timeText(h.samples[i].at))
			for j, c := range counted {
				o.number(c[0], h.samples[i].growth[j])
			}
		})
	})
}
