package e2e

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// A real nginx in front of inlay, configured as docs/operating.md says, and as it is when nobody has said anything.

// nginx is one before an address, which is reached through a client of its own.
type nginx struct {
	t      *testing.T
	client *http.Client
}

// startNginx runs nginx with a server block in which the address of docs/operating.md stands for to, and port 80 for a
// socket of the test's own.
func startNginx(t *testing.T, config, to string) *nginx {
	t.Helper()
	dir, err := os.MkdirTemp("", "nginx") // a socket's path has to be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	require.Contains(t, config, "server 127.0.0.1:8787;")
	require.Contains(t, config, "listen 80;")
	config = strings.NewReplacer("127.0.0.1:8787", strings.TrimPrefix(to, "http://"), "listen 80;", "listen unix:"+socket+";").Replace(config)
	temporary := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	file := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte("daemon off; master_process off; pid "+dir+"/pid; error_log stderr warn;\n"+
		"events {}\nhttp {\naccess_log off;\n"+temporary+config+"}\n"), 0o600))
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which is not on the PATH of all users
	}
	s := harness.Start(t, exec.Command(program, "-p", dir, "-e", "stderr", "-c", file), nil)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, harness.ReadyWithin, 5*time.Millisecond, "nginx does not listen; ./build.sh test installs it: %s", s.Log())
	transport := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &nginx{t, &http.Client{Transport: transport}}
}

func (n *nginx) ask(method, path string, fields ...string) *http.Response {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	n.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, "http://shop.example"+path, nil)
	require.NoError(n.t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := n.client.Do(r)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// nginxConfig is the one of the documentation.
func nginxConfig(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("docs/operating.md")
	require.NoError(t, err)
	_, after, begun := strings.Cut(string(text), "\n```nginx\n")
	config, _, ended := strings.Cut(after, "```")
	require.True(t, begun && ended, "docs/operating.md has a configuration of nginx")
	return config
}

// nginxDefaults is what nginx does unless told otherwise.
const nginxDefaults = `upstream inlay { server 127.0.0.1:8787; }
server { listen 80; location / { proxy_pass http://inlay; } }
`

// crowdedPage has as many slots, names and links as make a head large.
func crowdedPage(t *testing.T) edge.Page {
	t.Helper()
	var html strings.Builder
	html.WriteString(`<!doctype html><html><head>`)
	for i := range 60 {
		fmt.Fprintf(&html, `<link rel="stylesheet" href="/styles/%060d.css">`, i)
	}
	html.WriteString(`</head><body>`)
	for i := range 256 {
		fmt.Fprintf(&html, `<edge-slot name="%064d" src="/crowd/%d/{id}" vary="header:x-%060d">…</edge-slot>`, i, i, i)
	}
	page, err := edge.ParsePage("/p/{id}", html.String()+`</body></html>`)
	require.NoError(t, err)
	page.Preload, page.CacheControl = true, "public, max-age=600, stale-while-revalidate=86400"
	return page
}

func smallPage(t *testing.T) edge.Page {
	t.Helper()
	page, err := edge.ParsePage("/p/{id}", `<!doctype html><html><head><title>t</title></head><body>`+
		`<edge-slot name="slow" src="/slow/{id}">…</edge-slot><edge-slot name="fast" src="/fast/{id}">…</edge-slot></body></html>`)
	require.NoError(t, err)
	return page
}

// behind are the servers that a proxy stands before.
var behind = map[string]func(t *testing.T, page edge.Page, origin string) (url string){
	"native": func(t *testing.T, page edge.Page, origin string) string {
		config, err := harness.ParseConfig(map[string]string{"INLAY_ORIGIN": origin, "INLAY_DEBUG": "1"})
		require.NoError(t, err)
		handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Config: config})
		require.NoError(t, err)
		server := httptest.NewServer(handler)
		t.Cleanup(func() {
			server.CloseClientConnections()
			server.Close()
		})
		return server.URL
	},
	"workerd": func(t *testing.T, page edge.Page, origin string) string {
		return startPage(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin, "INLAY_DEBUG=1").URL
	},
}

