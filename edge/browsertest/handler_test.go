package browsertest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// origin answers a fragment when the test lets it.
type origin struct {
	t      *testing.T
	mu     sync.Mutex
	ready  map[string]chan struct{}
	answer map[string]string

	accepted string   // Accept-Encoding of the page's last request
	coded    []string // Content-Encoding of each answer
}

// ServeHTTP waits for the fragment of the path; an answer that is a number is a status.
func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	select {
	case <-o.gate(name):
	case <-r.Context().Done():
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if o.answer[name] == "500" {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = io.WriteString(w, o.answer[name])
}

func (o *origin) gate(name string) chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ready[name] == nil {
		o.ready[name] = make(chan struct{})
	}
	return o.ready[name]
}

// gives lets the fragment go.
func (o *origin) gives(name, html string) {
	o.t.Helper()
	gate := o.gate(name)
	o.mu.Lock()
	o.answer[name] = html
	o.mu.Unlock()
	close(gate)
}

// site serves a shell by [edge.Handler]; fields are added to what it answers.
func site(t *testing.T, shell string, fields ...string) (url string, o *origin) {
	t.Helper()
	return siteOf(t, shell, nil, fields...)
}

// siteOf is site with other codings than gzip.
func siteOf(t *testing.T, shell string, codings []edge.Coding, fields ...string) (url string, o *origin) {
	t.Helper()
	page, err := edge.ParsePage("/{$}", shell)
	require.NoError(t, err)
	config, err := edge.ParseConfig(func(name string) (string, bool) {
		return "25s", name == "INLAY_FILL_TIMEOUT" // a browser on a busy machine takes longer for a few looks than a fill may
	})
	require.NoError(t, err)
	o = &origin{t: t, ready: map[string]chan struct{}{}, answer: map[string]string{}}
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: o, Config: config, Codings: codings})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		handler.ServeHTTP(w, r)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.accepted, o.coded = r.Header.Get("Accept-Encoding"), append(o.coded, w.Header().Get("Content-Encoding"))
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		o.mu.Lock()
		for _, gate := range o.ready {
			select {
			case <-gate:
			default:
				close(gate)
			}
		}
		o.mu.Unlock()
		ctx, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		assert.NoError(t, handler.Shutdown(ctx))
	})
	return server.URL, o
}

