package otel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"inlay/edge"
	"inlay/edge/otel"
)

// parent is a visitor's traceparent: of trace 0af7…, of which something is recorded.
const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

type world struct {
	t        *testing.T
	exporter *tracetest.InMemoryExporter
	provider *sdk.TracerProvider
	handler  *edge.Handler
}

func newWorld(t *testing.T, shell string, o edge.Options, keys bool, sampler sdk.Sampler) *world {
	w := &world{t: t, exporter: tracetest.NewInMemoryExporter()}
	w.provider = sdk.NewTracerProvider(sdk.WithSyncer(w.exporter), sdk.WithSampler(sampler))
	page, err := edge.ParsePage("/p/{id}", shell)
	require.NoError(t, err)
	o.Pages, o.Tracer = []edge.Page{page}, otel.New(otel.Options{Provider: w.provider, Keys: keys})
	w.handler, err = edge.NewHandler(o)
	require.NoError(t, err)
	t.Cleanup(w.handler.Close)
	return w
}

func (w *world) get(target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

// spans waits until so many have ended, and gives them by name.
func (w *world) spans(n int) map[string][]tracetest.SpanStub {
	var all tracetest.SpanStubs
	require.Eventually(w.t, func() bool { all = w.exporter.GetSpans(); return len(all) >= n }, 10*time.Second, time.Millisecond)
	require.Len(w.t, all, n)
	w.exporter.Reset()
	out := map[string][]tracetest.SpanStub{}
	for _, s := range all {
		out[s.Name] = append(out[s.Name], s)
	}
	return out
}

func of(s tracetest.SpanStub) map[string]any {
	out := map[string]any{}
	for _, a := range s.Attributes {
		out[string(a.Key)] = a.Value.AsInterface()
	}
	return out
}

const shell = `<html><body><edge-slot src="/fragment/{id}" name="price" ttl="60s"></edge-slot></body></html>`

func TestAPageAndItsFill(t *testing.T) {
	var inside trace.SpanContext
	var told string
	var own *world
	own = newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside, told = trace.SpanContextFromContext(r.Context()), r.Header.Get("Traceparent")
		_, its := own.provider.Tracer("site").Start(r.Context(), "query")
		its.End()
		io.WriteString(w, "<p>7</p>")
	})}, false, sdk.AlwaysSample())

	require.Contains(t, own.get("/p/7?secret=1", "Traceparent", parent, "Tracestate", "a=b").Body.String(), "<p>7</p>")

	all := own.spans(5)
	page, fill := all["GET /p/{id}"], all["inlay.fill"]
	require.Len(t, page, 1, "%v", all)
	require.Len(t, fill, 1)
	assert.Equal(t, trace.SpanKindServer, page[0].SpanKind)
	assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", page[0].SpanContext.TraceID().String())
	assert.Equal(t, "b7ad6b7169203331", page[0].Parent.SpanID().String())
	assert.Equal(t, "a=b", page[0].SpanContext.TraceState().String())
	assert.Equal(t, "/p/7", of(page[0])["url.path"])
	assert.Equal(t, false, of(page[0])["inlay.warm"])
	assert.EqualValues(t, 200, of(page[0])["http.response.status_code"])
	for _, name := range []string{"inlay.route", "inlay.compose", "inlay.fill"} {
		require.Len(t, all[name], 1, name)
		assert.Equal(t, page[0].SpanContext.SpanID(), all[name][0].Parent.SpanID(), name)
		assert.False(t, all[name][0].EndTime.Before(all[name][0].StartTime), name)
	}
	assert.Equal(t, map[string]any{"inlay.page": of(page[0])["http.route"], "inlay.slot": "price", "inlay.key_class": "shared", "inlay.state": "miss", "inlay.tier": "origin",
		"inlay.collapsed": false, "inlay.waiting": int64(0), "http.response.status_code": int64(200)}, of(fill[0]))
	assert.Equal(t, fill[0].SpanContext.SpanID(), inside.SpanID(), "a handler's own spans are within the fill")
	assert.Equal(t, fill[0].SpanContext.SpanID(), all["query"][0].Parent.SpanID())
	assert.Equal(t, "00-0af7651916cd43dd8448eb211c80319c-"+fill[0].SpanContext.SpanID().String()+"-01", told)
}

