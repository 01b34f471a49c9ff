package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// tail is a Worker that is told of spans as the runtime makes them, and writes those of inlay into its log when they have ended.
const tail = `export default { tailStream(onset) {
  const open = new Map();
  return ({ event, spanContext: { spanId } }) => {
    if (event.type === "spanOpen") open.set(event.spanId, { name: event.name, trace: onset.spanContext.traceId, span: event.spanId, attributes: {} });
    const span = open.get(spanId);
    if (span === undefined) return;
    if (event.type === "attributes") for (const { name, value } of event.info) span.attributes[name] = value;
    if (event.type === "spanClose" && span.name.startsWith("inlay.")) console.log("SPAN " + JSON.stringify(span));
  };
} };`

type span struct {
	Name, Trace, Span string
	Attributes        map[string]any
}

// spans are those that have ended.
func spans(t *testing.T, log string) (all []span) {
	t.Helper()
	for line := range strings.Lines(log) {
		if text, ok := strings.CutPrefix(line, "SPAN "); ok && strings.HasSuffix(text, "\n") {
			var s span
			require.NoError(t, json.Unmarshal([]byte(text), &s), text)
			all = append(all, s)
		}
	}
	return all
}

// withTail is the change of a configuration that has the runtime trace the Worker.
func withTail(config string) string {
	config = strings.Replace(config, "  services = [", "  services = [\n    (name = \"tail\", worker = .tail),", 1)
	config = strings.Replace(config, "const worker :Workerd.Worker = (", "const worker :Workerd.Worker = (\n  streamingTails = [\"tail\"],", 1)
	return config + fmt.Sprintf("\nconst tail :Workerd.Worker = (\n  compatibilityDate = \"2026-11-01\",\n  compatibilityFlags = [\"streaming_tail_worker\"],\n  modules = [(name = \"tail.mjs\", esModule = %q)],\n);\n", tail)
}

func TestTheRuntimeTracesPagesAndFills(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	parents := map[string]string{}
	release := make(chan struct{})
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		parents[r.URL.Path] = r.Header.Get("Traceparent")
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/stock/failing" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path == "/price/shared" {
			<-release
		}
		fmt.Fprint(w, "<p>here</p>")
	})
	page, err := edge.ParsePage("/p/{id}", `<body><edge-slot name="price" src="/price/{id}" ttl="1m"></edge-slot><edge-slot name="stock" src="/stock/{id}" ttl="1m" vary="cookie:session"></edge-slot></body>`)
	require.NoError(t, err)
	embed := harness.EmbedPages(t, page)
	server := harness.StartChanged(t, func(config string) string { return withTail(embed(config)) }, []string{"INLAY_ORIGIN=" + origin.URL, "INLAY_TOKEN=" + adminToken}, "--experimental")
	visit := func(path string, fields ...string) {
		resp := request(t, http.MethodGet, server.URL+path, nil, append(fields, "Sec-Fetch-Dest", "document")...)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		read(t, resp)
	}
	// These are the spans of one trace, and n of them have such a name, once all are there.
	var last []span
	named := func(name string, n int) []span {
		t.Helper()
		var found []span
		require.Eventually(t, func() bool {
			found = nil
			last = spans(t, server.Log())
			for _, s := range last {
				if s.Name == name {
					found = append(found, s)
				}
			}
			return len(found) >= n
		}, 20*time.Second, 20*time.Millisecond, "%s %d: %s", name, n, server.Log())
		return found
	}

	visit("/p/7", "Cookie", "session=hidden")
	fills := named("inlay.fill", 2)
	slices.SortFunc(fills, func(a, b span) int {
		return strings.Compare(a.Attributes["inlay.slot"].(string), b.Attributes["inlay.slot"].(string))
	})
	price, stock := fills[0].Attributes, fills[1].Attributes
	assert.Equal(t, map[string]any{
		"inlay.page": "/p/{id}", "inlay.slot": "price", "inlay.key_class": "shared", "inlay.state": "miss", "inlay.outcome": "filled", "inlay.tier": "origin",
		"inlay.bytes": 11.0, "inlay.collapsed": false, "inlay.waiting": 0.0,
	}, price)
	assert.Equal(t, "visitor", stock["inlay.key_class"])
	composed := named("inlay.compose", 1)[0]
	assert.Equal(t, "/p/{id}", composed.Attributes["inlay.page"])
	assert.Equal(t, "cold", composed.Attributes["inlay.state"])
	assert.Equal(t, false, composed.Attributes["inlay.whole"])
	assert.Equal(t, 200.0, composed.Attributes["http.response.status_code"])
	for _, s := range last {
		assert.Equal(t, composed.Trace, s.Trace)
	}
	mu.Lock()
	assert.Regexp(t, regexp.MustCompile("^00-"+composed.Trace+"-"+fills[0].Span+"-01$"), parents["/price/7"], "an origin is told of the fill's span")
	mu.Unlock()
	assert.NotContains(t, server.Log(), "hidden")

	visit("/p/7", "Cookie", "session=hidden") // whole, since it is warm, and for the first time
	routes := named("inlay.route", 1)
	assert.Equal(t, map[string]any{"inlay.page": "/p/{id}"}, routes[0].Attributes)
	warm := named("inlay.compose", 2)[1].Attributes
	assert.Equal(t, "warm", warm["inlay.state"])
	assert.Equal(t, true, warm["inlay.whole"])

	visit("/p/failing", "Traceparent", oneTrace)
	failed := named("inlay.fill", 4)
	i := slices.IndexFunc(failed, func(s span) bool { return s.Attributes["inlay.outcome"] == "failed" })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, "status", failed[i].Attributes["error.type"])
	mu.Lock()
	assert.Equal(t, oneTrace, parents["/price/failing"], "a visitor's own trace stays that")
	mu.Unlock()

	// Two who want the same.
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { visit("/p/shared") })
	}
	require.Eventually(t, func() bool {
		var stats struct {
			Waiting int `json:"waiting"`
		}
		text := read(t, request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, "Authorization", "Bearer "+adminToken))
		return json.Unmarshal([]byte(text), &stats) == nil && stats.Waiting == 2
	}, 10*time.Second, 10*time.Millisecond)
	close(release)
	both.Wait()
	all := named("inlay.fill", 6)
	i = slices.IndexFunc(all, func(s span) bool { return s.Attributes["inlay.collapsed"] == true })
	require.GreaterOrEqual(t, i, 0, server.Log())
	assert.Equal(t, 1.0, all[i].Attributes["inlay.waiting"])
	waited := named("inlay.wait", 1)[0]
	assert.Equal(t, true, waited.Attributes["inlay.collapsed"])
	assert.Equal(t, "/p/{id}", waited.Attributes["inlay.page"])
}
