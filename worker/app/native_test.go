//go:build !js

package app

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/edgetest"
)

//go:embed all:pages
var pages embed.FS

// siteOf is what Main makes of a handler.
func siteOf(handler http.Handler) *site {
	return &site{
		pages:   func() ([]edge.Page, error) { return edge.ReadPages(pages) },
		files:   pages,
		handler: handler,
	}
}

func greeting() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>Hello, "+r.PathValue("name")+"!</p>")
	})
	return mux
}

// output is what a program has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

var listening = regexp.MustCompile(`listening on (http://\S+)`)

// serving runs the site's program, and gives its address.
func serving(t *testing.T, s *site, vars map[string]string, args ...string) (url string) {
	t.Helper()
	var out output
	ended := make(chan error, 1)
	go func() { ended <- run(s, append([]string{"site"}, args...), environment(vars), &out, &out) }()
	require.Eventually(t, func() bool {
		if at := listening.FindStringSubmatch(out.String()); at != nil {
			url = at[1]
		}
		return url != ""
	}, 10*time.Second, time.Millisecond)
	t.Cleanup(func() {
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(2 * drain):
			t.Error("SIGTERM does not end it")
		}
	})
	return url
}

func get(t *testing.T, url string) (status int, contentType, body string) {
	t.Helper()
	answer, err := http.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(text)
}

func TestProgramServesPagesAndHandler(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "style.css"), []byte("body{}"), 0o644))
	url := serving(t, siteOf(greeting()), map[string]string{"PORT": "0"}, "-public", dir)
	_, kind, body := get(t, url+"/style.css")
	assert.Equal(t, "text/css; charset=utf-8", kind)
	assert.Equal(t, "body{}", body)
	status, _, body := get(t, url+"/hello/you")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "<p>Hello, you!</p>")
	status, kind, body = get(t, url+"/nowhere")
	assert.Equal(t, 404, status)
	assert.Equal(t, "text/html; charset=utf-8", kind)
	assert.Equal(t, "<!doctype html>\n<title>Nothing here</title>\n<p>Nothing is here.</p>\n", body)
}

func TestProgramServesTheHandlerAlone(t *testing.T) {
	url := serving(t, siteOf(greeting()), nil, "-origin", "-listen", "127.0.0.1:0")
	status, _, body := get(t, url+"/fragments/hello/you")
	assert.Equal(t, 200, status)
	assert.Equal(t, "<p>Hello, you!</p>", body)
	status, _, _ = get(t, url+"/hello/you")
	assert.Equal(t, 404, status)
	_, _, body = get(t, url+"/nowhere")
	assert.Contains(t, body, "Nothing is here.")
}

// A program may be given what it shares with others: here another's purge.
func TestProgramSharesAPurgeLog(t *testing.T) {
	log, lower := edgetest.NewLog(0), edgetest.NewTier()
	var version atomic.Int64
	s := siteOf(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<p>version %d</p>", version.Load())
	}))
	s.change = append(s.change, func(o *edge.Options) error {
		o.Log, o.Lower = log, lower
		return nil
	})
	url := serving(t, s, map[string]string{"PORT": "0", "INLAY_LEASE": "200ms"})
	_, _, body := get(t, url+"/hello/you")
	require.Contains(t, body, "version 0")
	version.Add(1)
	_, err := log.Purge(t.Context(), "", 0, []string{"all"})
	require.NoError(t, err)
	time.Sleep(201 * time.Millisecond) // the bound itself
	_, _, body = get(t, url+"/hello/you")
	assert.Contains(t, body, "version 1")

	s = siteOf(greeting())
	s.change = append(s.change, func(*edge.Options) error { return errors.New("no such Redis") })
	assert.ErrorContains(t, run(s, []string{"site", "-check"}, environment(nil), io.Discard, io.Discard), "no such Redis")
}

func TestProgramTakesPagesFromAFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other.html"), []byte("<p>another page"), 0o644))
	url := serving(t, siteOf(greeting()), map[string]string{"PORT": "0"}, "-from", dir)
	_, _, body := get(t, url+"/other")
	assert.Contains(t, body, "another page")
	status, _, body := get(t, url+"/hello/you")
	assert.Equal(t, 404, status)
	assert.Equal(t, "404 page not found\n", body)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "other.html"), []byte("<p>x\n<edge-slot>"), 0o644))
	err := run(siteOf(greeting()), []string{"site", "-from", dir, "-check"}, environment(nil), io.Discard, io.Discard)
	require.Error(t, err)
	assert.Equal(t, filepath.Join(dir, "other.html")+`:2:1: <edge-slot> without a name; expected name="…"`, told(err))
}

func TestProgramWritesPagesForTheCore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pages.bin")
	require.NoError(t, run(siteOf(greeting()), []string{"site", "-pages", file}, environment(map[string]string{"INLAY_TTL": "never"}), io.Discard, io.Discard))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	all, err := edge.DecodePages(data)
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, "/hello/{name}", all[0].Pattern)
}

func TestProgramSaysWhatIsWrong(t *testing.T) {
	broken := &site{pages: func() ([]edge.Page, error) {
		return edge.ReadPages(fstest.MapFS{"a.html": {}, "b.html": {Data: []byte("<edge-slot>")}})
	}}
	double := &site{pages: func() ([]edge.Page, error) {
		p, err := edge.ParsePage("/a", "<p>a")
		return []edge.Page{p, p}, err
	}}
	for name, c := range map[string]struct {
		site *site
		vars map[string]string
		args []string
		want string
	}{
		"pages":           {broken, nil, []string{"-check"}, "a.html: an empty file; expected the HTML of the page \"/a\"\nb.html:1:1: <edge-slot> before the body"},
		"conflicts":       {double, nil, []string{"-pages", filepath.Join(t.TempDir(), "x")}, `inlay: edge: patterns "/a" and "/a" conflict`},
		"variables":       {siteOf(greeting()), map[string]string{"INLAY_TTL": "never", "INLAY_SWR": "ever"}, []string{"-check"}, "inlay: INLAY_TTL is \"never\""},
		"a log":           {siteOf(greeting()), map[string]string{"INLAY_LOG": "PurgeLog"}, []string{"-check"}, "inlay: INLAY_LOG is \"PurgeLog\": expected json, which logs each line as an object, or text"},
		"no files":        {siteOf(greeting()), nil, []string{"-public", "nowhere"}, "inlay: open nowhere: no such file"},
		"a taken address": {siteOf(greeting()), nil, []string{"-listen", "127.0.0.1:99999"}, "set PORT to a free port, or ADDR to an address of this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(c.site, append([]string{"site"}, c.args...), environment(c.vars), io.Discard, io.Discard)
			require.Error(t, err)
			assert.Contains(t, told(err), c.want)
		})
	}
	for _, args := range [][]string{{"-nothing"}, {"serve"}} {
		var out output
		err := run(siteOf(greeting()), append([]string{"site"}, args...), environment(nil), io.Discard, &out)
		assert.ErrorAs(t, err, new(usageError))
		assert.Contains(t, out.String(), strings.TrimPrefix(args[0], "-"))
	}
	assert.NoError(t, run(siteOf(greeting()), []string{"site", "-check"}, environment(nil), io.Discard, io.Discard))
}
