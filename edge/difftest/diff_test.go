package difftest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/site"
)

var (
	cases  = flag.Int("cases", 20000, "how many cases the differential test makes: five of six are fragments, the rest shells")
	seed   = flag.Uint64("seed", 0, "what they are made from; 0 is the day, so that every day others are tried")
	corpus = flag.String("corpus", "", "a folder with more real pages")
	show   = flag.Int("show", 12, "how many failures are made small and printed")
)

// seeded is the seed of this run.
func seeded() uint64 {
	if *seed != 0 {
		return *seed
	}
	return uint64(time.Now().Unix() / 86400)
}

// parser starts the other parser for a test.
func parser(t testing.TB) *Trees {
	t.Helper()
	trees, err := StartTrees("../..")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, trees.Stop()) })
	return trees
}

// maker makes case after case.
type maker struct {
	inputs, real []string
}

func newMaker(t testing.TB) *maker {
	t.Helper()
	m := &maker{}
	var err error
	m.inputs, err = HTML5Lib()
	require.NoError(t, err)
	m.real = siteFragments(t)
	return m
}

// siteFragments are what the example site's origin answers, cut to a size that a case can have.
func siteFragments(t testing.TB) (all []string) {
	t.Helper()
	origin := site.Origin()
	for _, path := range []string{"summary", "most-imported", "packages", "title/net/http", "overview/net/http", "index/io/fs", "examples/strings", "imported-by/fmt"} {
		answer := httptest.NewRecorder()
		origin.ServeHTTP(answer, httptest.NewRequest("GET", "/fragments/"+path, nil))
		if answer.Code == 200 {
			all = append(all, answer.Body.String())
		}
	}
	for i, text := range all {
		if len(text) > 2000 {
			cut := strings.LastIndexByte(text[:2000], '<')
			all[i] = text[:cut]
		}
	}
	return append(all, docPieces...)
}

// docPieces is real markup of the usual kinds, for where the example site has not been generated.
var docPieces = []string{
	`<nav><ul><li><a href="/a">A</a><li><a href="/b">B</a></ul></nav>`,
	`<figure><picture><source srcset="a.webp"><img src="data:," alt=""></picture><figcaption>F</figcaption></figure>`,
	`<table class="t"><caption>C</caption><thead><tr><th scope=col>H</thead><tbody><tr><td>1<tr><td>2</table>`,
	`<form action="#s" method=get><label>Q <input name=q></label><select name=s><option value=1>One<option value=2>Two</select><button>Go</button></form>`,
	`<svg viewBox="0 0 20 20" aria-hidden="true"><defs><linearGradient id="a"><stop/></linearGradient></defs><path d="M0 0"/><text>t</text><foreignObject><p>x</p></foreignObject></svg>`,
	`<noscript><img src="data:," alt=""></noscript><p>Lorem <em>ipsum</em> &amp; <code>a &lt; b</code></p>`,
	`<math><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow></math>`,
	`<x-card><template shadowrootmode="open"><slot></slot></template><h2 slot="t">T</h2></x-card>`,
	`<script type="application/ld+json">{"a":"</p>"}</script><style>.a>b{}</style>`,
}

// one makes the case of a number: each has its own source, so that a case can be made again alone.
func (m *maker) one(n int) Case {
	r := rand.New(rand.NewPCG(seeded(), uint64(n)))
	if n%6 == 5 {
		return ShellCase(r)
	}
	place := &Places[n%len(Places)]
	kind, fragment := m.fragment(r, place)
	if r.IntN(5) == 0 {
		_, second := m.fragment(r, place)
		return place.in(r, kind, fragment, second)
	}
	return place.in(r, kind, fragment)
}

