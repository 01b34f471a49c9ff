package devserver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/project"
)

// stage is a front before an upstream that the test writes.
type stage struct {
	t     *testing.T
	board *board
	front *front
	URL   string
	dir   string
}

// before puts a front before an upstream, which serves version v1; nil: nothing is there yet.
func before(t *testing.T, upstream http.HandlerFunc) *stage {
	t.Helper()
	s := &stage{t: t, board: newBoard("building the site"), dir: t.TempDir()}
	s.front = newFront(s.board, sourcesBelow(s.dir))
	s.front.pageWait, s.front.otherWait = 50*time.Millisecond, 100*time.Millisecond
	server := httptest.NewServer(s.front)
	s.URL = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	if upstream != nil {
		behind := httptest.NewServer(upstream)
		t.Cleanup(func() {
			behind.CloseClientConnections()
			behind.Close()
		})
		at, err := url.Parse(behind.URL)
		require.NoError(t, err)
		s.board.set(func(now *status) { now.phase, now.upstream, now.served = ready, at, "v1" })
	}
	return s
}

// asTab are the fields of a browser that opens a page.
var asTab = http.Header{
	"Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Mode": {"navigate"}, "Accept": {"text/html,*/*;q=0.8"},
	"Accept-Encoding": {"gzip, br"}, "User-Agent": {"Mozilla/5.0 (X11) Chrome/156"},
}

var plain = &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
	return http.ErrUseLastResponse
}}

// ask sends a request; more are further fields, a name and a value each.
func (s *stage) ask(method, path string, header http.Header, more ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, nil)
	require.NoError(s.t, err)
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	answer, err := plain.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func page(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, text)
	}
}

func TestARequestGoesOnAsItCame(t *testing.T) {
	var got *http.Request
	var sent string
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, sent = r, string(text)
	})
	for _, target := range []string{"/", "/a%2Fb/c%20d?q=%zz;x&a=1&a=2", "/a//b/../c", "//double", `/quote"d|`, "/ü?ü", "/?", "/a;b=c"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: shop.example:99\r\nContent-Length: 5\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=x\r\n"+
			"Cookie: a=1; b=2\r\nAccept-Encoding: br\r\nInlay-Dev-Pages: forged\r\nConnection: close\r\n\r\nhello", target)
		require.NoError(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, target)
		assert.Equal(t, target, got.RequestURI)
		assert.Equal(t, "PUT", got.Method)
		assert.Equal(t, "shop.example:99", got.Host)
		assert.Equal(t, "hello", sent)
		assert.Equal(t, http.Header{
			"Content-Length": {"5"}, "X-Forwarded-For": {"1.2.3.4"}, "Forwarded": {"for=x"}, "Cookie": {"a=1; b=2"}, "Accept-Encoding": {"br"},
		}, got.Header, target)
		assert.NotContains(t, answer.Header, "Content-Type", "nothing is guessed")
	}
}

func TestOnlyTheServerSaysWhichShellsAreMeant(t *testing.T) {
	var got []string
	s := before(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header["Inlay-Dev-Pages"] })
	s.board.set(func(now *status) { now.pages = "p7" })
	s.ask("GET", "/", nil, "Inlay-Dev-Pages", "forged")
	assert.Equal(t, []string{"p7"}, got)
}

func TestAStreamedPageIsNotHeldBack(t *testing.T) {
	more := make(chan string)
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for text := range more {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		}
	})
	for name, header := range map[string]http.Header{"a tab": asTab, "curl": {"Accept": {"*/*"}}} {
		t.Run(name, func(t *testing.T) {
			go func() { more <- "<!doctype html><p>skeleton" }()
			answer := s.ask("GET", "/", header)
			buffer := make([]byte, 100)
			n, err := answer.Body.Read(buffer)
			require.NoError(t, err)
			assert.Equal(t, "<!doctype html><p>skeleton", string(buffer[:n]), "the shell is here before there is a patch")
			more <- "<p>patch"
			n, err = answer.Body.Read(buffer)
			require.NoError(t, err)
			assert.Equal(t, "<p>patch", string(buffer[:n]))
			// Only now does the page end.
			old := more
			more = make(chan string)
			close(old)
			rest := body(t, answer)
			if name == "curl" {
				assert.Empty(t, rest)
				return
			}
			assert.Equal(t, clientTag("page", "v1", "GET"), rest)
		})
	}
}

