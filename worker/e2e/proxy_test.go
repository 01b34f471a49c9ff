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
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Real proxies in front of inlay: nginx and Caddy, configured as docs/deploy/ has it, and nginx as it is when nobody has
// said anything.

// proxy is one before an address, which is reached through a client of its own.
type proxy struct {
	t      *testing.T
	client *http.Client
}

// proxies are those that are documented.
var proxies = map[string]func(t *testing.T, to string) *proxy{
	"nginx": func(t *testing.T, to string) *proxy { return startNginx(t, deployed(t, "nginx.conf"), to) },
	"caddy": startCaddy,
}

// deployed is a file of docs/deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("docs/deploy/" + name)
	require.NoError(t, err)
	return string(text)
}

// startNginx runs nginx with a server block in which the address of the documentation stands for to, and port 80 for a
// socket of the test's own.
func startNginx(t *testing.T, config, to string) *proxy {
	t.Helper()
	dir := socketFolder(t)
	config = replaced(t, config, "127.0.0.1:8787", strings.TrimPrefix(to, "http://"), "\n    listen 80;", "\n    listen unix:"+dir+"/socket;")
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
	return startProxy(t, dir, exec.Command(program, "-p", dir, "-e", "stderr", "-c", file))
}

// startCaddy runs Caddy with docs/deploy/Caddyfile, without TLS, on a socket of the test's own.
func startCaddy(t *testing.T, to string) *proxy {
	t.Helper()
	dir := socketFolder(t)
	config := "{\n\tadmin off\n}\n" + replaced(t, deployed(t, "Caddyfile"),
		"127.0.0.1:8787", strings.TrimPrefix(to, "http://"), "\nshop.example.com {", "\nhttp:// {\n\tbind unix/"+dir+"/socket")
	file := filepath.Join(dir, "Caddyfile")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	return startProxy(t, dir, exec.Command("caddy", "run", "--config", file, "--adapter", "caddyfile"),
		"HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
}

// socketFolder is one of a test's own; a socket's path has to be short.
func socketFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "proxy")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// replaced is text with each of what, which has to be in it, replaced by what follows it.
func replaced(t *testing.T, text string, what ...string) string {
	t.Helper()
	for i := 0; i < len(what); i += 2 {
		require.Contains(t, text, what[i])
	}
	return strings.NewReplacer(what...).Replace(text)
}

func startProxy(t *testing.T, dir string, cmd *exec.Cmd, env ...string) *proxy {
	t.Helper()
	socket := filepath.Join(dir, "socket")
	s := harness.Start(t, cmd, env)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, harness.ReadyWithin, 5*time.Millisecond, "%s does not listen; ./build.sh test installs it: %s", cmd.Path, s.Log())
	transport := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &proxy{t, &http.Client{Transport: transport}}
}

func (p *proxy) ask(method, path string, fields ...string) *http.Response {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, "http://shop.example"+path, nil)
	require.NoError(p.t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := p.client.Do(r)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// nginxDefaults is what nginx does unless told otherwise.
const nginxDefaults = `upstream inlay { server 127.0.0.1:8787; }
server {
    listen 80;
    location / { proxy_pass http://inlay; } }
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

// beforeEach runs a test for each documented proxy before each server.
func beforeEach(t *testing.T, page func(*testing.T) edge.Page, origin http.HandlerFunc, run func(t *testing.T, kind string, proxy *proxy)) {
	for kind, startProxy := range proxies {
		for name, start := range behind {
			t.Run(kind+" before "+name, func(t *testing.T) {
				t.Parallel()
				run(t, kind, startProxy(t, start(t, page(t), newOrigin(t, origin).URL)))
			})
		}
	}
}

func TestStreamPassesProxiesAsItComes(t *testing.T) {
	gates := &held{}
	var last atomic.Int64 // each run has pages of its own
	beforeEach(t, smallPage, gates.answer, func(t *testing.T, kind string, proxy *proxy) {
		for _, fields := range [][]string{
			{"Sec-Fetch-Dest", "document"},
			{"Sec-Fetch-Dest", "document", "Accept-Encoding", "gzip"},
			{"Sec-Fetch-Dest", "empty"},
		} {
			id := strconv.FormatInt(last.Add(1), 10)
			resp := proxy.ask(http.MethodGet, "/p/"+id, fields...)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			assert.Equal(t, "?1", resp.Header.Get("Incremental"))
			var body io.Reader = resp.Body
			coded := resp.Header.Get("Content-Encoding") == "gzip"
			if len(fields) > 2 && kind == "nginx" { // which compresses what streams, too
				require.True(t, coded)
			}
			if coded { // natively inlay does
				require.Greater(t, len(fields), 2)
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

// What is whole is compressed by either, with a warm page's length and validator to go by.
func TestWarmPagesAreCompressedByProxies(t *testing.T) {
	long := func(t *testing.T) edge.Page {
		page, err := edge.ParsePage("/p/{id}", `<!doctype html><html><head><title>t</title></head><body>`+strings.Repeat("<p>text</p>", 200)+
			`<edge-slot name="a" src="/a/{id}">…</edge-slot></body></html>`)
		require.NoError(t, err)
		return page
	}
	beforeEach(t, long, fragment, func(t *testing.T, _ string, proxy *proxy) {
		for range 3 {
			read(t, proxy.ask(http.MethodGet, "/p/7"))
		}
		warm := proxy.ask(http.MethodGet, "/p/7", "Accept-Encoding", "gzip")
		assert.Equal(t, "gzip", warm.Header.Get("Content-Encoding"))
		unzipped, err := gzip.NewReader(warm.Body)
		require.NoError(t, err)
		whole, err := io.ReadAll(unzipped)
		require.NoError(t, err)
		assert.Equal(t, read(t, proxy.ask(http.MethodGet, "/p/7")), string(whole))
	})
}

func TestHeadsOfCrowdedPagesPassProxies(t *testing.T) {
	for name, start := range behind {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := newOrigin(t, fragment)
			url := start(t, crowdedPage(t), origin.URL)
			for _, config := range []string{deployed(t, "nginx.conf"), nginxDefaults} {
				crowded(t, startNginx(t, config, url), strconv.Itoa(len(config))) // each its own, cold
			}
			crowded(t, startCaddy(t, url), "caddy")
		})
	}
}

func crowded(t *testing.T, proxy *proxy, id string) {
	t.Helper()
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
