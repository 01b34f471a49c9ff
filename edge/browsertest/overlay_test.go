package browsertest

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// visited serves a page natively, as it is while its site is being written.
func visited(t *testing.T, html string, fragments http.Handler, change ...func(*edge.Options)) *httptest.Server {
	t.Helper()
	p, err := edge.ParsePage("/{$}", html)
	require.NoError(t, err)
	c, err := edge.ParseConfig(func(name string) (string, bool) {
		value, ok := map[string]string{"INLAY_DEV": "1", "INLAY_FILL_TIMEOUT": "300ms", "INLAY_MAX_FRAGMENT": "4096"}[name]
		return value, ok
	})
	require.NoError(t, err)
	o := edge.Options{Pages: []edge.Page{p}, Origin: fragments, Config: c, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, f := range change {
		f(&o)
	}
	h, err := edge.NewHandler(o)
	require.NoError(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		h.Close()
	})
	return server
}

// inShadow evaluates an expression in which $ is the overlay's shadow; its value is text.
func (b *tab) inShadow(expression string) string {
	b.t.Helper()
	return b.evaluate(`(($) => ` + expression + `)(document.querySelector("inlay-overlay")?.shadowRoot)`)
}

// opens waits for the overlay, and opens it.
func (b *tab) opens() {
	b.t.Helper()
	b.settles("the overlay", `$ !== undefined && $.querySelector(".badge, .panel") !== null`)
	b.inShadow(`String($.querySelector(".badge")?.click())`)
	b.settles("its panel", `$.querySelector(".panel") !== null`)
}

// settles waits until an expression of inShadow's is true.
func (b *tab) settles(what, expression string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.inShadow(`String(`+expression+`)`) == "true" }, patience, 20*time.Millisecond, what)
}

// broken are fragments that are broken each in its way, with what has to be read of them on the page: cause and remedy.
var broken = []struct {
	name, src, cause, remedy string
	answer                   func(w http.ResponseWriter, r *http.Request)
}{
	{"panic", "", "panicked: no such product", "the log's trace", func(http.ResponseWriter, *http.Request) { panic("no such product") }},
	{"json", "", `the answer is "application/json"`, "JSON is for scripts", answersAs("application/json", `{"a":1}`)},
	{"cookie", "", "has Set-Cookie", "Set the cookie on a path", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		fmt.Fprint(w, "<p>x")
	}},
	{"error", "", "the origin answered 500", "the origin's own log", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", 500) }},
	{"missing", "", "the origin answered 404", "Correct the slot's src", http.NotFound},
	{"slow", "", "no whole answer for /slow within 300ms", "raise the slot's timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{"large", "", "INLAY_MAX_FRAGMENT", "Make the fragment smaller", answersAs("text/html", strings.Repeat("<p>x</p>", 1000))},
	{"private", "", "Cache-Control: private", "Take private out", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private")
		fmt.Fprint(w, "<p>x")
	}},
	{"no-store", "", "no-store", "Take no-store out", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, "<p>x")
	}},
	{"varies", "", `varies on "Cookie"`, "the slot's vary", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Cookie")
		fmt.Fprint(w, "<p>x")
	}},
	{"markup", "", "at byte", "Correct the HTML at that byte", answersAs("text/html", `<p>x</p><p title="x>Hello`)},
	{"image", "", `the answer is "image/png"`, "Let the origin answer with HTML", answersAs("image/png", "\x89PNG")},
	{"circle", "", "the origin answered 302", "in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", 302) }},
	{"gone", "http://127.0.0.1:1/x", "connection refused", "Start the origin", nil},
	{"bound", "binding:SHOP/x", "there is no binding SHOP", "Add the binding", nil},
}

func answersAs(kind, text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text)
	}
}

// Whoever has broken a fragment finds the cause on the page itself.
func TestEachBrokenFragmentTellsItsCauseOnThePage(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/good", answersAs("text/html", "<p>Good morning</p>"))
	html := `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Broken</title></head><body><h1>Shop</h1>
<edge-slot name="good" src="/good"><p>…</p></edge-slot>`
	for _, one := range broken {
		src := one.src
		if src == "" {
			src = "/" + one.name
			mux.HandleFunc(src, one.answer)
		}
		html += `<section><h2>` + one.name + `</h2><div><edge-slot name="` + one.name + `" src="` + src + `"><p>loading</p></edge-slot></div></section>` + "\n"
	}
	server := visited(t, html+`</body></html>`, mux, func(o *edge.Options) { o.Config.AllowHosts = []string{"127.0.0.1:1"} })
	b := openTab(t, native, false)
	b.open(server.URL + "/")
	b.settles("the badge", `$?.querySelector(".badge") != null`)
	assert.Contains(t, b.inShadow(`$.textContent`), fmt.Sprintf("%d of %d failed", len(broken), len(broken)+1))
	b.opens()
	b.settles("the cards", fmt.Sprintf(`$.querySelectorAll(".card").length === %d`, len(broken)))
	var cards map[string]string
	require.NoError(t, json.Unmarshal([]byte(b.inShadow(`JSON.stringify(Object.fromEntries([...$.querySelectorAll(".card")].map((c) => [c.firstChild.textContent, c.textContent])))`)), &cards))
	var reasons map[string]string
	require.NoError(t, json.Unmarshal([]byte(b.inShadow(`JSON.stringify(Object.fromEntries([...$.querySelectorAll(".rows > .why")].map((w) => [w.previousSibling.querySelector(".name").textContent, w.textContent])))`)), &reasons))
	for _, one := range broken {
		assert.Contains(t, cards[one.name], one.cause, one.name)
		assert.Contains(t, cards[one.name], one.remedy, one.name)
		assert.Contains(t, reasons[one.name], one.cause, one.name)
		assert.Contains(t, reasons[one.name], one.remedy, one.name)
	}
	look(b, "broken")
}

// look writes a screenshot where INLAY_LOOK says, for eyes.
func look(b *tab, name string) {
	b.t.Helper()
	if to := os.Getenv("INLAY_LOOK"); to != "" {
		ctx, stop := bounded()
		defer stop()
		tab := b.driver.(*chromiumTab)
		require.NoError(b.t, tab.run(ctx, emulation.SetDeviceMetricsOverride(1120, 780, 1, false)))
		defer func() { _ = tab.run(ctx, emulation.ClearDeviceMetricsOverride()) }()
		b.evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
		picture, err := b.png(ctx)
		require.NoError(b.t, err)
		require.NoError(b.t, os.WriteFile(to+"/"+name+".png", picture, 0o644))
	}
}