func TestOnlyPagesGetTheClient(t *testing.T) {
	const text = "<!doctype html><p>Basket"
	tag := clientTag("page", "v1", "GET")
	answers := func(kind string, more ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			for i := 0; i < len(more); i += 2 {
				w.Header().Set(more[i], more[i+1])
			}
			_, _ = io.WriteString(w, text)
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			if code != 204 {
				_, _ = io.WriteString(w, text)
			}
		}
	}
	without := func(name string) http.Header {
		h := asTab.Clone()
		h.Del(name)
		return h
	}
	with := func(name, value string) http.Header {
		h := asTab.Clone()
		h.Set(name, value)
		return h
	}
	for _, c := range []struct {
		name     string
		upstream http.HandlerFunc
		header   http.Header
		want     string
	}{
		{"a page in a tab", answers("text/html; charset=utf-8"), asTab, text + tag},
		{"over plain HTTP from elsewhere", answers("text/html"), without("Sec-Fetch-Dest"), text + tag},
		{"a page of failure", status(404), asTab, text + tag},
		{"a fragment for a script", answers("text/html"), with("Sec-Fetch-Dest", "empty"), text},
		{"a frame, which its tab reloads", answers("text/html"), with("Sec-Fetch-Dest", "iframe"), text},
		{"curl", answers("text/html"), http.Header{"User-Agent": {"curl/8"}, "Accept": {"*/*"}}, text},
		{"JSON", answers("application/json"), asTab, text},
		{"XHTML", answers("application/xhtml+xml"), asTab, text},
		{"a type that is none", answers("text/"), asTab, text},
		{"a download", answers("text/html", "Content-Disposition", `attachment; filename="a.html"`), asTab, text},
		{"UTF-16", answers("text/html; charset=UTF-16le"), asTab, text},
		{"a coding that is not read here", answers("text/html", "Content-Encoding", "br"), asTab, text},
		{"a part", status(206), asTab, text},
		{"no content", status(204), asTab, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := before(t, c.upstream).ask("GET", "/", c.header)
			assert.Equal(t, c.want, body(t, answer))
			if length := answer.Header.Get("Content-Length"); length != "" {
				assert.Equal(t, fmt.Sprint(len(c.want)), length)
			}
		})
	}
}

func TestAFormsAnswerSaysSo(t *testing.T) {
	s := before(t, page("<p>Thanks"))
	assert.Contains(t, body(t, s.ask("POST", "/", asTab)), `data-method="POST"`)
}

func TestACompressedPageGetsTheClientToo(t *testing.T) {
	var asked string
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip") // though nobody asked for it
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "<p>Basket")
		_ = z.Close()
	})
	answer := s.ask("GET", "/", asTab)
	assert.Equal(t, "<p>Basket"+clientTag("page", "v1", "GET"), body(t, answer))
	assert.Empty(t, answer.Header.Get("Content-Encoding"))
	assert.Equal(t, "identity", asked)

	answer = s.ask("GET", "/", http.Header{"Accept-Encoding": {"gzip"}})
	assert.Equal(t, "gzip", answer.Header.Get("Content-Encoding"), "what is no page stays as it is")
	assert.Equal(t, "gzip", asked)
	z, err := gzip.NewReader(bytes.NewReader([]byte(body(t, answer))))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	assert.Equal(t, "<p>Basket", string(text))
}

