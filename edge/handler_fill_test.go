package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answered is what a handler's answer becomes natively, as a fragment of a page.
func answered(t *testing.T, handler http.HandlerFunc) (body, status string) {
	t.Helper()
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1m" timeout="5s"><edge-error>refused</edge-error></edge-slot></body>`)
	p.Mode = Complete
	h, err := NewHandler(Options{Pages: []Page{p}, Origin: handler})
	assert.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p", nil))
	return w.Body.String(), w.Header().Get("Cache-Status")
}

// net/http sends a field by the name that its handler put into the map, and a Go handler may put it there in any case.
func TestFieldsOfAnyCaseAreSeen(t *testing.T) {
	for name, set := range map[string]func(http.Header){
		"set-cookie":        func(h http.Header) { h["set-cookie"] = []string{"a=1"} },
		"SET-COOKIE":        func(h http.Header) { h["SET-COOKIE"] = []string{"a=1"} },
		"cache-control":     func(h http.Header) { h["cache-control"] = []string{"private"} },
		"cAcHe-control":     func(h http.Header) { h["Cache-Control"], h["cAcHe-control"] = []string{"public"}, []string{"no-store"} },
		"second line":       func(h http.Header) { h["cache-control"] = []string{"public", "private"} },
		"vary":              func(h http.Header) { h["vary"] = []string{"cookie"} },
		"content-encoding":  func(h http.Header) { h["content-encoding"] = []string{"gzip"} },
		"content-type":      func(h http.Header) { h.Del("Content-Type"); h["content-type"] = []string{"application/json"} },
		"two content types": func(h http.Header) { h["content-type"] = []string{"application/json"} },
	} {
		t.Run(name, func(t *testing.T) {
			handler := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				set(w.Header())
				_, _ = w.Write([]byte("<p>fragment</p>"))
			}
			body, status := answered(t, handler)
			assert.Contains(t, body, "refused")
			assert.Contains(t, status, "detail=refused")
		})
	}
}

// A native fill's writer is as net/http's, as that of a batch is.
func TestNativeFillsAnswerAsNetHTTPDoes(t *testing.T) {
	html := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html; charset=utf-8") }
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		body    string
	}{
		"fields set too late": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.WriteHeader(200)
			w.Header().Set("Set-Cookie", "a=1")
			_, _ = w.Write([]byte("<p>here</p>"))
		}, "<p>here</p>"},
		"fewer bytes than declared": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("<p>here</p>"))
		}, "refused"},
		"a goroutine that ends": {func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, "refused"},
		"an abort":              {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "refused"},
		"switching protocols":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(101) }, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			body, _ := answered(t, c.handler)
			assert.Contains(t, body, c.body)
		})
	}
}

// A visitor sees that something failed; what it was is for the site's people.
func TestFailuresTellVisitorsNothing(t *testing.T) {
	const secret = "postgres://user:password@db.internal"
	down := httptest.NewServer(http.NotFoundHandler())
	address := down.Listener.Addr().String()
	down.Close()
	for name, o := range map[string]Options{
		"panic":             {Origin: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(secret) })},
		"panic of an error": {Origin: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New(secret)) })},
		"status":            {Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, secret, http.StatusServiceUnavailable) })},
		"type":              {Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", secret) })},
		"vary":              {Origin: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Vary", secret) })},
		"origin down":       {Config: Config{Origin: "http://" + address}},
	} {
		for _, dev := range []bool{false, true} {
			t.Run(fmt.Sprint(name, dev), func(t *testing.T) {
				var logged bytes.Buffer
				o.Config.Dev = dev
				o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
				o.Pages = []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/internal/a" required></edge-slot></body>`)}
				h, err := NewHandler(o)
				require.NoError(t, err)
				for _, path := range []string{"/p", "/p", "/elsewhere"} {
					if path == "/elsewhere" && o.Config.Origin == "" {
						continue
					}
					w := httptest.NewRecorder()
					h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
					assert.Equal(t, http.StatusBadGateway, w.Code)
					all := w.Body.String() + fmt.Sprint(w.Header())
					for _, detail := range []string{"password", address, "/internal/", "panicked", "edge: fill", "dial"} {
						if !dev {
							assert.NotContains(t, all, detail)
						}
					}
				}
				require.NoError(t, h.Shutdown(context.Background()))
				assert.NotEmpty(t, logged.String(), "the detail is in the log")
			})
		}
	}
}

const mark = "\xEF\xBB\xBF"

const everyPlace = `<!doctype html><html><head><edge-slot name="h" src="/h"><title>t</title></edge-slot></head><body>` +
	`<p><edge-slot name="p" src="/p"></edge-slot></p><table><tbody><edge-slot name="r" src="/r"></edge-slot></tbody></table>` +
	`<select><edge-slot name="o" src="/o"></edge-slot></select></body></html>`

var everyFragment = []string{`<meta name="a">`, `<b>p</b>`, `<tr><td>r</td></tr>`, `<option>o</option>`}

func TestByteOrderMarkIsTakenOffNatively(t *testing.T) {
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for i, path := range []string{"/h", "/p", "/r", "/o"} {
			if r.URL.Path == path {
				_, _ = io.WriteString(w, mark+everyFragment[i])
			}
		}
	})
	server, _ := serve(t, Options{Pages: []Page{pageOf(t, "/p", everyPlace)}, Origin: origin})
	for range 3 {
		resp, err := http.Get(server.URL + "/p")
		assert.NoError(t, err)
		body := text(t, resp)
		assert.NotContains(t, body, mark)
		assert.Contains(t, body, `<head><meta name="a"></head>`)
	}
}
