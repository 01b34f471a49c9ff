package e2e

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Instances of app.wasm that are kept between batches: INLAY_KEEP_INSTANCES. A page /one/{what} is a batch each time that it
// is asked for, and count tells how many its instance has had.

func startKeeping(t *testing.T, env ...string) *harness.Server {
	t.Helper()
	return startRuntime(t, append([]string{"INLAY_KEEP_INSTANCES=2", "INLAY_DEBUG=1"}, env...)...)
}

var countOf = regexp.MustCompile(`count (\d+)`)

// count is the number that a fragment tells.
func count(t *testing.T, s *harness.Server, what, ask string) int {
	t.Helper()
	text := asFragment(t, s, what, ask)
	match := countOf.FindStringSubmatch(text)
	require.NotNil(t, match, text)
	n, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	return n
}

// started is how many instances there have been.
func started(t *testing.T, s *harness.Server) int {
	t.Helper()
	resp := request(t, http.MethodGet, s.URL+"/one/quick", nil)
	read(t, resp)
	n, err := strconv.Atoi(resp.Header.Get("Inlay-App-Instances"))
	require.NoError(t, err)
	return n
}

func TestInstancesAreFreshUnlessTheyAreKept(t *testing.T) {
	t.Parallel()
	s := startRuntime(t)
	for range 3 {
		assert.Equal(t, 1, count(t, s, "count", ""))
	}
	for value, says := range map[string]string{"9": "from 0 to 8", "yes": "from 0 to 8"} {
		s := startRuntime(t, "INLAY_KEEP_INSTANCES="+value)
		resp := request(t, http.MethodGet, s.URL+"/one/count", nil)
		assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
		read(t, resp)
		line := `INLAY_KEEP_INSTANCES is "` + value + `": expected a whole number, ` + says
		assert.Eventually(t, func() bool { return strings.Contains(s.Log(), line) }, 30*time.Second, 10*time.Millisecond, line)
	}
}

func TestKeptInstanceRunsOneBatchAfterAnother(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	const batches = 1100 // beyond what one has
	counts := map[int]int{}
	for range batches {
		counts[count(t, s, "count", "")]++
	}
	assert.Equal(t, 1000, len(counts), "it is worn after so many")
	assert.Equal(t, 2, counts[100], "and the next begins")
	assert.Equal(t, 1, counts[101])
	assert.LessOrEqual(t, started(t, s), 4)
	assert.NotContains(t, s.Log(), "inlay:")
}

// What passes through has an instance of its own each time.
func TestWhatPassesThroughIsNeverInAKeptInstance(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	assert.Equal(t, 1, count(t, s, "count", ""))
	for range 3 {
		assert.Contains(t, passed(t, s, "count", ""), "count 1<")
	}
	assert.Equal(t, 2, count(t, s, "count", ""))
}

// Handlers do what they do in a fresh one, in the context of the request that is there.
func TestKeptInstancesHandlersAreInTheirRequestsContext(t *testing.T) {
	t.Parallel()
	other := asked(t)
	s := startKeeping(t)
	for i := range 20 {
		ask := other.URL + "/path?" + strconv.Itoa(i)
		text := asFragment(t, s, "ask-count", ask)
		assert.Contains(t, text, fmt.Sprintf("status 200: path %d, count %d<", i, 2*i+1))
		assert.Contains(t, asFragment(t, s, "context", ""), fmt.Sprintf(`"plain text", the context of another request: false, count %d<`, 2*i+2))
	}
	for range 3 {
		for what, want := range map[string]string{
			"http": "<p>status 200: path x</p>", "syumai": "<p>status 200: path x</p>", "kv": "<p>Grüß Gott</p>", "object": "<p>status 200: counted ",
			"time": "<p>took as long as it should: true; random: true</p>", "variables": `<p>"plain text" "s3cret" ""</p>`, "log": "<p>logged</p>",
			"syumai-many": "status 200: path 19", "http-many": "status 200: path 19", "binding": "status 200", "http-timeout": "deadline true, in time true",
		} {
			url := other.URL + "/path?x"
			switch {
			case strings.HasSuffix(what, "-many"):
				url = other.URL + "/path"
			case what == "http-timeout":
				url = other.URL + "/slow"
			}
			assert.Contains(t, asFragment(t, s, what, url), want, what)
		}
		asks := other.URL + "/path?after"
		before := strings.Count(s.Log(), `INFO waited got="status 200: path after"`)
		assert.Contains(t, asFragment(t, s, "wait-until", asks), "<p>answered</p>")
		assert.Contains(t, asFragment(t, s, "count", ""), "count", "another batch meanwhile")
		assert.Eventually(t, func() bool { return strings.Count(s.Log(), `INFO waited got="status 200: path after"`) > before }, 30*time.Second, 10*time.Millisecond)
	}
	assert.NotContains(t, s.Log(), "app.wasm has ended")
}