// What a browser has stored counts as long as the site is the same, and has the client in it.
func TestValidatorsAreOfThePageWithItsClient(t *testing.T) {
	var asked []string
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(r.Header["If-None-Match"], r.Header["If-Modified-Since"]...)
		w.Header().Set("Etag", `W/"abc"`)
		w.Header().Set("Content-Type", "text/html")
		if r.Header.Get("If-None-Match") == `W/"abc"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "<p>Basket")
	})
	tag := s.ask("GET", "/", asTab).Header.Get("Etag")
	assert.Equal(t, `W/"abc-inlay-dev-v1"`, tag)

	answer := s.ask("GET", "/", asTab, "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, answer.StatusCode)
	assert.Equal(t, tag, answer.Header.Get("Etag"))
	assert.Empty(t, body(t, answer))

	answer = s.ask("GET", "/", asTab, "If-None-Match", `W/"abc"`, "If-Modified-Since", "Sat, 28 Nov 2026 12:00:00 GMT")
	assert.Equal(t, http.StatusOK, answer.StatusCode, "stored without a client, as by inlay serve on the same port")
	assert.Empty(t, asked)

	s.board.set(func(now *status) { now.served = "v2" })
	assert.Equal(t, http.StatusOK, s.ask("GET", "/", asTab, "If-None-Match", tag).StatusCode, "stored of the version before")

	answer = s.ask("GET", "/", http.Header{"If-None-Match": {`W/"abc"`}})
	assert.Equal(t, http.StatusNotModified, answer.StatusCode, "for others nothing is changed")
	assert.Equal(t, `W/"abc"`, answer.Header.Get("Etag"))
}

func TestPoliciesOfAPageAllowTheClient(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Content-Security-Policy", "script-src 'self'")
		w.Header().Add("Content-Security-Policy", "connect-src 'none'")
		w.Header().Set("Content-Security-Policy-Report-Only", "default-src 'none'")
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<meta http-equiv=content-security-policy content="script-src 'none'">`)
	})
	host := strings.TrimPrefix(s.URL, "http://")
	answer := s.ask("GET", "/", asTab)
	assert.Equal(t, []string{"script-src 'self' " + host + clientPath, "connect-src " + host + eventsPath}, answer.Header["Content-Security-Policy"])
	assert.Contains(t, answer.Header.Get("Content-Security-Policy-Report-Only"), "script-src-elem "+host+clientPath)
	assert.Contains(t, body(t, answer), `content="script-src `+host+clientPath+`"`)

	answer = s.ask("GET", "/", nil)
	assert.Equal(t, []string{"script-src 'self'", "connect-src 'none'"}, answer.Header["Content-Security-Policy"])
	assert.Equal(t, `<meta http-equiv=content-security-policy content="script-src 'none'">`, body(t, answer))
}

func TestAnswersPassAsTheyAre(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/range":
			http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
		case "/redirect":
			http.Redirect(w, r, "http://"+r.Host+"/elsewhere", http.StatusFound)
		case "/early":
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
		case "/trailer":
			w.Header().Set("Trailer", "Server-Timing")
			_, _ = io.WriteString(w, "x")
			w.Header().Set("Server-Timing", "a;dur=1")
		case "/cookies":
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2; Path=/")
		}
	})
	answer := s.ask("GET", "/range", nil, "Range", "bytes=2-4")
	assert.Equal(t, http.StatusPartialContent, answer.StatusCode)
	assert.Equal(t, "bytes 2-4/10", answer.Header.Get("Content-Range"))
	assert.Equal(t, "234", body(t, answer))

	answer = s.ask("HEAD", "/range", asTab)
	assert.EqualValues(t, 10, answer.ContentLength)

	answer = s.ask("GET", "/redirect", asTab)
	assert.Equal(t, http.StatusFound, answer.StatusCode)
	assert.Equal(t, s.URL+"/elsewhere", answer.Header.Get("Location"))

	assert.Equal(t, http.StatusTeapot, s.ask("GET", "/early", nil).StatusCode)

	answer = s.ask("GET", "/trailer", nil)
	assert.Equal(t, "x", body(t, answer))
	assert.Equal(t, "a;dur=1", answer.Trailer.Get("Server-Timing"))

	assert.Equal(t, []string{"a=1", "b=2; Path=/"}, s.ask("GET", "/cookies", nil).Header["Set-Cookie"])
}

func TestServerSentEventsOfTheSitePassAtOnce(t *testing.T) {
	more := make(chan string)
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for text := range more {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		}
	})
	go func() { more <- "data: 1\n\n" }()
	answer := s.ask("GET", "/news", nil, "Accept", "text/event-stream", "Sec-Fetch-Dest", "empty")
	lines := bufio.NewReader(answer.Body)
	for i := 1; i <= 3; i++ {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("data: %d\n", i), line)
		_, _ = lines.ReadString('\n')
		if i < 3 {
			more <- fmt.Sprintf("data: %d\n\n", i+1)
		}
	}
	close(more)
}