// A warm page is a page without fills. What another visitor's trace is does not make it another page.
func TestAWarmPage(t *testing.T) {
	fills := 0
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fills++
		io.WriteString(w, "<p>7</p>")
	})}, false, sdk.AlwaysSample())
	w.get("/p/7", "Traceparent", parent)
	w.spans(4)
	w.get("/p/7", "Traceparent", strings.Replace(parent, "0af", "0bf", 1))
	all := w.spans(3)
	require.Equal(t, 1, fills)
	for name, s := range all {
		assert.Equal(t, "0bf7651916cd43dd8448eb211c80319c", s[0].SpanContext.TraceID().String(), name)
	}
	assert.Equal(t, true, of(all["GET /p/{id}"][0])["inlay.warm"])
	w.get("/p/7") // as it is kept composed
	assert.Equal(t, true, of(w.spans(3)["GET /p/{id}"][0])["inlay.warm"])
}

// A page that waits for another's fill says so, and for whose.
func TestAPageThatWaitsLinksToTheFill(t *testing.T) {
	begun, go_ := make(chan struct{}), make(chan struct{})
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-go_
		io.WriteString(w, "<p>7</p>")
	})}, false, sdk.AlwaysSample())
	var both sync.WaitGroup
	both.Go(func() { w.get("/p/7") })
	<-begun
	both.Go(func() { w.get("/p/7") })
	require.Eventually(t, func() bool { return w.handler.Stats().Pages == 2 }, 10*time.Second, time.Millisecond)
	close(go_)
	both.Wait()
	all := w.spans(8)
	require.Len(t, all["inlay.fill"], 1)
	require.Len(t, all["inlay.wait"], 1)
	fill, wait := all["inlay.fill"][0], all["inlay.wait"][0]
	require.Len(t, wait.Links, 1)
	assert.Equal(t, fill.SpanContext.SpanID(), wait.Links[0].SpanContext.SpanID())
	assert.NotEqual(t, fill.SpanContext.TraceID(), wait.SpanContext.TraceID())
	assert.Equal(t, true, of(fill)["inlay.collapsed"])
	assert.EqualValues(t, 1, of(fill)["inlay.waiting"])
	assert.Equal(t, "price", of(wait)["inlay.slot"])
}

func TestAFillThatFailsSaysWhy(t *testing.T) {
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusBadGateway)
	})}, false, sdk.AlwaysSample())
	w.get("/p/7")
	fill := w.spans(4)["inlay.fill"][0]
	assert.Equal(t, codes.Error, fill.Status.Code)
	assert.Equal(t, "status", of(fill)["error.type"])
	assert.EqualValues(t, http.StatusBadGateway, of(fill)["http.response.status_code"])
	for _, a := range append(fill.Attributes, attribute.String("", fill.Status.Description)) {
		assert.NotContains(t, a.Value.String(), "/fragment/7")
	}
}

func TestAKeyIsToldByItsClass(t *testing.T) {
	for vary, want := range map[string]string{"": "shared", "header:accept-language": "varies", "cookie:user": "visitor"} {
		text := strings.Replace(shell, "ttl=", `vary="`+vary+`" ttl=`, 1)
		if vary == "" {
			text = shell
		}
		w := newWorld(t, text, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p></p>") })}, false, sdk.AlwaysSample())
		w.get("/p/7", "Cookie", "user=anna", "Accept-Language", "de")
		fill := w.spans(4)["inlay.fill"][0]
		assert.Equal(t, want, of(fill)["inlay.key_class"])
		for _, a := range fill.Attributes {
			assert.NotContains(t, a.Value.String(), "anna")
		}
	}
}

func TestKeysAreToldOnRequest(t *testing.T) {
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p></p>") })}, true, sdk.AlwaysSample())
	w.get("/p/7")
	assert.Equal(t, "/fragment/7", of(w.spans(4)["inlay.fill"][0])["inlay.key"])
}

// What is not recorded goes on as that: who is asked for a fragment does not begin a trace of its own.
func TestWhatIsNotRecorded(t *testing.T) {
	told := make(chan string, 1)
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("Traceparent")
		io.WriteString(w, "<p></p>")
	})}, false, sdk.NeverSample())
	w.get("/p/7", "Traceparent", parent)
	got := <-told
	assert.Regexp(t, "^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$", got)
	assert.Empty(t, w.exporter.GetSpans())
}