func (m *maker) fragment(r *rand.Rand, place *Place) (kind, fragment string) {
	switch n := r.IntN(20); {
	case n < 9:
		return "grammar", Grammar(r)
	case n < 12:
		return "fit", pick(r, place.Fit) + pick(r, []string{"", " ", pick(r, place.Fit)})
	case n < 14:
		return "fit, mutated", Mutated(r, pick(r, place.Fit), m.inputs)
	case n < 16:
		return "html5lib", pick(r, m.inputs)
	case n < 18:
		return "html5lib, mutated", valid(Mutated(r, pick(r, m.inputs), m.inputs))
	default:
		return "real, mutated", valid(Mutated(r, pick(r, m.real), m.inputs))
	}
}

// valid is text as UTF-8, as mutations cut within characters never.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// tally counts what became of the cases.
type tally struct {
	mu       sync.Mutex
	place    map[string]*count
	kind     map[string]*count
	failures []failure
	failed   int
}

type count struct{ cases, accepted, failed int }

type failure struct {
	number     int
	c          Case
	refused    int // of its fragments
	difference string
}

func (l *tally) add(by map[string]*count, key string, accepted, failed bool) {
	c := by[key]
	if c == nil {
		c = &count{}
		by[key] = c
	}
	c.cases++
	if accepted {
		c.accepted++
	}
	if failed {
		c.failed++
	}
}

// run makes and compares the cases.
func run(t *testing.T, trees *Trees, n int, one func(int) Case) *tally {
	t.Helper()
	l := &tally{place: map[string]*count{}, kind: map[string]*count{}}
	var next atomic.Int64
	var work sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || t.Failed() {
					return
				}
				c := one(i)
				answers, err := Answer(c)
				if !assert.NoError(t, err, "case %d: %s", i, c) {
					return
				}
				difference := ""
				if answers.Refused == nil {
					if difference, err = trees.Difference(answers); !assert.NoError(t, err) {
						return
					}
				}
				accepted := answers.Refused == nil && len(answers.RefusedFragments) == 0
				l.mu.Lock()
				l.add(l.place, c.Place, accepted, difference != "")
				l.add(l.kind, c.Kind, accepted, difference != "")
				if difference != "" {
					l.failed++
					if len(l.failures) < 4**show {
						l.failures = append(l.failures, failure{i, c, len(answers.RefusedFragments), difference})
					}
				}
				l.mu.Unlock()
			}
		})
	}
	work.Wait()
	return l
}

func (l *tally) report(t *testing.T, by map[string]*count) {
	t.Helper()
	var keys []string
	for key := range by {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		c := by[key]
		name := key
		if name == "" {
			name = "(generated shell)"
		}
		t.Logf("%-22s %6d cases, %5.1f%% accepted, %d wrong", name, c.cases, 100*float64(c.accepted)/float64(c.cases), c.failed)
	}
}

// small makes failures small and prints them, each kind of it once.
func (l *tally) small(t *testing.T, trees *Trees) {
	t.Helper()
	slices.SortFunc(l.failures, func(a, b failure) int { return a.number - b.number })
	seen := map[string]bool{}
	for _, f := range l.failures {
		if len(seen) == *show {
			break
		}
		var difference string
		c := Shrink(f.c, 400, func(c Case) bool {
			answers, err := Answer(c)
			if err != nil || answers.Refused != nil || len(answers.RefusedFragments) > f.refused {
				return false
			}
			d, err := trees.Difference(answers)
			if err == nil && d != "" {
				difference = d
			}
			return err == nil && d != ""
		})
		if difference == "" {
			difference = f.difference
		}
		key := fmt.Sprint(c.Shell, c.Fragments)
		if !seen[key] {
			seen[key] = true
			t.Errorf("case %d of seed %d, made small: %s\n%s", f.number, seeded(), c, difference)
		}
	}
}

func TestDifferential(t *testing.T) {
	trees := parser(t)
	m := newMaker(t)
	start := time.Now()
	l := run(t, trees, *cases, m.one)
	t.Logf("%d cases of seed %d in %.1f s", *cases, seeded(), time.Since(start).Seconds())
	l.report(t, l.place)
	l.report(t, l.kind)
	l.small(t, trees)
	assert.Zero(t, l.failed, "pages are not the same page cold and warm")
}
