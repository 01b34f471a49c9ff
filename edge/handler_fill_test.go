package edge

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// answered is what a handler's answer becomes natively, as a fragment of a page.
func answered(t *testing.T, handler http.HandlerFunc) (body, status string) {
	t.Helper()
	p := page(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1m" timeout="5s"><edge-error>refused</edge-error></edge-slot></body>`)
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

			slot := page(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1m"></edge-slot></body>`).Slots[0]
			frames := runFills(t, handler, "/a")
			_, err := slot.admit(&frames[0].Answer, &Defaults{TTL: time.Minute}, time.Now(), 0)
			assert.Error(t, err, "nor as a frame of a batch")
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
