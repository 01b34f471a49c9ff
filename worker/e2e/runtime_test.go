package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// What handlers in app.wasm do: worker/testing/app is a site whose handlers ask others, keep things in Cloudflare's stores
// and end in all ways that there are. Each is tried as a fragment and as a request that no page answers.

// runtimePages of that site: one slot, and two of which the second is to fail.
var runtimePages = map[string]string{
	"/one/{what}": `<!doctype html><title>One</title><body>
<edge-slot name="one" src="/do/{what}" ttl="0" vary="query:url" timeout="8s"><p>wait</p><edge-error><p>no fragment</p></edge-error></edge-slot>`,
	"/products/{id}": `<!doctype html><title>Product</title><body>
<edge-slot name="rate" src="/fragments/rate/CHF" ttl="1s" sie="1h" timeout="3s"><p>wait</p><edge-error><p>no rate</p></edge-error></edge-slot>
<edge-slot name="stock" src="/fragments/stock/{id}" ttl="0"><p>wait</p><edge-error><p>no stock</p></edge-error></edge-slot>`,
	"/short/{what}": `<!doctype html><title>Short</title><body>
<edge-slot name="one" src="/do/{what}" ttl="1m" timeout="1s"><p>wait</p><edge-error><p>no fragment</p></edge-error></edge-slot>`,
	"/long/{what}": `<!doctype html><title>Long</title><body>
<edge-slot name="one" src="/do/{what}" ttl="0" vary="query:url" timeout="25s"><p>wait</p><edge-error><p>no fragment</p></edge-error></edge-slot>`,
	"/shared/{what}": `<!doctype html><title>Shared</title><body>
<edge-slot name="one" src="/do/{what}" ttl="1m" vary="query:url" timeout="8s"><p>wait</p><edge-error><p>no fragment</p></edge-error></edge-slot>`,
	"/kept/{a}/{b}": `<!doctype html><title>Kept</title><body>
<edge-slot name="a" src="/do/{a}" ttl="0"><p>wait</p><edge-error><p>no a</p></edge-error></edge-slot>
<edge-slot name="b" src="/do/{b}" ttl="0" vary="query:url"><p>wait</p><edge-error><p>no b</p></edge-error></edge-slot>`,
	"/cut": `<!doctype html><title>Cut</title><body>
<edge-slot name="a" src="/do/slow" ttl="1m" timeout="1s"><p>wait</p><edge-error><p>no a</p></edge-error></edge-slot>
<edge-slot name="b" src="/do/elsewhere" ttl="1m" timeout="20s"><p>wait</p><edge-error><p>no b</p></edge-error></edge-slot>`,
	"/two/{a}/{b}": `<!doctype html><title>Two</title><body>
<edge-slot name="a" src="/do/{a}?before={b}" ttl="1m" timeout="20s"><p>wait</p><edge-error><p>no a</p></edge-error></edge-slot>
<edge-slot name="b" src="/do/{b}?after={a}" ttl="1m" timeout="20s"><p>wait</p><edge-error><p>no b</p></edge-error></edge-slot>`,
}

// runtimeSite is the folder of the built test site.
var runtimeSite = sync.OnceValues(func() (string, error) { return buildTestSite("app", runtimePages) })

// buildTestSite makes a folder with all modules of the Worker and a test site's own: its pages, and the app.wasm of
// worker/testing/NAME with the modules beside it.
func buildTestSite(name string, shells map[string]string) (folder string, err error) {
	folder = harness.Build + "/test/site-" + name
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	modules, err := filepath.Glob(harness.Build + "/[a-z]*.[mjwbz]*")
	if err != nil {
		return "", err
	}
	own, err := filepath.Glob("worker/testing/" + name + "/*.mjs") // a main.mjs in place of the site's
	if err != nil {
		return "", err
	}
	for _, path := range append(modules, own...) {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(path)), content, 0o644); err != nil {
			return "", err
		}
	}
	var pages []edge.Page
	for pattern, shell := range shells {
		page, err := edge.ParsePage(pattern, shell)
		if err != nil {
			return "", err
		}
		pages = append(pages, page)
	}
	if err := os.WriteFile(filepath.Join(folder, "pages.bin"), edge.EncodePages(pages), 0o644); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", folder+"/app.wasm", "./worker/testing/"+name)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return folder, nil
}