func TestWebSocketsPass(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(buffer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", r.Header.Get("Sec-WebSocket-Key"))
		_ = buffer.Flush()
		_, _ = io.Copy(conn, buffer)
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: k\r\nSec-Fetch-Dest: websocket\r\n\r\n")
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	assert.Equal(t, "k", answer.Header.Get("Sec-WebSocket-Accept"))
	for _, text := range []string{"ping", "pong"} {
		_, err = io.WriteString(conn, text)
		require.NoError(t, err)
		back := make([]byte, 4)
		_, err = io.ReadFull(reader, back)
		require.NoError(t, err)
		assert.Equal(t, text, string(back))
	}
}

func TestAVisitorWhoLeavesEndsTheRequest(t *testing.T) {
	left := make(chan struct{})
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
	require.NoError(t, err)
	r.Header = asTab.Clone()
	answer, err := plain.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	cancel()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Fatal("the upstream still answers")
	}
}

func TestAPageThatBreaksOffListensToo(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	text, err := io.ReadAll(s.ask("GET", "/", asTab).Body)
	assert.Error(t, err, "that it broke off is to be seen")
	assert.Equal(t, "<p>half"+clientTag("page", "v1", "GET"), string(text))
}

func TestAPageThatStillStreamsEndsWhenThereIsAnother(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>slow")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	answer := s.ask("GET", "/", asTab)
	first := make([]byte, len("<p>slow"))
	_, err := io.ReadFull(answer.Body, first)
	require.NoError(t, err)
	s.board.set(func(now *status) { now.phase = building })
	s.board.set(func(now *status) { now.phase, now.served = ready, "v2" })
	assert.Equal(t, "<p>slow"+clientTag("page", "v1", "GET"), string(first)+body(t, answer))
}

func TestRequestsWaitForTheNewVersion(t *testing.T) {
	s := before(t, page("<p>new"))
	s.front.pageWait, s.front.otherWait = time.Minute, time.Minute
	s.board.set(func(now *status) { now.phase = building })
	got := make(chan string)
	for _, header := range []http.Header{asTab, nil} {
		go func() { got <- body(t, s.ask("GET", "/", header)) }()
	}
	select {
	case text := <-got:
		t.Fatal("answered of the version before: " + text)
	case <-time.After(50 * time.Millisecond):
	}
	s.board.set(func(now *status) { now.phase, now.served = ready, "v2" })
	for range 2 {
		assert.Contains(t, <-got, "<p>new")
	}
}

func TestTheWaitIsBoundedAndSaysWhatFor(t *testing.T) {
	s := before(t, nil)
	answer := s.ask("GET", "/", asTab)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	text := body(t, answer)
	assert.Contains(t, text, "building the site")
	assert.Contains(t, text, clientTag("wait", "", "GET"))

	for _, header := range []http.Header{nil, {"Sec-Fetch-Dest": {"document"}, "User-Agent": {"curl/8"}}} {
		answer = s.ask("GET", "/", header)
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		assert.Equal(t, "1", answer.Header.Get("Retry-After"))
		assert.Equal(t, "inlay dev: building the site; this has taken longer than a request can wait\n", body(t, answer))
	}
}

// mistaken lets there be a mistake in a file.
func (s *stage) mistaken() {
	require.NoError(s.t, os.MkdirAll(filepath.Join(s.dir, "pages"), 0o755))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "pages", "index.html"), []byte("<!doctype html>\n<body>\n\t<edge-slot name=\"<\">\n</body>\n"), 0o644))
	s.board.set(func(now *status) {
		now.phase = broken
		now.problems = []project.Problem{{File: "pages/index.html", Line: 3, Column: 2, Msg: "edge-slot has no src; say where <it> comes from"}}
	})
}

func TestMistakesAreShownInPlaceOfAPage(t *testing.T) {
	s := before(t, page("<p>before"))
	s.mistaken()
	answer := s.ask("GET", "/", asTab)
	assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	text := body(t, answer)
	assert.Contains(t, text, "<h2>pages/index.html:3:2</h2><p>edge-slot has no src; say where &lt;it&gt; comes from</p>")
	assert.Contains(t, text, `<span class="here"><i>     3  </i>    &lt;edge-slot name=&#34;&lt;&#34;&gt;`+"\n</span>"+`<span class="caret">            ^`)
	assert.Contains(t, text, `data-kind="error" data-id="mistakes-`)
	assert.NotRegexp(t, `(src|href)="(https?:)?//`, text, "nothing is loaded from elsewhere")

	answer = s.ask("GET", "/", nil)
	assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	assert.Equal(t, "text/plain; charset=utf-8", answer.Header.Get("Content-Type"))
	assert.Equal(t, `pages/index.html:3:2: edge-slot has no src; say where <it> comes from

     1  <!doctype html>
     2  <body>
     3      <edge-slot name="<">
            ^
     4  </body>

`, body(t, answer))

	for _, dest := range []string{"style", "image", "script", "empty"} {
		assert.Equal(t, "<p>before", body(t, s.ask("GET", "/", nil, "Sec-Fetch-Dest", dest)), "a page that is open keeps what it has: "+dest)
	}
}

