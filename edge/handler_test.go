package edge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/patch"
)

// gate is an origin whose fragments are let through one by one.
type gate struct {
	mu    sync.Mutex
	open  map[string]chan string
	asked map[string]int
}

func newGate() *gate { return &gate{open: map[string]chan string{}, asked: map[string]int{}} }

func (g *gate) at(path string) chan string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[path] == nil {
		g.open[path] = make(chan string, 16)
	}
	return g.open[path]
}

func (g *gate) count(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[path]
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked[r.URL.Path]++
	g.mu.Unlock()
	select {
	case html := <-g.at(r.URL.Path):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if _, err := io.WriteString(w, html); err != nil {
			return
		}
	case <-r.Context().Done():
	}
}

func serve(t *testing.T, o Options) (*httptest.Server, *Handler) {
	t.Helper()
	h, err := NewHandler(o)
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx), "every page and fill has ended")
	})
	return server, h
}

func ask(t *testing.T, ctx context.Context, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func TestShellIsReadBeforeAnyFragmentIsThere(t *testing.T) {
	origin := newGate()
	server, _ := serve(t, Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin})

	resp := ask(t, context.Background(), server.URL+"/p/7")
	body := bufio.NewReader(resp.Body)
	shell := make([]byte, strings.Index(shellOf(twoSlots), "</body>"))
	_, err := io.ReadFull(body, shell)
	require.NoError(t, err, "while the origin still holds both fragments")
	assert.Contains(t, string(shell), `<?start name="a">`)

	origin.at("/f/b/7") <- "<p>B</p>"
	line, err := body.ReadString('!')
	require.NoError(t, err, "while the origin still holds the other")
	assert.Contains(t, line, `<template for="b"><p>B</p></template>`)

	origin.at("/f/a/7") <- "<p>A</p>"
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Equal(t, "----><template for=\"a\"><p>A</p></template><!----></body></html>", string(rest))

	warm := ask(t, context.Background(), server.URL+"/p/7")
	whole := text(t, warm)
	assert.Equal(t, int64(len(whole)), warm.ContentLength)
	assert.Contains(t, whole, "<p>A</p>|<p>B</p>")
	assert.Equal(t, 1, origin.count("/f/a/7"))
}

// shellOf is a page of two slots as it is streamed with both cold.
func shellOf(html string) string {
	html = strings.Replace(html, "<head>", "<head>"+patch.Element, 1)
	html = strings.Replace(html, `<edge-slot name="a" src="/f/a/{id}" ttl="10s" swr="1m" tags="all"><i>…</i><edge-error>no a</edge-error></edge-slot>`, `<?start name="a"><i>…</i><?end>`, 1)
	return strings.Replace(html, `<edge-slot name="b" src="/f/b/{id}" ttl="10s"><i>…</i></edge-slot>`, `<?start name="b"><i>…</i><?end>`, 1)
}

func TestHundredRequestsToAColdPageAreFiveFills(t *testing.T) {
	shell := `<html><body>`
	for i := range 5 {
		shell += fmt.Sprintf(`<edge-slot name="s%d" src="/f/%d"></edge-slot>`, i, i)
	}
	origin := newGate()
	server, h := serve(t, Options{Pages: []Page{pageOf(t, "/p", shell+`</body></html>`)}, Origin: origin})
	var wait sync.WaitGroup
	bodies := make([]string, 100)
	for i := range bodies {
		wait.Add(1)
		go func() {
			defer wait.Done()
			bodies[i] = text(t, ask(t, context.Background(), server.URL+"/p"))
		}()
	}
	require.Eventually(t, func() bool { return h.Stats().Waiting == 100 }, 10*time.Second, time.Millisecond)
	for i := range 5 {
		origin.at(fmt.Sprintf("/f/%d", i)) <- fmt.Sprintf("fragment %d.", i)
	}
	wait.Wait()
	for _, body := range bodies {
		for i := range 5 {
			assert.Equal(t, 1, strings.Count(body, fmt.Sprintf("fragment %d.", i)))
		}
		assert.True(t, strings.HasSuffix(body, "</body></html>"))
	}
	assert.Equal(t, uint64(5), h.Stats().Fills)
	assert.Equal(t, 1, origin.count("/f/0"))
}