// (1) Who leaves a goroutine behind is not taken for idle.
func TestInstanceInWhichSomethingIsLeftIsNotKept(t *testing.T) {
	t.Parallel()
	other := asked(t)
	s := startKeeping(t)
	for _, what := range []string{"leave-blocked", "leave-ticking", "leave-after", "leave-ask", "wait-count"} {
		ask := ""
		if what == "leave-ask" {
			ask = other.URL + "/slow"
		}
		n := count(t, s, "count", "")
		assert.Equal(t, n+1, count(t, s, what, ask), "%s: in the one that was kept", what)
		assert.Equal(t, 1, count(t, s, "count", ""), what)
		assert.Equal(t, 2, count(t, s, "count", ""), what)
	}
	assert.Contains(t, s.Log(), "inlay: an instance of app.wasm is not kept: goroutines that are left of its batch: 1; of all of them: request=")
	assert.Regexp(t, "(?m)^goroutine ", s.Log())
	assert.Contains(t, s.Log(), "main.init.func", "where they are")
	assert.Equal(t, 1, strings.Count(s.Log(), "is not kept"), "once is enough")
	// Those that have ended are no matter.
	n := count(t, s, "goroutines", "")
	assert.Equal(t, n+1, count(t, s, "goroutines", ""))
}

// A callback that no goroutine waits for: it finds the door shut between batches, and the instance is not used again.
func TestWhatCallsIntoAnInstanceThatRestsEndsIt(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	assert.Equal(t, 1, count(t, s, "count", ""))
	assert.Equal(t, 2, count(t, s, "leave-call", ""))
	called := time.Now().Add(4 * time.Second)
	require.Eventually(t, func() bool { return time.Now().After(called) }, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, 1, count(t, s, "count", ""))
	assert.NotContains(t, s.Log(), "a rest of a batch runs")
	assert.Equal(t, 2, count(t, s, "count", ""))
}

// (2) Go's timers go on in the next batch, with what is left of their time, and not between batches.
func TestTimersOfAKeptInstanceGoOnInItsBatches(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	assert.Contains(t, asFragment(t, s, "leave-func", ""), "count 1, fired 0")
	assert.Contains(t, asFragment(t, s, "fired", ""), "count 2, fired 0", "its time has not come")
	begun := time.Now()
	assert.Contains(t, asFragment(t, s, "wait-for-func", ""), "count 3, fired 1")
	assert.Less(t, time.Since(begun), 6*time.Second)
	assert.Contains(t, asFragment(t, s, "leave-func", ""), "count 4, fired 1")
	due := time.Now().Add(1600 * time.Millisecond)
	require.Eventually(t, func() bool { return time.Now().After(due) }, 10*time.Second, 10*time.Millisecond)
	text := asFragment(t, s, "wait-for-func", "")
	assert.Contains(t, text, "count 5", "it was overdue, and the instance is the same")
	assert.Contains(t, asFragment(t, s, "fired", ""), "count 6, fired 2")
}

