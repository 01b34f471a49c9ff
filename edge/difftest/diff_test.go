package difftest

import (
	"compress/flate"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	cases  = flag.Int("cases", 60000, "how many cases the differential test makes: five of six are fragments, the rest shells")
	seed   = flag.Uint64("seed", 1, "what they are made from")
	corpus = flag.String("corpus", "", "a folder with more real pages")
	show   = flag.Int("show", 12, "how many failures are made small and printed")
)

// parser starts the other parser for a test.
func parser(t testing.TB) *Trees {
	t.Helper()
	trees, err := StartTrees("../..")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, trees.Stop()) })
	return trees
}

// maker makes the cases of this run.
func maker(t testing.TB) *Maker {
	t.Helper()
	m, err := NewMaker(*seed, siteFragments(t))
	require.NoError(t, err)
	return m
}

// siteFragments are what the example site's build has generated, cut to a size that a case can have; none where another site
// lies there, or nothing was built.
func siteFragments(t testing.TB) (all []string) {
	t.Helper()
	for _, name := range []string{"summary", "packages", "overview/net/http", "index/io/fs", "examples/strings"} {
		file, err := os.Open("../../site/data/" + name + ".z")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		text, err := io.ReadAll(flate.NewReader(file))
		require.NoError(t, errors.Join(err, file.Close()), name)
		all = append(all, string(text))
	}
	for i, text := range all {
		if len(text) > 2000 {
			cut := strings.LastIndexByte(text[:2000], '<')
			all[i] = text[:cut]
		}
	}
	return all
}

// tally counts what became of the cases.
type tally struct {
	mu       sync.Mutex
	place    map[string]*count
	kind     map[string]*count
	failures []failure
	failed   int
	refused  []string // of the first cases that were
}

type count struct{ cases, accepted, failed int }

func (c *count) share() float64 { return float64(c.accepted) / float64(c.cases) }

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
				if !accepted && len(l.refused) < 5 {
					l.refused = append(l.refused, fmt.Sprintf("%.300s: %v", c, answers.Refused))
				}
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
		t.Logf("%-22s %6d cases, %5.1f%% accepted, %d wrong", name, c.cases, 100*c.share(), c.failed)
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
			t.Errorf("case %d of seed %d, made small: %s\n%s", f.number, *seed, c, difference)
		}
	}
}

func TestDifferential(t *testing.T) {
	trees := parser(t)
	m := maker(t)
	start := time.Now()
	l := run(t, trees, *cases, m.Case)
	t.Logf("%d cases of seed %d in %.1f s", *cases, *seed, time.Since(start).Seconds())
	l.report(t, l.place)
	l.report(t, l.kind)
	l.small(t, trees)
	assert.Zero(t, l.failed, "pages are not the same page cold and warm")

	// Where everything is refused nothing is compared.
	for name, c := range l.place {
		if c.cases >= 200 {
			assert.Greater(t, c.share(), 0.1, "place %q: %d of %d cases accepted", name, c.accepted, c.cases)
		}
	}
	if c := l.kind["fit"]; assert.NotNil(t, c) {
		assert.Greater(t, c.share(), 0.85, "of what belongs in its place %d of %d accepted", c.accepted, c.cases)
	}
}
