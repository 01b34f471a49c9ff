package edge

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/route"
)

// The cases of http-tests/cache-tests (testdata/cachetests.md) are about a cache of whole responses. They run here through
// the native handler with a clock of the test's own, mapped so:
//
//   - The resource under test is the fragment of a page's only slot, which says nothing of ttl, swr and sie. It declares the
//     query, and the request fields that the case's Vary fields name, as the author of such a page would; not what Vary: *
//     is about.
//   - INLAY_TTL is a millisecond, so that nothing is kept for which nothing is said; failures are not remembered.
//   - A response is cached if the page shows the fragment of an earlier fill. It is not if it shows the one of its own, or
//     none since the origin's answer may be no fragment. "Validated" means that the fill asked with the validators, and that
//     the page shows the earlier fragment after its 304.
//   - A pause is three seconds of the clock.
//
// The required cases pass, or stand in differs with the reason; the others ("optimal": a good cache does, "check": either
// way is right) are counted.

type cacheTest struct {
	ID, Group, Kind string
	Requests        []cacheTestRequest
}

type cacheTestRequest struct {
	Method, Query string
	Asks          [][2]any // request fields
	Status        int
	Answers       [][2]any // response fields; a number is a date, so many seconds from now
	RFC850        []string // those of them in RFC 850's form
	Breaks        bool     // the origin breaks off
	Pause         bool     // for three seconds after
	Takes         float64  // seconds until the answer
	Expect        string   // cached, not_cached, lm_validated, etag_validated; empty: nothing
	Setup         bool
	SetupTests    []string
}

func readCacheTests(t *testing.T) (tests []cacheTest) {
	t.Helper()
	text, err := os.ReadFile("testdata/cachetests.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &tests))
	return tests
}

// cacheTestRun is one case in progress: the origin, and its clock.
type cacheTestRun struct {
	test cacheTest
	mu   sync.Mutex
	now  time.Time
	step int         // whose answer the origin gives
	asks int         // how often the origin was asked
	sent http.Header // with the last answer
	// unconditional: the origin was asked without the validators that the step expects.
	unconditional bool
}

func (r *cacheTestRun) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *cacheTestRun) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// set writes a step's fields into a header.
func (r *cacheTestRun) set(h http.Header, step *cacheTestRequest) {
	for _, f := range step.Answers {
		name := f[0].(string)
		value, isText := f[1].(string)
		if seconds, ok := f[1].(float64); ok && !isText {
			date := r.now.Add(time.Duration(seconds) * time.Second).UTC()
			value = date.Format(http.TimeFormat)
			if slices.Contains(step.RFC850, strings.ToLower(name)) {
				value = date.Format("Monday, 02-Jan-06 15:04:05 GMT")
			}
		}
		h.Add(name, value)
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Del("Content-Length") // the bodies are the test's own
}

func (r *cacheTestRun) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asks++
	step := &r.test.Requests[r.step]
	r.now = r.now.Add(time.Duration(step.Takes * float64(time.Second)))
	if step.Breaks {
		panic(http.ErrAbortHandler)
	}
	status := step.Status
	if status == 0 {
		status = 200
	}
	if strings.HasSuffix(step.Expect, "validated") {
		same := func(name, condition string) bool {
			v := r.sent.Get(name)
			return v != "" && q.Header.Get(condition) == v
		}
		status = 304
		if !same("ETag", "If-None-Match") && !same("Last-Modified", "If-Modified-Since") {
			r.unconditional = true
			status = 200
		}
	}
	r.set(w.Header(), step)
	r.sent = w.Header().Clone()
	w.WriteHeader(status)
	if status != 204 && status != 304 {
		fmt.Fprintf(w, "<p>%d</p>", r.step+1)
	}
}