func TestMistakesAreToldOfASiteThatNeverRan(t *testing.T) {
	s := before(t, nil)
	s.mistaken()
	for _, header := range []http.Header{asTab, nil, {"Sec-Fetch-Dest": {"style"}}} {
		answer := s.ask("GET", "/", header)
		assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
		assert.Contains(t, body(t, answer), "edge-slot has no src")
	}
}

func TestASiteThatDoesNotAnswerIsShown(t *testing.T) {
	s := before(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	var failed string
	s.front.failed = func(r *http.Request, err error) { failed = r.Method }
	answer := s.ask("POST", "/", asTab)
	assert.Equal(t, http.StatusBadGateway, answer.StatusCode)
	assert.Contains(t, body(t, answer), "The site did not answer: ")
	assert.Equal(t, "POST", failed)
	assert.Contains(t, body(t, s.ask("POST", "/", nil)), "inlay dev: The site did not answer: ")
}

func TestAFailureInPlainTextIsAPageThatListens(t *testing.T) {
	s := before(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "inlay cannot start.\nINLAY_TTL is <soon>", http.StatusInternalServerError)
	})
	answer := s.ask("GET", "/", asTab)
	text := body(t, answer)
	assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	assert.Contains(t, text, "inlay cannot start.\nINLAY_TTL is &lt;soon&gt;")
	assert.True(t, strings.HasSuffix(text, clientTag("page", "v1", "GET")))
	assert.Equal(t, "inlay cannot start.\nINLAY_TTL is <soon>\n", body(t, s.ask("GET", "/", nil)))
}

// listen gives the events that a page is told.
func (s *stage) listen() <-chan string {
	s.t.Helper()
	answer := s.ask("GET", eventsPath, nil)
	require.Equal(s.t, "text/event-stream", answer.Header.Get("Content-Type"))
	told := make(chan string)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				told <- data
			}
		}
	}()
	return told
}

func TestOpenPagesAreToldWhatIsThere(t *testing.T) {
	s := before(t, page(""))
	told := s.listen()
	assert.JSONEq(t, `{"id":"v1","broken":false,"problems":[]}`, <-told)
	s.board.set(func(now *status) { now.phase = building })
	s.board.set(func(now *status) { now.phase, now.served = ready, "v2" })
	assert.JSONEq(t, `{"id":"v2","broken":false,"problems":[]}`, <-told, "of what is being made nothing is told")
	s.mistaken()
	mistakes := <-told
	assert.Contains(t, mistakes, `"broken":true`)
	assert.Contains(t, mistakes, `"place":"pages/index.html:3:2","message":"edge-slot has no src; say where \u003cit\u003e comes from"`)
	assert.Contains(t, mistakes, `{"number":3,"text":"    \u003cedge-slot name=\"\u003c\"\u003e","mark":5}`)
	s.board.set(func(now *status) { now.phase, now.problems = ready, nil })
	assert.JSONEq(t, `{"id":"v2","broken":false,"problems":[]}`, <-told, "mended without a new version")

	assert.Equal(t, http.StatusNotFound, s.ask("GET", ownPath+"other", nil).StatusCode, "nothing of this goes to the site")
	script := s.ask("GET", clientPath, nil)
	assert.Equal(t, "text/javascript; charset=utf-8", script.Header.Get("Content-Type"))
	assert.Equal(t, clientScript, body(t, script))
}

func TestAQuietConnectionForEventsIsKeptAlive(t *testing.T) {
	s := before(t, nil)
	s.front.heartbeat = 5 * time.Millisecond
	lines := bufio.NewReader(s.ask("GET", eventsPath, nil).Body)
	for beats := 0; beats < 3; {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if line == ":\n" {
			beats++
		}
	}
}