// startRuntime runs the test site in a bare workerd, with KV, a Durable Object and a service binding.
func startRuntime(t *testing.T, env ...string) *harness.Server {
	t.Helper()
	return startRuntimeOf(t, func(config string) string { return config }, env...)
}

// startRuntimeOf is startRuntime with a configuration that change has made of it.
func startRuntimeOf(t *testing.T, change func(config string) string, env ...string) *harness.Server {
	t.Helper()
	folder, err := runtimeSite()
	require.NoError(t, err)
	capnp, err := os.ReadFile(harness.Build + "/workerd.capnp")
	require.NoError(t, err)
	config := strings.Replace(string(capnp), "  ],\n  bindings", "    (name = \"counter.mjs\", esModule = embed \"counter.mjs\"),\n  ],\n  bindings", 1)
	state := t.TempDir()
	config = strings.Replace(config, "  services = [\n", fmt.Sprintf(`  services = [
    (name = "kv", worker = .kv), (name = "beside", worker = .beside), (name = "state", disk = (path = %q, writable = true)),
`, state), 1)
	config = strings.Replace(config, "  bindings = [\n", `  durableObjectNamespaces = [(className = "Counter", uniqueKey = "counter", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
  bindings = [
    (name = "KV", kvNamespace = "kv"), (name = "BESIDE", service = "beside"), (name = "COUNTERS", durableObjectNamespace = "Counter"),
    (name = "PLAIN", text = "plain text"), (name = "SECRET", text = "s3cret"), (name = "MISSING", fromEnvironment = "NOT_SET"),
    (name = "RATES_API", fromEnvironment = "RATES_API"),
    (name = "END_AT_START", fromEnvironment = "END_AT_START"),
`, 1)
	for _, name := range []string{"kv", "beside"} {
		config += fmt.Sprintf("const %s :Workerd.Worker = (compatibilityDate = \"2026-11-01\", modules = [(name = \"%s.mjs\", esModule = embed \"%s.mjs\")]);\n", name, name, name)
	}
	path := filepath.Join(folder, strings.ReplaceAll(t.Name(), "/", "-")+".capnp")
	require.NoError(t, os.WriteFile(path, []byte(change(config)), 0o600))
	return harness.ServeWorkerd(t, path, env, "--experimental")
}

// startRuntimeInWrangler runs the test site in wrangler dev, with all stores.
func startRuntimeInWrangler(t *testing.T, env ...string) *harness.Server {
	t.Helper()
	folder, err := runtimeSite()
	require.NoError(t, err)
	own, err := os.ReadFile(harness.Site + "/wrangler.toml")
	require.NoError(t, err)
	keep := regexp.MustCompile(`(?ms)^(no_bundle = .*?$|rules = \[.*?^\]$|compatibility_date = .*?$|compatibility_flags = .*?$)`).FindAllString(string(own), -1)
	require.Len(t, keep, 4)
	main, err := filepath.Abs(filepath.Join(folder, "main.mjs"))
	require.NoError(t, err)
	beside, err := filepath.Abs(filepath.Join(folder, "beside.mjs"))
	require.NoError(t, err)
	dir := t.TempDir()
	besides := filepath.Join(dir, "beside.toml")
	require.NoError(t, os.WriteFile(besides, fmt.Appendf(nil, "name = \"beside\"\nmain = %q\nno_bundle = true\ncompatibility_date = \"2026-11-01\"\n", beside), 0o600))
	path := filepath.Join(dir, "wrangler.toml")
	text := fmt.Sprintf("name = \"runtime\"\nmain = %q\n%s\n", main, strings.Join(keep, "\n")) + `
[vars]
PLAIN = "plain text"
[[kv_namespaces]]
binding = "KV"
id = "kv"
[[d1_databases]]
binding = "DB"
database_name = "db"
database_id = "db"
[[r2_buckets]]
binding = "BUCKET"
bucket_name = "bucket"
[[durable_objects.bindings]]
name = "COUNTERS"
class_name = "Counter"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Counter"]
[[services]]
binding = "BESIDE"
service = "beside"
`
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".dev.vars"), []byte("SECRET=s3cret\n"), 0o600))
	return harness.StartWranglerWith(t, []string{"--config", path, "--config", besides}, env...)
}