// shop is a shell with a slot of each sort: in head, in a paragraph, as table rows, as options, deep inside. It leaves
// elements open at its end, as HTML allows.
const shop = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<edge-slot name="title" src="/title"><title>wait</title></edge-slot>
` + style + `
</head>
<body>
<p>Price: <edge-slot name='size "größe" &amp; > <' src="/price">` + skeleton + `<edge-error><b>none</b></edge-error></edge-slot>.</p>
<table><tbody><edge-slot name="rows" src="/rows"><tr><td>` + skeleton + `</td></tr></edge-slot></tbody></table>
<select><option>a</option><edge-slot name="options" src="/options"><option>wait</option></edge-slot></select>
<section><div><ul><li><edge-slot name="null" src="/deep">` + skeleton + `</edge-slot></li></ul></div></section>
<p>The <b>end
</body>
</html>
`

// fragments are shop's, and what is seen once each has come.
var fragments = []struct{ name, html, seen string }{
	{"rows", `<tr><td>` + fragment + `</td></tr><tr><td>two</td></tr>`,
		`<table><tbody><tr><td>` + fragment + `</td></tr><tr><td>two</td></tr></tbody></table>`},
	{"deep", `<i>deep</i><script>document.body.dataset.ran = (document.body.dataset.ran || "") + "once"</script>`,
		`<li><i>deep</i><script>`},
	{"price", fragment, `<p>Price: ` + fragment + `.</p>`},
	{"options", `<option>b</option><option selected="">c</option>`,
		`<select><option>a</option><option>b</option><option selected="">c</option></select>`},
	{"title", `<title>here</title>`, `<title>here</title>`},
}

func TestHandlersPageFillsItsSlotsOneAfterTheOther(t *testing.T) {
	for _, r := range append(readers, reader{name: "fallback, its hash alone", kind: fallback, policy: "script-src " + edge.FallbackCSPHash}) {
		t.Run(r.name, func(t *testing.T) {
			// given a page none of whose fragments is there
			var fields []string
			if r.policy != "" {
				fields = []string{"Content-Security-Policy", r.policy}
			}
			url, o := site(t, shop, fields...)
			b := openTab(t, r.kind, r.noJS)

			// when it is opened
			b.open(url)

			// then its skeletons are seen
			b.sees("The <b>end")
			html := b.html()
			for _, wait := range []string{"<title>wait</title>", `Price: <?start name="size%20%22gr%C3%B6%C3%9Fe%22%20%26%20%3E%20%3C">` + skeleton + "<?end>.",
				`<tr><td>` + skeleton + `</td></tr>`, "<option>wait</option>", skeleton + "<?end></li>"} {
				assert.Contains(t, html, wait)
			}
			b.shows("0-skeletons", true, false)

			// and each fragment takes its place as it comes
			for i, f := range fragments {
				assert.NotContains(t, b.html(), f.seen)
				o.gives(f.name, f.html)
				b.sees(f.seen)
				b.screenshot(string(rune('1'+i)) + "-" + f.name)
			}
			html = b.waits("the end", func(html string) bool {
				return strings.HasSuffix(html, "</body></html>") && !strings.Contains(html, "?start")
			})
			assert.NotContains(t, html, "?end")
			assert.NotContains(t, html, "<template")
			assert.NotContains(t, html, "wait")
			b.shows("9-end", false, true)
			if !r.noJS && r.policy == "" {
				assert.Equal(t, "once", b.evaluate("document.body.dataset.ran"))
			}

			// and the next reader gets them in the page itself
			b.open(url + "/?again")
			html = b.sees("The <b>end")
			assert.NotContains(t, html, "?start")
			assert.NotContains(t, html, "<!---->")
			for _, f := range fragments {
				assert.Contains(t, html, f.seen)
			}
		})
	}
}

func TestHandlersPageShowsWhatTheSlotHasForAFailure(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			// given a page with a slot that has an error text, and one that has none
			url, o := site(t, `<!doctype html><html><head>`+style+`</head><body><p>1<edge-slot name="a" src="/a">`+skeleton+
				`<edge-error><i>none</i></edge-error></edge-slot></p><p>2<edge-slot name="b" src="/b">`+skeleton+`</edge-slot></p>`+
				`<p>3<edge-slot name="c" src="/c">`+skeleton+`</edge-slot></p></body></html>`)
			b := openTab(t, r.kind, r.noJS)
			b.open(url)
			b.sees(`<p>1<?start name="a">`)

			// when both fail and the third comes
			o.gives("a", "500")
			o.gives("b", "500")
			o.gives("c", fragment)

			// then the first shows its error text, the second stays with its skeleton, and the third is not disturbed
			b.sees(`<p>3` + fragment + `</p>`)
			html := b.sees(`<p>1<i>none</i></p>`)
			assert.Contains(t, html, `<p>2`+placeholder("b", skeleton)+`</p>`)
		})
	}
}

// TestHandlersPageCutAnywhereForTheParserBecomesTheSame takes the bytes that the handler streams and writes them into
// frames, cut at every character.
func TestHandlersPageCutAnywhereForTheParserBecomesTheSame(t *testing.T) {
	// given a streamed page's bytes
	url, o := site(t, `<!doctype html><html><head></head><body><p><edge-slot name="a&lt;" src="/a">€</edge-slot></p><table><tbody>`+
		`<edge-slot name="b" src="/b"><tr><td>w</td></tr></edge-slot></tbody></table><p>end</body></html>`)
	request, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Sec-Fetch-Dest", "document")
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	require.NoError(t, err)
	o.gives("a", `<i>€</i><script>n=(self.n|0)+1</script>`)
	o.gives("b", `<tr><td>1</td></tr><tr><td>2</td></tr>`)
	streamed, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(streamed), "<?start ")
	require.Contains(t, string(streamed), edge.FallbackScript)

	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b := openFrames(t, k)

			// then it becomes the same wherever it is cut
			assert.Equal(t, "nothing", b.cutsEverywhere(string(streamed), "<body>",
				`<p><i>€</i><script>n=(self.n|0)+1</script></p><table><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table><p>end`))
		})
	}
}

// TestHandlersPageIsShownAtOnce measures nothing: it shows that the browser paints the shell although the answer goes on.
func TestHandlersPageIsShownAtOnce(t *testing.T) {
	for _, k := range []kind{native, fallback, firefox} {
		t.Run(string(k), func(t *testing.T) {
			url, _ := site(t, `<!doctype html><html><head></head><body><edge-slot name="a" src="/a">`+skeleton+`</edge-slot>`+style+`</body></html>`)
			b := openTab(t, k, false)
			b.open(url)
			b.sees("sk\"")
			b.shows("shell", true, false)
		})
	}
}
