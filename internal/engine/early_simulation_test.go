package engine

import (
	"container/heap"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/shell"
)

// What early renewal brings and costs, by visitors who come at random at the real engine, which asks a slow origin. Pages are asked
// for so often a second each; a visit is cold if it met a fragment that was not there, stale if one past its ttl.
//
//	go test ./internal/engine -run TestEarlyRenewalPays -early.table -v    # the table of docs/operating.md, in about three minutes

var earlyTable = flag.Bool("early.table", false, "print what early renewal brings and costs")

// load is what one run is of.
type load struct {
	pages  int
	rate   float64 // visits of a page a second
	ttl    time.Duration
	took   time.Duration // a fill, about
	swr    bool
	factor int64
	lasts  time.Duration
	seed   uint64
}

// outcome is what became of it.
type outcome struct {
	visits, cold, stale, fills, early int
	most                              int // fills begun in 100 ms
	twice                             int // fills of a key while there was another
}

type loadEvent struct {
	at   time.Duration
	page int    // that is visited, if fill is 0
	fill FillID // that ends
}

type loadEvents []loadEvent

func (l loadEvents) Len() int           { return len(l) }
func (l loadEvents) Less(i, j int) bool { return l[i].at < l[j].at }
func (l loadEvents) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *loadEvents) Push(x any)        { *l = append(*l, x.(loadEvent)) }
func (l *loadEvents) Pop() any {
	old := *l
	x := old[len(old)-1]
	*l = old[:len(old)-1]
	return x
}

// loadHost is the engine's host. It keeps no bytes.
type loadHost struct {
	Host[int]
	load
	outcome
	engine  *Engine[int]
	random  *rand.Rand
	now     time.Duration
	queue   loadEvents
	running map[string]FillID
	begun   map[FillID]string
	woken   []RequestID
	tenth   time.Duration
	inTenth int
}

func (h *loadHost) NewBlob([]byte) int             { return 1 }
func (h *loadHost) NewHead(int, []field.Field) int { return 1 }
func (h *loadHost) Join([]int) int                 { return 1 }
func (h *loadHost) Slice(int, int, int) int        { return 1 }
func (h *loadHost) Read(_, _ int, p []byte) int    { return copy(p, "<p>x</p>") }
func (h *loadHost) Drop(int)                       {}
func (h *loadHost) Send(RequestID, int, int)       {}
func (h *loadHost) SendHead(RequestID, int)        {}
func (h *loadHost) Repeat(RequestID, *Repeat[int]) {}
func (h *loadHost) EndRepeats()                    {}
func (h *loadHost) Respond(RequestID, int)         {}
func (h *loadHost) Write(RequestID, int)           {}
func (h *loadHost) Finish(RequestID)               {}
func (h *loadHost) Wait(RequestID, time.Time)      {}
func (h *loadHost) Watch(RequestID, FillID) bool   { return false }
func (h *loadHost) Wake(id RequestID)              { h.woken = append(h.woken, id) }
func (h *loadHost) Stop(FillID)                    {}
func (h *loadHost) Inspect(b int, _ markup.InspectOptions) (markup.Inspection, int) {
	return markup.Inspection{}, b
}
func (*loadHost) Shown(RequestID, *Shown) {}

func (h *loadHost) Judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	return answer.Judge(q, a)
}
func (h *loadHost) Report(string, *answer.FillError)       {}
func (h *loadHost) Poll(RequestID, PollID, string, uint64) {}
func (h *loadHost) Fill(_ RequestID, fill FillID, f Fill) {
	if h.running[f.Src] != 0 {
		h.twice++
	}
	h.running[f.Src], h.begun[fill] = fill, f.Src
	h.fills++
	if h.now >= h.tenth+100*time.Millisecond {
		h.tenth, h.inTenth = h.now, 0
	}
	h.inTenth++
	h.most = max(h.most, h.inTenth)
	// Most take about as long, one in twenty three times.
	takes := time.Duration(float64(h.took) * (0.7 + 0.6*h.random.Float64()))
	if h.random.IntN(20) == 0 {
		takes *= 3
	}
	heap.Push(&h.queue, loadEvent{at: h.now + takes, fill: fill})
}

var loadBegin = time.Unix(1_700_000_000, 0)