// asFragment asks for what a handler says, as the page's fragment.
func asFragment(t *testing.T, s *harness.Server, what, ask string) string {
	t.Helper()
	page := read(t, request(t, http.MethodGet, s.URL+"/one/"+what+"?url="+url.QueryEscape(ask), nil))
	_, rest, ok := strings.Cut(page, "<body>")
	require.True(t, ok, page)
	return html.UnescapeString(strings.TrimSpace(rest))
}

// passed asks the same handler by a request that no page answers.
func passed(t *testing.T, s *harness.Server, what, ask string) string {
	t.Helper()
	resp := request(t, http.MethodGet, s.URL+"/do/"+what+"?url="+url.QueryEscape(ask), nil)
	return html.UnescapeString(strings.TrimSpace(read(t, resp)))
}

// onBoth runs a test against the test site in bare workerd and in wrangler dev.
func onBoth(t *testing.T, test func(t *testing.T, s *harness.Server)) {
	t.Run("workerd", func(t *testing.T) { t.Parallel(); test(t, startRuntime(t)) })
	t.Run("wrangler dev", func(t *testing.T) { t.Parallel(); test(t, startRuntimeInWrangler(t)) })
}

// asked is the server that the test site's handlers ask.
func asked(t *testing.T) *origin {
	t.Helper()
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/path", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "path %s", r.URL.RawQuery) })
	mux.HandleFunc("/teapot", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(megabyte) })
	mux.HandleFunc("/size", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %v %v", r.Method, len(body), bytes.Equal(body, megabyte), err)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/path?moved", http.StatusFound) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	})
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(w, "late")
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	})
	mux.HandleFunc("/reset", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	o := newOrigin(t, mux.ServeHTTP)
	t.Cleanup(func() { close(release) })
	return o
}

var megabyte = bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)

func TestHandlersAskOthers(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	big := fmt.Sprintf("status 200: 1048576 bytes %x", sha256.Sum256(megabyte))
	other := asked(t)
	many := "["
	for i := range 20 {
		many += fmt.Sprintf(`"status 200: path %d" `, i)
	}
	many = strings.TrimSpace(many) + "]"
	onBoth(t, func(t *testing.T, s *harness.Server) {
		for _, c := range []struct{ what, ask, want string }{
			{"http", "/path?x", "status 200: path x"},
			{"syumai", "/path?x", "status 200: path x"},
			{"syumai-client", "/path?x", "status 200: path x"},
			{"http", "/teapot", "status 418: "},
			{"syumai", "/teapot", "status 418: "},
			{"http", "/late", "status 200: late"},
			{"syumai", "/late", "status 200: late"},
			{"http", "/redirect", "status 200: path moved"},
			{"syumai", "/redirect", "status 200: path moved"},
			{"syumai-client", "/redirect", "status 200: path moved"},
			{"http", "/big", big},
			{"syumai", "/big", big},
			{"http-post", "/size", "status 200: POST 1048576 true <nil>"},
			{"syumai-post", "/size", "status 200: POST 1048576 true <nil>"},
			{"http-many", "/path", many},
			{"syumai-many", "/path", many},
			{"http-context", "/slow", "deadline true, in time true"},
			{"http-timeout", "/slow", "deadline true, in time true"},
			{"http-cancel-body", "/endless", "first byte x, <nil>, <nil>"},
			{"http", "/reset", "error:"},
			{"syumai", "/reset", "error:"},
			{"http", "/half", "status 200, then error:"},
			{"syumai", "/half", "status 200, then error:"},
			{"http", "http://" + nobody.Addr().String(), "error:"},
			{"syumai", "http://" + nobody.Addr().String(), "error:"},
			{"http", "http://no-such-host.invalid/", "error:"},
			{"syumai", "http://no-such-host.invalid/", "error:"},
			{"http", "nonsense://x", "error:"},
			{"binding", "", "status 200: beside, at /hello"},
		} {
			ask := c.ask
			if strings.HasPrefix(ask, "/") {
				ask = other.URL + ask
			}
			want := "<p>" + c.want
			if !strings.HasSuffix(c.want, "error:") {
				want += "</p>"
			}
			assert.Contains(t, asFragment(t, s, c.what, ask), want, "%s %s, a fragment", c.what, c.ask)
			assert.Contains(t, passed(t, s, c.what, ask), want, "%s %s, passed through", c.what, c.ask)
		}
		assert.NotContains(t, s.Log(), "app.wasm has ended")
	})
}

func TestHandlersUseWhatTheRuntimeGives(t *testing.T) {
	t.Parallel()
	other := asked(t)
	onBoth(t, func(t *testing.T, s *harness.Server) {
		wrangler := strings.Contains(t.Name(), "wrangler")
		globals := "<p>setTimeout:true queueMicrotask:true structuredClone:true atob:true crypto:true subtle:true caches:true " +
			"scheduler:true addEventListener:true websocket:true performance:true itself:true set:true static:true</p>"
		if !wrangler {
			globals = strings.Replace(globals, "caches:true", "caches:false", 1) // a bare workerd has no cache unless it is given one
		}
		for _, c := range []struct{ what, want string }{
			{"variables", `<p>"plain text" "s3cret" ""</p>`},
			{"time", "<p>took as long as it should: true; random: true</p>"},
			{"globals", globals},
			{"kv", "<p>Grüß Gott</p>"},
		} {
			assert.Contains(t, asFragment(t, s, c.what, ""), c.want, "%s, a fragment", c.what)
			assert.Contains(t, passed(t, s, c.what, ""), c.want, "%s, passed through", c.what)
		}
		whole := strings.TrimSpace(string(megabyte))
		assert.True(t, asFragment(t, s, "megabyte", "") == whole, "a megabyte, a fragment")
		assert.True(t, passed(t, s, "megabyte", "") == whole, "a megabyte, passed through")
		assert.Contains(t, asFragment(t, s, "object", ""), "<p>status 200: counted 5</p>")
		assert.Contains(t, passed(t, s, "object", ""), "<p>status 200: counted 10</p>")
		if wrangler { // of a bare workerd's, D1 and R2 speak protocols of Cloudflare's own
			assert.Contains(t, asFragment(t, s, "d1", ""), "<p>socks 1100, shoes 9900</p>")
			assert.Contains(t, passed(t, s, "d1", ""), "<p>socks 1100, shoes 9900</p>")
			assert.Contains(t, asFragment(t, s, "r2", ""), "<p>an object (9 bytes)</p>")
			assert.Contains(t, passed(t, s, "r2", ""), "<p>an object (9 bytes)</p>")
		}

		// What goes on after the answer.
		for name, ask := range map[string]func(*testing.T, *harness.Server, string, string) string{"fragment": asFragment, "passed": passed} {
			asks := other.URL + "/path?after-" + name
			assert.Contains(t, ask(t, s, "wait-until", asks), "<p>answered</p>")
			assert.Eventually(t, func() bool {
				return strings.Contains(s.Log(), `INFO waited got="status 200: path after-`+name+`"`)
			}, 30*time.Second, 10*time.Millisecond, "waitUntil of a %s", name)
		}

		// The log, each line whole and once.
		assert.Contains(t, asFragment(t, s, "log", ""), "<p>logged</p>")
		for _, line := range []string{
			`INFO asked for=socks`, `WARN slow ms=1200`, `level=ERROR msg=failed status=503`, `"level":"ERROR","msg":"failed in JSON","status":504`,
			"printed ümlauts", "a line without an end", "by the runtime",
		} {
			assert.Eventually(t, func() bool { return strings.Contains(s.Log(), line) }, 30*time.Second, 10*time.Millisecond, line)
			assert.Equal(t, 1, strings.Count(s.Log(), line), line)
		}
		assert.NotContains(t, s.Log(), "app.wasm has ended")
	})
}