func TestStreamPassesNginxAsItComes(t *testing.T) {
	for name, start := range behind {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gates := &held{}
			origin := newOrigin(t, gates.answer)
			proxy := startNginx(t, nginxConfig(t), start(t, smallPage(t), origin.URL))
			for i, fields := range [][]string{
				{"Sec-Fetch-Dest", "document"},
				{"Sec-Fetch-Dest", "document", "Accept-Encoding", "gzip"},
				{"Sec-Fetch-Dest", "empty"},
			} {
				id := strconv.Itoa(i)
				resp := proxy.ask(http.MethodGet, "/p/"+id, fields...)
				require.Equal(t, http.StatusOK, resp.StatusCode)
				assert.Equal(t, "?1", resp.Header.Get("Incremental"))
				var body io.Reader = resp.Body
				if len(fields) > 2 {
					require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"), "nginx compresses what streams, too")
					unzipped, err := gzip.NewReader(body)
					require.NoError(t, err)
					body = unzipped
				}
				reader := bufio.NewReader(body)
				if fields[1] == "document" {
					readUntil(t, reader, `<?start name="fast">`)
					gates.open("/fast/" + id)
					readUntil(t, reader, `<template for="fast"><p>[/fast/`+id+`]</p></template>`)
				} else {
					readUntil(t, reader, `<body>`)
					gates.open("/fast/" + id)
				}
				gates.open("/slow/" + id) // held until now: what was read came before
				rest, err := io.ReadAll(reader)
				require.NoError(t, err)
				assert.Contains(t, string(rest), "[/slow/"+id+"]")
				assert.True(t, strings.HasSuffix(string(rest), "</html>"))
			}
		})
	}
}

func TestHeadsOfCrowdedPagesPassNginx(t *testing.T) {
	for name, start := range behind {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := newOrigin(t, fragment)
			url := start(t, crowdedPage(t), origin.URL)
			for _, config := range []string{nginxConfig(t), nginxDefaults} {
				proxy := startNginx(t, config, url)
				id := strconv.Itoa(len(config)) // each its own, cold
				for _, c := range []struct {
					method string
					fields []string
				}{
					{http.MethodHead, nil},
					{http.MethodGet, nil}, // cold
					{http.MethodGet, []string{"Sec-Fetch-Dest", "document"}},
					{http.MethodGet, []string{"Sec-Fetch-Dest", "document"}},
					{http.MethodHead, nil},
				} {
					resp := proxy.ask(c.method, "/p/"+id, c.fields...)
					assert.Equal(t, http.StatusOK, resp.StatusCode, "%v", c)
					assert.Contains(t, resp.Header.Get("Cache-Status"), "more slots", "%v", c)
					read(t, resp)
				}
				whole := proxy.ask(http.MethodGet, "/p/"+id)
				assert.Contains(t, read(t, whole), "[/crowd/255/"+id+"]")
				etag := whole.Header.Get("Etag")
				require.NotEmpty(t, etag)
				same := proxy.ask(http.MethodGet, "/p/"+id, "If-None-Match", etag)
				assert.Equal(t, http.StatusNotModified, same.StatusCode)
				assert.Contains(t, same.Header.Get("Cache-Status"), "more slots")
			}
		})
	}
}

// nginx asks in HTTP/1.0 unless told otherwise, which natively is answered whole.
func TestPagesPassNginxThatIsNotConfigured(t *testing.T) {
	for name, start := range behind {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := newOrigin(t, fragment)
			proxy := startNginx(t, nginxDefaults, start(t, smallPage(t), origin.URL))
			cold := proxy.ask(http.MethodGet, "/p/7", "Sec-Fetch-Dest", "document")
			page := read(t, cold)
			assert.Contains(t, page, "<p>[/slow/7]</p>")
			assert.Contains(t, page, "<p>[/fast/7]</p>")
			if name == "native" {
				assert.Equal(t, strconv.Itoa(len(page)), cold.Header.Get("Content-Length"))
				assert.NotContains(t, page, "<template")
			}
			for range 2 {
				warm := proxy.ask(http.MethodGet, "/p/7", "Sec-Fetch-Dest", "document")
				page := read(t, warm)
				assert.Equal(t, strconv.Itoa(len(page)), warm.Header.Get("Content-Length"))
				assert.NotContains(t, page, "<template")
				head := proxy.ask(http.MethodHead, "/p/7")
				assert.Equal(t, strconv.Itoa(len(page)), head.Header.Get("Content-Length"))
				assert.Equal(t, http.StatusNotModified, proxy.ask(http.MethodGet, "/p/7", "If-None-Match", warm.Header.Get("Etag")).StatusCode)
			}
		})
	}
}