func TestClientThatLeavesCancelsNothingThatOthersWaitFor(t *testing.T) {
	origin := newGate()
	server, h := serve(t, Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin})
	ctx, leave := context.WithCancel(context.Background())
	leader := ask(t, ctx, server.URL+"/p/7")
	joiner := ask(t, context.Background(), server.URL+"/p/7")
	leave()
	require.Eventually(t, func() bool { return h.Stats().Left == 1 }, 10*time.Second, time.Millisecond)
	leader.Body.Close()
	origin.at("/f/a/7") <- "A"
	origin.at("/f/b/7") <- "B"
	assert.Contains(t, text(t, joiner), `<template for="a">A</template>`)
	assert.Equal(t, 1, origin.count("/f/a/7"), "the leader's fill went on")
}

func TestFillThatTakesTooLongFailsAlone(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" timeout="20ms"><edge-error>late</edge-error></edge-slot><edge-slot name="b" src="/b"></edge-slot></body>`)
	origin := newGate()
	origin.at("/b") <- "B"
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin})
	body := text(t, ask(t, context.Background(), server.URL+"/p"))
	assert.Contains(t, body, `<template for="a">late</template>`)
	assert.Contains(t, body, "B")
}

func TestFailuresAreLoggedWithTheirReason(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot><edge-slot name="b" src="/b"></edge-slot><edge-slot name="c" src="/c" timeout="20ms"></edge-slot></body>`)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			w.WriteHeader(http.StatusBadGateway)
		case "/b":
			w.WriteHeader(http.StatusNotFound)
		case "/c":
			<-r.Context().Done()
		}
	})
	var logged bytes.Buffer // the handler has ended when it is read
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: origin, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	require.NoError(t, err)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/p", nil))
	require.NoError(t, h.Shutdown(context.Background()))
	assert.Contains(t, logged.String(), `level=WARN msg="inlay: fill failed" src=/a error="edge: fill failed (status): the origin answered 502; a fragment needs 200"`)
	assert.Contains(t, logged.String(), `src=/c error="edge: fill failed (timeout): `)
	assert.Equal(t, 2, strings.Count(logged.String(), "\n"), "that there is no such fragment is nothing unusual: %s", logged.String())
}

func TestHandlerThatPanicsFailsItsOwnFragment(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"><edge-error>broken</edge-error></edge-slot><edge-slot name="b" src="/b"></edge-slot></body>`)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			panic(errors.New("oh"))
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "B")
	})
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin})
	body := text(t, ask(t, context.Background(), server.URL+"/p"))
	assert.Contains(t, body, "broken")
	assert.Contains(t, body, "B")
}

func TestFragmentOverTheLimitIsRefusedWhileItIsRead(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"><edge-error>too large</edge-error></edge-slot></body>`)
	var written atomic.Int64
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for range 1000 {
			n, err := w.Write(make([]byte, 1000))
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin, Config: Config{MaxFragment: 10_000}})
	assert.Contains(t, text(t, ask(t, context.Background(), server.URL+"/p")), "too large")
	assert.LessOrEqual(t, written.Load(), int64(10_000))
}

func TestWhatIsNoPageGoesToTheOriginUnchanged(t *testing.T) {
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Origin", r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "got %s", body)
	})
	server, _ := serve(t, Options{Origin: origin})
	r, err := http.NewRequest(http.MethodPut, server.URL+"/x?y=%20z", strings.NewReader("body"))
	require.NoError(t, err)
	r.Header.Set("Authorization", "secret")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)
	assert.Equal(t, "PUT /x?y=%20z secret", resp.Header.Get("X-Origin"))
	assert.Equal(t, "got body", text(t, resp))
}

func TestRemoteOriginIsAChoiceOfConfiguration(t *testing.T) {
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "from %s", r.URL.Path)
	}))
	defer remote.Close()
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)
	server, _ := serve(t, Options{Pages: []Page{p}, Config: Config{Origin: remote.URL + "/base"}})
	assert.Contains(t, text(t, ask(t, context.Background(), server.URL+"/p")), "from /base/a")
	assert.Equal(t, "from /base/other", text(t, ask(t, context.Background(), server.URL+"/other")))

	_, err := NewHandler(Options{Pages: []Page{p}})
	assert.ErrorContains(t, err, "Origin")
}