func TestRequestsReachHandlersWhole(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *harness.Server) {
		const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
		resp := request(t, http.MethodPost, s.URL+"/do/echo?a=b%20c", bytes.NewReader(megabyte), "User-Agent", agent, "Accept", "text/html, */*;q=0.1")
		assert.Equal(t, fmt.Sprintf(`<p>POST /do/echoa=b%%20c host=%s agent=%q accept="text/html, */*;q=0.1" body=1048576 %x <nil></p>`,
			s.Addr(), agent, sha256.Sum256(megabyte)), html.UnescapeString(read(t, resp)))

		// What net/http's file server answers.
		whole := request(t, http.MethodGet, s.URL+"/do/content", nil)
		assert.Equal(t, "content of a file", read(t, whole))
		assert.Equal(t, "17", whole.Header.Get("Content-Length"))
		part := request(t, http.MethodGet, s.URL+"/do/content", nil, "Range", "bytes=0-6")
		assert.Equal(t, http.StatusPartialContent, part.StatusCode)
		assert.Equal(t, "content", read(t, part))
		head := request(t, http.MethodHead, s.URL+"/do/content", nil)
		assert.Equal(t, http.StatusOK, head.StatusCode)
		assert.Equal(t, "17", head.Header.Get("Content-Length"))
		unchanged := request(t, http.MethodGet, s.URL+"/do/content", nil, "If-Modified-Since", whole.Header.Get("Last-Modified"))
		assert.Equal(t, http.StatusNotModified, unchanged.StatusCode)
		assert.NotContains(t, s.Log(), "rror")
	})
}

// An author may keep an older compatibility date, or have Node's modules beside: their process and fs are not Go's.
func TestHandlersAskOthersOfEachCompatibility(t *testing.T) {
	t.Parallel()
	other := asked(t)
	for date, flags := range map[string]string{
		"2024-10-14": `"enable_request_signal"`, "2025-06-01": `"enable_request_signal", "nodejs_compat"`, "2026-11-01": `"enable_request_signal", "nodejs_compat"`,
	} {
		t.Run(date, func(t *testing.T) {
			t.Parallel()
			s := startRuntimeOf(t, func(config string) string {
				config = strings.Replace(config, `compatibilityDate = "2026-11-01",`, `compatibilityDate = "`+date+`",`, 1)
				return strings.Replace(config, `compatibilityFlags = ["enable_request_signal"]`, "compatibilityFlags = ["+flags+"]", 1)
			})
			for _, what := range []string{"http", "syumai", "syumai-client"} {
				assert.Contains(t, asFragment(t, s, what, other.URL+"/path?x"), "<p>status 200: path x</p>", what)
				assert.Contains(t, passed(t, s, what, other.URL+"/path?x"), "<p>status 200: path x</p>", what)
			}
			assert.Contains(t, asFragment(t, s, "http-post", other.URL+"/size"), "<p>status 200: POST 1048576 true <nil></p>")
			assert.Contains(t, asFragment(t, s, "variables", ""), `<p>"plain text" "s3cret" ""</p>`)
			assert.Contains(t, asFragment(t, s, "log", ""), "<p>logged</p>")
			assert.Eventually(t, func() bool { return strings.Contains(s.Log(), "INFO asked for=socks") }, 30*time.Second, 10*time.Millisecond)
		})
	}
}

// The fragments that docs/writing-a-site.md shows: one asks an API, one D1.
func TestFragmentsOfTheDocumentationAskOthers(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	rates := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case broken.Load():
			http.Error(w, "no rates today", http.StatusInternalServerError)
		case r.URL.RequestURI() == "/v1/rates?from=EUR&to=CHF":
			fmt.Fprint(w, `{"rate": 0.93}`)
		default:
			http.NotFound(w, r)
		}
	})
	for name, start := range map[string]func(*testing.T, ...string) *harness.Server{"workerd": startRuntime, "wrangler dev": startRuntimeInWrangler} {
		t.Run(name, func(t *testing.T) {
			broken.Store(false)
			s := start(t, "RATES_API="+rates.URL)
			page := func(id string) string { return read(t, request(t, http.MethodGet, s.URL+"/products/"+id, nil)) }
			socks := page("socks")
			assert.Contains(t, socks, "<p>1 EUR is 0.93 CHF</p>")
			if name == "workerd" {
				assert.Contains(t, socks, "<p>no stock</p>", "a bare workerd has no D1")
			} else {
				assert.Contains(t, passed(t, s, "fill-stock", ""), "filled")
				assert.Contains(t, page("socks"), "<p>12 left</p>")
				assert.Contains(t, page("hats"), "<p>no stock</p>")
			}
			broken.Store(true)
			asked := rates.total()
			require.Eventually(t, func() bool {
				assert.Contains(t, page("socks"), "<p>1 EUR is 0.93 CHF</p>", "a stale one stands in")
				return rates.total() > asked
			}, 30*time.Second, 100*time.Millisecond)
		})
	}
}