// run gives what went wrong, empty if nothing did; setup says that it did before the point of the case.
func (r *cacheTestRun) run(t *testing.T) (wrong string, setup bool) {
	vary := ""
	declared := map[string]bool{}
	for _, step := range r.test.Requests {
		for _, f := range step.Answers {
			if value, ok := f[1].(string); ok && strings.EqualFold(f[0].(string), "vary") {
				for _, name := range strings.Split(value, ",") {
					name = strings.ToLower(strings.TrimSpace(name))
					if name != "" && name != "*" && ascii.Only(name, field.IsTokenChar) && route.NoInput(name) == "" && !declared[name] {
						declared[name] = true
						vary += " header:" + name
					}
				}
			}
		}
		values, err := url.ParseQuery(step.Query)
		require.NoError(t, err)
		for name := range values {
			if !declared["?"+name] {
				declared["?"+name] = true
				vary += " query:" + name
			}
		}
	}
	p := pageOf(t, "/page", `<body><edge-slot name="a" src="/resource" vary="`+strings.TrimSpace(vary)+`"><edge-error>none</edge-error></edge-slot></body>`)
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: r, Config: Config{TTL: time.Millisecond}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	h.now = r.clock
	for i := range r.test.Requests {
		step := &r.test.Requests[i]
		r.mu.Lock()
		r.step, r.unconditional = i, false
		r.mu.Unlock()
		q := httptest.NewRequest(http.MethodGet, "/page", nil)
		q.URL.RawQuery = step.Query
		q.RequestURI = q.URL.RequestURI()
		for _, f := range step.Asks {
			if value, ok := f[1].(string); ok {
				q.Header.Add(f[0].(string), value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, q)
		require.Eventually(t, func() bool { return noFills(h) }, 10*time.Second, 50*time.Microsecond)
		isSetup := step.Setup || slices.Contains(step.SetupTests, "expected_type")
		if text := r.judge(i, w.Body.String()); text != "" {
			return "request " + strconv.Itoa(i+1) + " " + text, isSetup
		}
		if step.Pause {
			r.advance(3 * time.Second)
		}
	}
	return "", false
}

// judge compares what a page shows with what a step expects.
func (r *cacheTestRun) judge(i int, body string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, shown, _ := strings.Cut(body, "<p>")
	shown, _, _ = strings.Cut(shown, "</p>")
	number, err := strconv.Atoi(shown)
	cached := err == nil && number <= i
	switch r.test.Requests[i].Expect {
	case "cached":
		if !cached {
			return "does not come from the cache"
		}
	case "not_cached":
		if cached {
			return "comes from the cache"
		}
	case "lm_validated", "etag_validated":
		if r.unconditional {
			return "should have asked with a validator"
		}
		if !cached {
			return "does not show what was validated"
		}
	}
	return ""
}

func TestCasesOfCacheTests(t *testing.T) {
	passed, of := map[string]int{}, map[string]int{}
	unused := map[string]bool{}
	for id := range differs {
		unused[id] = true
	}
	for _, test := range readCacheTests(t) {
		run := &cacheTestRun{test: test, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		wrong, setup := run.run(t)
		of[test.Kind]++
		if wrong == "" {
			passed[test.Kind]++
		}
		reason, listed := differs[test.ID]
		delete(unused, test.ID)
		if test.Kind != "required" {
			assert.False(t, listed, "%s is not required and need not be listed", test.ID)
			continue
		}
		switch {
		case wrong != "" && !listed:
			t.Errorf("%s, %s: %s (setup: %v)", test.Group, test.ID, wrong, setup)
		case wrong == "" && listed:
			t.Errorf("%s passes: take it off the list (%s)", test.ID, reason)
		}
	}
	assert.Empty(t, unused, "listed and not there")
	t.Logf("passed: required %d of %d, optimal %d of %d, check %d of %d", passed["required"], of["required"],
		passed["optimal"], of["optimal"], passed["check"], of["check"])
}

// differs are the required cases that a cache of fragments does not pass, and why.
var differs = map[string]string{}