// Beside a middleware's span a page's is within that.
func TestWithinAMiddleware(t *testing.T) {
	w := newWorld(t, shell, edge.Options{Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p></p>") })}, false, sdk.AlwaysSample())
	ctx, outer := w.provider.Tracer("web").Start(context.Background(), "outer")
	r := httptest.NewRequest(http.MethodGet, "/p/7", nil).WithContext(ctx)
	r.Header.Set("Traceparent", parent)
	w.handler.ServeHTTP(httptest.NewRecorder(), r)
	outer.End()
	all := w.spans(5)
	require.Len(t, all["GET /p/{id}"], 1)
	assert.Equal(t, outer.SpanContext().SpanID(), all["GET /p/{id}"][0].Parent.SpanID())
	assert.Equal(t, trace.SpanKindInternal, all["GET /p/{id}"][0].SpanKind)
}

// A remote origin is told of the fill's span, and of the request's where a request is passed on.
func TestRemoteOriginsAreTold(t *testing.T) {
	var mu sync.Mutex
	told := map[string]string{}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told[r.URL.Path] = r.Header.Get("Traceparent")
		io.WriteString(w, "<p></p>")
	}))
	defer origin.Close()
	w := newWorld(t, shell, edge.Options{Config: edge.Config{Origin: origin.URL}}, false, sdk.AlwaysSample())
	w.get("/p/7", "Traceparent", parent)
	fill := w.spans(4)["inlay.fill"][0]
	w.get("/other", "Traceparent", parent)
	all := w.spans(3)
	mu.Lock()
	defer mu.Unlock()
	assert.Contains(t, told["/fragment/7"], fill.SpanContext.SpanID().String())
	require.Len(t, all["GET"], 1, "%v", all)
	assert.Equal(t, "00-0af7651916cd43dd8448eb211c80319c-"+all["GET"][0].SpanContext.SpanID().String()+"-01", told["/other"])
}

// What lies below is asked within the fill.
func TestAFragmentFromBelow(t *testing.T) {
	log, lower := &memoryLog{}, &memory{all: map[string][]byte{}}
	fills := 0
	origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fills++; io.WriteString(w, "<p></p>") })
	for i := range 2 {
		w := newWorld(t, shell, edge.Options{Origin: origin, Log: log, Lower: lower, Build: "x"}, false, sdk.AlwaysSample())
		w.get("/p/7")
		all := w.spans(5)
		fill, lookup := all["inlay.fill"][0], all["inlay.lookup"][0]
		assert.Equal(t, fill.SpanContext.SpanID(), lookup.Parent.SpanID())
		assert.Equal(t, i == 1, of(lookup)["inlay.found"])
		assert.Equal(t, []any{"origin", "data-center"}[i], of(fill)["inlay.tier"])
		require.NoError(t, w.handler.Shutdown(t.Context())) // it has been put there
	}
	assert.Equal(t, 1, fills)
}

type memory struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (m *memory) Get(_ context.Context, name string) ([]byte, time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[name], 0, nil
}

func (m *memory) Put(_ context.Context, name string, value []byte, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[name] = value
	return nil
}

type memoryLog struct{}

func (*memoryLog) Since(context.Context, string, uint64) (edge.LogAnswer, error) {
	return edge.LogAnswer{ID: "log", Seq: 1}, nil
}

func (*memoryLog) Purge(context.Context, string, uint64, []string) (edge.LogAnswer, error) {
	return edge.LogAnswer{}, errors.New("not here")
}

// What a warm page costs that nobody records: go test -bench Warm.
func BenchmarkWarmPage(b *testing.B) {
	for _, row := range []struct {
		name    string
		sampler sdk.Sampler
	}{{"none", nil}, {"sampled-out", sdk.NeverSample()}, {"recorded", sdk.AlwaysSample()}} {
		b.Run(row.name, func(b *testing.B) {
			page, err := edge.ParsePage("/p/{id}", shell)
			require.NoError(b, err)
			o := edge.Options{Pages: []edge.Page{page}, Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p></p>") })}
			if row.sampler != nil {
				o.Tracer = otel.New(otel.Options{Provider: sdk.NewTracerProvider(sdk.WithSampler(row.sampler))})
			}
			h, err := edge.NewHandler(o)
			require.NoError(b, err)
			defer h.Close()
			r := httptest.NewRequest(http.MethodGet, "/p/7", nil)
			for range 3 {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			w := &nowhere{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}

type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(int)             {}
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }
