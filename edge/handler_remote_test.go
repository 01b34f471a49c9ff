package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/recorder"
)

// rawOrigin answers each request with bytes, whatever they are.
func rawOrigin(t *testing.T, answer func(path string, r *http.Request) string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, answer(r.URL.Path, r))
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func rawAnswer(status, fields, body string) string {
	return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + strings.ReplaceAll(fields, "\n", "\r\n") + "\r\n\r\n" + body
}

const rawHTML = "Content-Type: text/html"

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// What was said before an answer broke off counts: the fragment that was there is not shown again.
func TestTakedownWhoseBodyIsBrokenIsOne(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	for name, c := range map[string]struct {
		answer string
		gone   bool
	}{
		"404 short":              {rawAnswer("404 X", "Content-Length: 100", "abc"), true},
		"404 too large":          {rawAnswer("404 X", rawHTML, long), true},
		"403 gzip that is none":  {rawAnswer("403 X", "Content-Encoding: gzip", "abc"), true},
		"410 bad chunks":         {rawAnswer("410 X", "Transfer-Encoding: chunked", "zz\r\n"), true},
		"503 short":              {rawAnswer("503 X", "Content-Length: 100", "abc"), false},
		"private, short":         {rawAnswer("200 X", rawHTML+"\nCache-Control: private\nContent-Length: 100", "abc"), true},
		"no-store, bad chunks":   {rawAnswer("200 X", rawHTML+"\nCache-Control: no-store\nTransfer-Encoding: chunked", "zz\r\n"), true},
		"a cookie, too large":    {rawAnswer("200 X", rawHTML+"\nSet-Cookie: a=b", long), true},
		"a cookie, gzip":         {rawAnswer("200 X", rawHTML+"\nSet-Cookie: a=b\nContent-Encoding: gzip", "abc"), true},
		"undeclared Vary, short": {rawAnswer("200 X", rawHTML+"\nVary: x-a\nContent-Length: 100", "abc"), true},
		"short":                  {rawAnswer("200 X", rawHTML+"\nContent-Length: 100", "abc"), false},
		"too large":              {rawAnswer("200 X", rawHTML, long), false},
		"no-store to nobody":     {rawAnswer("302 X", "Location: /close\nCache-Control: no-store", ""), true},
		"a cookie, to nobody":    {rawAnswer("302 X", "Location: /close\nSet-Cookie: a=b", ""), true},
		"a redirect to nobody":   {rawAnswer("302 X", "Location: /close", ""), false},
		"a redirect to short":    {rawAnswer("302 X", "Location: /privateshort", ""), true},
		"no URL":                 {rawAnswer("302 X", "Location: /ok%zz", ""), true},
		"space before colon":     {rawAnswer("200 X", rawHTML+"\nCache-Control : private", "new"), true},
	} {
		t.Run(name, func(t *testing.T) {
			var bad atomic.Bool
			origin := rawOrigin(t, func(path string, _ *http.Request) string {
				switch {
				case path == "/close":
					return ""
				case path == "/privateshort":
					return rawAnswer("200 X", rawHTML+"\nCache-Control: private\nContent-Length: 100", "abc")
				case bad.Load():
					return c.answer
				}
				return rawAnswer("200 X", rawHTML+"\nCache-Control: max-age=1, stale-if-error=3600", "old")
			})
			h, err := NewHandler(Options{
				Pages:  []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/f"><edge-error>none</edge-error></edge-slot></body>`)},
				Config: Config{Origin: origin},
			})
			require.NoError(t, err)
			now := time.Now()
			h.now = func() time.Time { return now }
			get := func() string {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p", nil))
				return w.Body.String()
			}
			require.Contains(t, get(), "old")
			bad.Store(true)
			now = now.Add(time.Minute)
			assert.Equal(t, c.gone, !strings.Contains(get(), "old"))
		})
	}
}

// A redirect's own body is no matter.
func TestBodyOfARedirectIsLeftAlone(t *testing.T) {
	for name, answer := range map[string]string{
		"short":            rawAnswer("302 X", "Location: /there\nContent-Length: 100", "abc"),
		"too large":        rawAnswer("302 X", "Location: /there", strings.Repeat("x", 3<<20)),
		"gzip that is not": rawAnswer("302 X", "Location: /there\nContent-Encoding: gzip", "abc"),
	} {
		origin := rawOrigin(t, func(path string, _ *http.Request) string {
			if path == "/there" {
				return rawAnswer("200 X", rawHTML, "arrived")
			}
			return answer
		})
		body, _ := fromRemote(t, origin)
		assert.Contains(t, body, "arrived", name)
	}
	body, _ := answered(t, func(w http.ResponseWriter, r *http.Request) {
		assert.NotEmpty(t, r.RequestURI)
		switch r.URL.Path {
		case "/a":
			w.Header().Set("Location", "/there")
			w.WriteHeader(302)
			_, _ = w.Write(make([]byte, 3<<20))
		case "/there":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "arrived "+r.RequestURI)
		}
	})
	assert.Contains(t, body, "arrived /there")
	body, _ = answered(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Redirect(w, httptest.NewRequest(http.MethodGet, "/", nil), "http://handlers.inlay.internal/there", http.StatusFound)
	})
	assert.Contains(t, body, "refused", "handlers are under no host")
}

// fromRemote is what becomes of a remote origin's answer, as a fragment of a page.
func fromRemote(t *testing.T, origin string) (body, status string) {
	t.Helper()
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" ttl="1m" timeout="5s"><edge-error>refused</edge-error></edge-slot></body>`)
	p.Mode = Complete
	h, err := NewHandler(Options{Pages: []Page{p}, Config: Config{Origin: origin}})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p", nil))
	return w.Body.String(), w.Header().Get("Cache-Status")
}

// Nobody asks for gzip who was not asked for it, and nobody tells the type of what another sent.
func TestRemoteAnswersAreTakenAsTheyAre(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	answer := rawAnswer("200 X", rawHTML+"\nETag: \"x\"\nContent-Encoding: gzip", gzipped("hello"))
	origin := rawOrigin(t, func(_ string, r *http.Request) string {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Header.Get("Accept-Encoding"))
		return answer
	})
	body, status := fromRemote(t, origin)
	assert.Contains(t, body, "refused")
	assert.Contains(t, status, "detail=refused")

	h, err := NewHandler(Options{Config: Config{Origin: origin}})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/other", nil))
	assert.Equal(t, gzipped("hello"), w.Body.String(), "passed on as it came")
	assert.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	assert.Equal(t, `"x"`, w.Header().Get("ETag"))
	assert.Equal(t, []string{"identity", ""}, asked)

	answer = rawAnswer("200 X", "X-A: 1", "<b>html</b>")
	body, status = fromRemote(t, origin)
	assert.Contains(t, body, "refused")
	assert.Contains(t, status, "detail=refused")

	answer = rawAnswer("200 X", rawHTML+"\nExpires:", "<b>html</b>")
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	require.NoError(t, err)
	a := recorder.Read(200, resp.Header, nil, 0)
	assert.Equal(t, "0", a.Expires, "an Expires that is no date is past")
	a = recorder.Read(200, http.Header{"Expires": {}}, nil, 0)
	assert.Empty(t, a.Expires)
}

func TestConditionsGoToTheFirstWhoIsAsked(t *testing.T) {
	var mu sync.Mutex
	conditions := map[string][]string{}
	h, err := NewHandler(Options{
		Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1s"></edge-slot></body>`)},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen := conditions[r.URL.Path]
			conditions[r.URL.Path] = append(seen, r.Header.Get("If-None-Match"))
			if r.URL.Path == "/f" && len(seen) > 0 {
				http.Redirect(w, r, "/there", http.StatusFound)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("ETag", `"v"`)
			_, _ = io.WriteString(w, r.URL.Path)
		}),
	})
	require.NoError(t, err)
	now := time.Now()
	h.now = func() time.Time { return now }
	for _, want := range []string{"/f", "/there", "/there"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p", nil))
		assert.Equal(t, "<body>"+want+"</body>", w.Body.String())
		now = now.Add(time.Minute)
	}
	assert.Equal(t, map[string][]string{"/f": {"", `"v"`, ""}, "/there": {"", ""}}, conditions)
}