// (3) However an instance ends, and when: the next batch is right, and in another one.
func TestKeptInstanceThatEndsIsNeverEnteredAgain(t *testing.T) {
	t.Parallel()
	s := startKeeping(t, "INLAY_NEGATIVE_TTL=0")
	for what, says := range endings {
		for _, page := range []string{"/two/quick/" + what, "/one/" + what} {
			n := count(t, s, "count", "")
			assert.Equal(t, n+1, count(t, s, "count", ""), "it is kept")
			begun := time.Now()
			text := twoSlots(t, s, page)
			assert.Less(t, time.Since(begun), 12*time.Second, what)
			if strings.HasPrefix(page, "/two") {
				assert.Contains(t, text, "<p>quick</p>", "%s: what was finished is there", what)
				assert.Contains(t, text, "<p>no b</p>", what)
			} else {
				assert.Contains(t, text, "no fragment", what)
			}
			assert.Equal(t, 1, count(t, s, "count", ""), what)
		}
		assert.Contains(t, s.Log(), says, what)
	}
	assert.NotContains(t, s.Log(), "Uncaught")
}

// A handler that panics, aborts or ends its goroutine ends nothing else, and its instance is as good as before.
func TestHandlerThatEndsItselfLeavesItsInstanceKept(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	n := count(t, s, "count", "")
	for _, what := range []string{"goexit", "panic", "abort"} {
		assert.Contains(t, asFragment(t, s, what, ""), "no fragment", what)
		n++
		assert.Equal(t, n, count(t, s, "count", ""), what)
	}
}

func TestKeptInstanceWhoseFillTimesOutIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	assert.Equal(t, 1, count(t, s, "count", ""))
	assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+"/short/forever", nil)), "no fragment")
	assert.Equal(t, 1, count(t, s, "count", ""))
	assert.Equal(t, 2, count(t, s, "count", ""))
}

// (4) What was another request's ends the instance, and the fill runs again in a fresh one.
func TestWhatAHandlerKeepsOfAnotherRequestEndsItsInstance(t *testing.T) {
	t.Parallel()
	other := asked(t)
	s := startKeeping(t)
	for range 4 {
		// The neighbour is finished before, and is not run again.
		text := html.UnescapeString(twoSlots(t, s, "/kept/count/keep-body?url="+other.URL+"/endless"))
		assert.Contains(t, text, "read x, <nil>, count ")
		assert.NotContains(t, text, "<p>no b</p>")
	}
	assert.Contains(t, s.Log(), "a handler has kept something of another request's")
	assert.NotContains(t, s.Log(), "fill failed")
}

// (5) Instances wear out.
func TestKeptInstanceIsDoneWithWhenItIsWorn(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	for what, most := range map[string]int{"leak-values": 6, "leak-memory": 4} { // 2,000 values each, and 12 MiB
		last := count(t, s, "count", "")
		begun, longest := 0, 0
		for range 14 {
			n := count(t, s, what, "")
			if n <= last {
				begun++
				longest = 0
			}
			last = n
			longest++
			assert.LessOrEqual(t, longest, most, what)
		}
		assert.GreaterOrEqual(t, begun, 2, what)
	}
	assert.NotContains(t, s.Log(), "inlay:")
}

// A leader that leaves in the middle: who waits with him gets the fragment, and nothing is left behind.
func TestLeaderThatLeavesInAKeptInstance(t *testing.T) {
	t.Parallel()
	s := startKeeping(t)
	assert.Equal(t, 1, count(t, s, "count", ""))
	for i := range 5 {
		path := fmt.Sprintf("/shared/slow-count?url=%d", 300+i)
		leader := dial(t, s, path)
		_, err := leader.reader.Peek(1) // its shell: the fill has begun, or is about to
		require.NoError(t, err)
		leader.reset()
		assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+path, nil)), "count ")
		assert.Contains(t, asFragment(t, s, "count", ""), "count ")
	}
	assert.LessOrEqual(t, started(t, s), 12)
	assert.NotContains(t, s.Log(), "app.wasm has ended")
}