func (l load) run(t testing.TB) outcome {
	h := &loadHost{
		load: l, random: rand.New(rand.NewPCG(l.seed, 5)), running: map[string]FillID{}, begun: map[FillID]string{},
	}
	c, err := config.Parse(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	c.Early, c.Seed, c.MaxBytes = l.factor, l.seed+1, 96<<20
	swr := ""
	if l.swr {
		swr = ` swr="1h"`
	}
	slot := `<body><edge-slot name="a" src="/f/{id}" ttl="` + strconv.Itoa(int(l.ttl.Milliseconds())) + `ms"` + swr + `></edge-slot>`
	p, err := loadPage(slot)
	require.NoError(t, err)
	h.engine, err = New([]page.Page{p}, c, Host[int](h))
	require.NoError(t, err)
	next := func() time.Duration { return time.Duration(h.random.ExpFloat64() / l.rate * 1e9) }
	for i := range l.pages {
		heap.Push(&h.queue, loadEvent{at: next(), page: i})
	}
	draws, id, counts := rand.New(rand.NewPCG(l.seed, 6)), RequestID(0), false
	for h.now < l.lasts {
		if !counts && h.now > 2*l.ttl { // each page has been cold once by then, as it was new
			counts, h.outcome = true, outcome{}
		}
		e := heap.Pop(&h.queue).(loadEvent)
		h.now = e.at
		now := loadBegin.Add(h.now)
		if e.fill != 0 {
			delete(h.running, h.begun[e.fill])
			delete(h.begun, e.fill)
			h.engine.FillEnd(e.fill, &answer.Answer{Status: 200, ContentType: "text/html", Size: 8}, 1, now)
			for len(h.woken) > 0 {
				q := h.woken[0]
				h.woken = h.woken[1:]
				h.engine.Resume(q, now)
			}
			continue
		}
		id++
		heap.Push(&h.queue, loadEvent{at: h.now + next(), page: e.page})
		r := &Request{ID: id, Method: "GET", Target: "/p/" + strconv.Itoa(e.page), Fields: loadFields{}, Draw: draws.Uint64()}
		h.visits++
		if _, ok := h.engine.Warm(r, now); ok {
			continue
		}
		before := h.engine.counts.Early
		_, info := h.engine.fragments.Inspect("/f/"+strconv.Itoa(e.page), now)
		switch info.State {
		case cache.Miss:
			h.cold++
		case cache.Stale:
			h.stale++
		}
		h.engine.Handle(r, now)
		h.outcome.early += int(h.engine.counts.Early - before)
	}
	require.Empty(t, NewVerifier(h.engine).Verify())
	return h.outcome
}

type loadFields struct{}

func (loadFields) Field(name string) string {
	if name == "sec-fetch-dest" {
		return "document"
	}
	return ""
}

// loads are the rows of the table.
func loads() (all []load) {
	for _, took := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second} {
		for _, ttl := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute} {
			for _, rate := range []float64{0.1, 1, 10, 100} {
				if took*2 <= ttl {
					all = append(all, load{rate: rate, ttl: ttl, took: took})
				}
			}
		}
	}
	return all
}

// sized makes a run long enough, with pages enough, for many ends of freshness.
func (l load) sized(visits float64) load {
	l.lasts = 30 * l.ttl
	l.pages = max(1, int(visits/(l.rate*l.lasts.Seconds())))
	l.pages = min(l.pages, 400)
	l.seed = 1
	return l
}

func TestEarlyRenewalPays(t *testing.T) {
	if *earlyTable {
		t.Log("\n" + tableOfEarly(t))
		return
	}
	for _, c := range []struct {
		load
		most int // fills, in percent of those without it
	}{
		{load{rate: 100, ttl: 10 * time.Second, took: 200 * time.Millisecond}, 110},
		{load{rate: 100, ttl: 10 * time.Second, took: 200 * time.Millisecond, swr: true}, 110},
		{load{rate: 20, ttl: 2 * time.Second, took: 200 * time.Millisecond}, 145},
	} {
		l := c.load
		l = l.sized(60_000)
		without := l.run(t)
		l.factor = 200
		with := l.run(t)
		t.Logf("%+v: without %+v, with %+v", l, without, with)
		if l.swr {
			without.cold, with.cold = without.stale, with.stale
		}
		assert.Greater(t, without.cold, without.visits/50)
		assert.Less(t, with.cold, without.cold/10)
		assert.Less(t, with.fills, without.fills*c.most/100)
		assert.Zero(t, with.twice, "two fills of a key at once")
		assert.LessOrEqual(t, with.early, with.fills)
	}
}

// What is asked for seldom is left alone: its fills are as many, but for those that somebody asked for in the window.
func TestWhatIsSeldomAskedForIsSeldomRenewedEarly(t *testing.T) {
	l := load{rate: 0.01, ttl: 10 * time.Second, took: 20 * time.Millisecond, factor: 200, seed: 1, pages: 400, lasts: 1000 * time.Second}
	o := l.run(t)
	assert.Greater(t, o.visits, 3000)
	assert.Less(t, o.early, 20, "one in so many comes in the window")
}

// A thousand fragments that were stored at once are not all asked for at once again.
func TestWhatExpiresTogetherIsRenewedApart(t *testing.T) {
	l := load{rate: 10, ttl: 20 * time.Second, took: time.Second, seed: 3, pages: 1000, lasts: 60 * time.Second}
	without := l.run(t)
	l.factor = 200
	with := l.run(t)
	t.Logf("without %+v, with %+v", without, with)
	assert.Less(t, with.most, without.most)
	assert.Less(t, with.cold, without.cold/5)
}

func tableOfEarly(t *testing.T) string {
	factors := []int64{0, 100, 200, 300, 400}
	text := &strings.Builder{}
	fmt.Fprintf(text, "| a fill takes | `ttl` | visits a second |")
	for _, f := range factors {
		fmt.Fprintf(text, " %g |", float64(f)/100)
	}
	fmt.Fprintf(text, "\n|---|---|--:|%s\n", strings.Repeat("--:|", len(factors)))
	for _, l := range loads() {
		l = l.sized(200_000)
		fmt.Fprintf(text, "| %v | %v | %g |", l.took, l.ttl, l.rate)
		base := 0
		for _, f := range factors {
			l.factor = f
			o := l.run(t)
			require.Zero(t, o.twice)
			if f == 0 {
				base = o.fills
				fmt.Fprintf(text, " %s |", percent(o.cold, o.visits))
				continue
			}
			fmt.Fprintf(text, " %s, %+.1f%% |", percent(o.cold, o.visits), 100*(float64(o.fills)/float64(base)-1))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func percent(n, of int) string {
	p := 100 * float64(n) / float64(of)
	if p >= 10 {
		return fmt.Sprintf("%.0f%%", p)
	}
	return fmt.Sprintf("%.2g%%", math.Round(p*1000)/1000)
}

func loadPage(slot string) (page.Page, error) { return shell.Parse("/p/{id}", slot) }
