package browsertest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/devserver"
	"inlay/internal/project"
)

// written is a site that is being written, under inlay dev --native.
type written struct {
	t   *testing.T
	dir string
	url string

	mu  sync.Mutex
	out bytes.Buffer
}

// Write gets what inlay dev says.
func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

func (w *written) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String()
}

func (w *written) save(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(w.t, os.WriteFile(path, []byte(text), 0o644))
}

const handlers = `package main

import (
	"embed"
	"io"
	"net/http"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() {
	app.Main(pages, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<p>Good morning</p>")
	}))
}
`

// shellOf is a page with a heading, and something else in its head.
func shellOf(heading, head string) string {
	return "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Shop</title>" + head + "</head>\n<body>\n<h1>" + heading +
		"</h1>\n<edge-slot name=\"greeting\" src=\"/greeting\"><p>…</p></edge-slot>\n</body>\n</html>\n"
}

// writing runs inlay dev for a site; headers are its _headers, head stands in its page's head.
func writing(t *testing.T, headers, head string) *written {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	w := &written{t: t, dir: t.TempDir()}
	w.save("wrangler.toml", "name = \"shop\"\nmain = \"build/main.mjs\"\n")
	w.save("go.mod", "module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nrequire "+regexp.MustCompile(`github\.com/syumai/workers v\S+`).FindString(string(mod))+
		" // indirect\n\nreplace inlay => "+root+"\n")
	w.save("go.sum", string(sum))
	w.save("handlers.go", handlers)
	w.save("pages/index.html", shellOf("One", head))
	if headers != "" {
		w.save("pages/_headers", headers)
	}
	p, err := project.Load(w.dir)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- devserver.Run(ctx, devserver.Options{Project: p, Native: true, Out: w}) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
		if t.Failed() {
			t.Log(w.said())
		}
	})
	ready := regexp.MustCompile(`listening on (http://localhost:\d+)\nready`)
	require.Eventually(t, func() bool {
		at := ready.FindStringSubmatch(w.said())
		if at != nil {
			w.url = at[1] + "/"
		}
		return at != nil
	}, 4*patience, 10*time.Millisecond, "inlay dev did not listen")
	return w
}

// A page that is open follows what is saved: by itself, whatever policy it has; mistakes stand over it while they are there.
func TestAPageThatIsOpenFollowsWhatIsSaved(t *testing.T) {
	for name, policy := range map[string]struct{ headers, head string }{
		"no policy":                      {},
		"a policy that allows nothing":   {headers: "/*\n  Content-Security-Policy: default-src 'none'\n"},
		"a policy in the page":           {head: `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-abc'">`},
		"a policy that heeds no address": {headers: "/*\n  Content-Security-Policy: script-src 'nonce-abc' 'strict-dynamic'; require-trusted-types-for 'script'\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := writing(t, policy.headers, policy.head)
			for _, k := range []kind{native, firefox, webkit} {
				t.Run(string(k), func(t *testing.T) {
					w.t = t
					b := openTab(t, k, false)
					w.save("pages/index.html", shellOf("One", policy.head))
					b.open(w.url)
					html := b.sees("<h1>One</h1>")
					b.waits("the client to be gone from the page", func(html string) bool { return !strings.Contains(html, `<script src="/_inlay`) })
					assert.Contains(t, html, "<p>Good morning</p>")

					w.save("pages/index.html", shellOf("Two", policy.head))
					b.sees("<h1>Two</h1>")

					w.save("pages/index.html", strings.Replace(shellOf("Three", policy.head), ` src="/greeting"`, "", 1))
					b.sees("<inlay-dev>")
					b.sees("<h1>Two</h1>")
					shown := b.evaluate(`document.querySelector("inlay-dev").shadowRoot.textContent`)
					assert.Contains(t, shown, "pages/index.html:6:1")
					assert.Contains(t, shown, `without a src`)
					assert.Contains(t, shown, "     6  <edge-slot")
					assert.Equal(t, "fixed", b.evaluate(`getComputedStyle(document.querySelector("inlay-dev").shadowRoot.querySelector(".over")).position`), "its style is allowed")
					b.screenshot("overlay")

					w.save("handlers.go", strings.Replace(handlers, "io.WriteString(w", "io.WriteSting(w", 1))
					b.open(w.url)
					html = b.sees("<h1>2 mistakes</h1>")
					assert.Contains(t, html, "handlers.go:17:6")
					b.screenshot("error page")

					w.save("handlers.go", handlers)
					w.save("pages/index.html", shellOf("Four", policy.head))
					b.sees("<h1>Four</h1>")
					b.sees("<p>Good morning</p>")
				})
			}
		})
	}
}