// However many batches there are, eight instances run at once, fresh or kept; who waits for one in vain is told so.
func TestAtMostEightInstancesRunAtOnce(t *testing.T) {
	t.Parallel()
	for _, kept := range []string{"0", "8"} {
		t.Run("kept "+kept, func(t *testing.T) {
			t.Parallel()
			var now, most atomic.Int64
			slow := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(200 * time.Millisecond)
				now.Add(-1)
				fmt.Fprint(w, "slow")
			})
			s := startKeeping(t, "INLAY_KEEP_INSTANCES="+kept)
			assert.Equal(t, 1, count(t, s, "count", ""))
			var wait sync.WaitGroup
			for i := range 24 {
				wait.Go(func() {
					assert.Contains(t, read(t, request(t, http.MethodGet, fmt.Sprintf("%s/long/ask-count?url=%s/?%d", s.URL, slow.URL, i), nil)), "status 200: slow")
				})
			}
			wait.Wait()
			assert.LessOrEqual(t, most.Load(), int64(8))
			assert.GreaterOrEqual(t, most.Load(), int64(4))
			if kept == "8" {
				assert.LessOrEqual(t, started(t, s), 10)
			}
		})
	}
}

// Waiting counts against each fill's timeout, and a fill that has waited too long for an instance is not held for failed.
func TestWaitingForAnInstanceCountsAgainstTheTimeout(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	slow := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		select {
		case <-release:
		case <-time.After(20 * time.Second):
		}
		fmt.Fprint(w, "slow")
	})
	s := startKeeping(t, "INLAY_MAX_INSTANCES=1", "INLAY_NEGATIVE_TTL=1m")
	var wait sync.WaitGroup
	wait.Go(func() {
		assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+"/long/ask-count?url="+slow.URL, nil)), "status 200: slow")
	})
	<-entered // and holds the only place
	begun := time.Now()
	assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+"/short/quick", nil)), "no fragment")
	assert.Less(t, time.Since(begun), 10*time.Second, "its timeout is 1 s")
	close(release)
	wait.Wait()
	line := "no whole answer for /do/quick within 1000 ms, of which it waited"
	assert.Eventually(t, func() bool { return strings.Contains(s.Log(), line) }, 30*time.Second, 10*time.Millisecond, line)
	assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+"/short/quick", nil)), "<p>quick</p>", "it is asked for again at once")
}

// A main that is workers.Serve ends with each answer: it is never kept, and is told why.
func TestMainThatIsWorkersServeIsNotKept(t *testing.T) {
	t.Parallel()
	s := startBuilt(t, "serve", "INLAY_KEEP_INSTANCES=2")
	for range 3 {
		assert.Contains(t, asFragment(t, s, "quick", ""), "<p>quick</p>")
	}
	line := "inlay: an instance of app.wasm is not kept: its main has to call instance.Serve(handler)"
	assert.Eventually(t, func() bool { return strings.Contains(s.Log(), line) }, 30*time.Second, 10*time.Millisecond, line)
	assert.Equal(t, 1, strings.Count(s.Log(), line))
}

// Cloudflare's stores, in wrangler dev, which has all of them.
func TestKeptInstancesUseStores(t *testing.T) {
	t.Parallel()
	s := startRuntimeInWrangler(t, "INLAY_KEEP_INSTANCES=2")
	for range 3 {
		for what, want := range map[string]string{
			"kv": "<p>Grüß Gott</p>", "d1": "<p>socks 1100, shoes 9900</p>", "r2": "<p>an object (9 bytes)</p>", "object": "<p>status 200: counted ",
			"globals": "caches:true",
		} {
			assert.Contains(t, asFragment(t, s, what, ""), want, what)
		}
	}
	n := count(t, s, "count", "")
	assert.Equal(t, n+1, count(t, s, "count", ""))
	assert.NotContains(t, s.Log(), "app.wasm has ended")
}