func TestAbsoluteSourceNeedsAnAllowedHost(t *testing.T) {
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://127.0.0.1:1/x", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "remote")
	}))
	defer remote.Close()
	host := strings.TrimPrefix(remote.URL, "http://")
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="`+remote.URL+`/x"></edge-slot><edge-slot name="b" src="`+remote.URL+`/away"><edge-error>elsewhere</edge-error></edge-slot></body>`)
	_, err := NewHandler(Options{Pages: []Page{p}, Origin: newGate()})
	assert.ErrorContains(t, err, "INLAY_ALLOW_HOSTS")

	server, _ := serve(t, Options{Pages: []Page{p}, Origin: newGate(), Config: Config{AllowHosts: []string{host}}})
	body := text(t, ask(t, context.Background(), server.URL+"/p"))
	assert.Contains(t, body, "remote")
	assert.Contains(t, body, "elsewhere", "a redirect to another host is not followed")
}

func TestBindingsAreHandlersNatively(t *testing.T) {
	binding := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "bound "+r.URL.Path)
	})
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="binding:SHOP/x/y"></edge-slot></body>`)
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: newGate(), Bindings: map[string]http.Handler{"SHOP": binding}})
	assert.Contains(t, text(t, ask(t, context.Background(), server.URL+"/p")), "bound /x/y")
}

func TestShutdownWaitsForPagesAndFills(t *testing.T) {
	origin := newGate()
	h, err := NewHandler(Options{Pages: []Page{pageOf(t, "/p/{id}", twoSlots)}, Origin: origin})
	require.NoError(t, err)
	server := httptest.NewServer(h)
	defer server.Close()
	resp := ask(t, context.Background(), server.URL+"/p/7")

	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, h.Shutdown(short), context.DeadlineExceeded)
	assert.Equal(t, http.StatusServiceUnavailable, ask(t, context.Background(), server.URL+"/p/8").StatusCode)
	origin.at("/f/a/7") <- "A"
	origin.at("/f/b/7") <- "B"
	assert.Contains(t, text(t, resp), "</body>")
	long, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, h.Shutdown(long))
}

func TestLeaksOfWhatCanBeDerivedAreNamedAsThat(t *testing.T) {
	for _, c := range []struct {
		vary string
		want []string
	}{
		{"", []string{"header:accept-language", "country", "cookie:price", "host"}},
		{"language:de,en country bucket:price/2 host", nil},
	} {
		origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			price, _ := r.Cookie("price")
			fmt.Fprint(w, r.Header.Get("Accept-Language"), r.Header.Get("CF-IPCountry"), price, r.Header.Get("X-Forwarded-Host"))
		})
		var leaks []Leak
		handler, err := NewHandler(Options{
			Pages:  []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="`+c.vary+`"></edge-slot></body>`)},
			Origin: origin, CheckLeaks: true, OnLeak: func(l Leak) { leaks = append(leaks, l) },
		})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodGet, "/p", nil)
		r.Header.Set("Cookie", "price=2")
		r.Header.Set("Accept-Language", "en-GB, de;q=0.5")
		handler.ServeHTTP(httptest.NewRecorder(), r)
		require.NoError(t, handler.Shutdown(context.Background()))
		if c.want == nil {
			assert.Empty(t, leaks)
			continue
		}
		require.Len(t, leaks, 1)
		assert.ElementsMatch(t, c.want, leaks[0].Inputs)
	}
}

func TestLeakOfAnUndeclaredInputIsReported(t *testing.T) {
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		user := "nobody"
		if c, err := r.Cookie("session"); err == nil {
			user = c.Value
		}
		fmt.Fprintf(w, "hello %s, %s", user, r.Header.Get("Accept-Language"))
	})
	leaks := make(chan Leak, 1)
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="header:accept-language"></edge-slot></body>`)
	server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin, CheckLeaks: true, OnLeak: func(l Leak) { leaks <- l }})
	r, err := http.NewRequest(http.MethodGet, server.URL+"/p", nil)
	require.NoError(t, err)
	r.AddCookie(&http.Cookie{Name: "session", Value: "alice"})
	r.Header.Set("Accept-Language", "de")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Contains(t, text(t, resp), "hello nobody, de", "the page itself has only what is declared")
	select {
	case leak := <-leaks:
		assert.Equal(t, Leak{Src: "/a", Inputs: []string{"cookie:session"}}, leak)
	case <-time.After(10 * time.Second):
		t.Fatal("no leak was reported")
	}
}
