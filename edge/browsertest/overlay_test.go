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
	{"circle", "", "the origin answered 302", "in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) }},
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

// everywhere is a page with slots in all kinds of places, and what is shown in each.
const everywhere = `<!doctype html><html lang="en"><head><meta charset="utf-8">%s<edge-slot name="title" src="/title"><title>…</title></edge-slot></head>
<body style="margin:20px"><h1 id="h">Shop</h1>
<p id="p">It costs <edge-slot name="price" src="/price">…</edge-slot> today, <edge-slot name="unit" src="/unit">…</edge-slot>.</p>
<table id="t"><tbody><tr><td>first</td></tr><edge-slot name="rows" src="/rows"><tr><td>…</td></tr></edge-slot><tr><td>last</td></tr></tbody></table>
<select id="s"><option>one</option><edge-slot name="options" src="/options"></edge-slot></select>
<div id="d"><edge-slot name="outer" src="/outer"><i>…</i></edge-slot></div>
<div id="e"><p>same</p><edge-slot name="same" src="/same"><p>…</p></edge-slot><p>same</p></div>
<div id="n"><edge-slot name="none" src="/none"></edge-slot></div>
</body></html>`

var everywhereFragments = map[string]string{
	"/title": "<title>T</title>", "/price": "<b>5</b> euros", "/unit": "plain text", "/rows": "<tr id=r1><td>A</td></tr><tr id=r2><td>B</td></tr>",
	"/options": "<option>two</option>", "/outer": `<section id="o">before <edge-slot name="inner" src="/inner"><u>…</u></edge-slot> after</section>`,
	"/inner": `<em id="i">inner</em>`, "/same": "<p id=mine>same</p>", "/none": "",
}

// boxes asks what the outlines are around: for each slot, whether its box is that of what its fragment brought, to a pixel.
const boxes = `(() => {
	const range = (node, from, to) => { const r = document.createRange(); r.setStart(node, from); r.setEnd(node, to); return r.getBoundingClientRect(); };
	const over = (...all) => { const r = document.createRange(); r.setStartBefore(all[0]); r.setEndAfter(all.at(-1)); return r.getBoundingClientRect(); };
	const [p] = [document.querySelector("#p")];
	const texts = [...p.childNodes].filter((n) => n.nodeType === 3 && n.data.includes("plain text"));
	const at = texts[0].data.indexOf("plain text");
	const euros = [...p.childNodes].filter((n) => n.nodeType === 3 && n.data.includes(" euros"))[0];
	const b = p.querySelector("b");
	const price = document.createRange(); price.setStartBefore(b); price.setEnd(euros, euros.data.indexOf(" euros") + 6);
	const want = {
		price: price.getBoundingClientRect(), unit: range(texts[0], at, at + 10), rows: over(document.querySelector("#r1"), document.querySelector("#r2")),
		outer: over(document.querySelector("#o")), "outer.inner": over(document.querySelector("#i")), same: over(document.querySelector("#mine")),
	};
	const shown = Object.fromEntries([...$.querySelectorAll(".box")].filter((box) => !box.hidden).map((box) => [box.querySelector("b").textContent, box.getBoundingClientRect()]));
	const wrong = Object.entries(want).filter(([name, w]) => { const g = shown[name]; return !g || ["left", "top", "width", "height"].some((k) => Math.abs(g[k] - w[k]) > 1.5); });
	return wrong.map(([name, w]) => name + ": " + JSON.stringify(shown[name]) + " is not " + JSON.stringify(w)).join("; ") + (shown.title || shown.none ? " too many" : "");
})()`

// Wherever slots are and however they came, the outlines are around what they brought; and the page is as it is without.
func TestOutlinesAreWhereTheSlotsAre(t *testing.T) {
	mux := http.NewServeMux()
	for path, text := range everywhereFragments {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Duration(len(path)) * 3 * time.Millisecond) // so that patches come in an order of their own
			w.Header().Set("Inlay-Slots", "1")
			answersAs("text/html; charset=utf-8", text)(w, nil)
		})
	}
	for name, c := range map[string]struct{ meta, header string }{
		"no policy":              {},
		"a policy in the header": {header: "default-src 'none'; style-src 'unsafe-inline'; require-trusted-types-for 'script'; trusted-types 'none'"},
		"a policy in the page":   {meta: `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; style-src 'unsafe-inline'">`},
	} {
		for _, k := range []kind{native, fallback} {
			t.Run(name+", "+string(k), func(t *testing.T) {
				server := visited(t, fmt.Sprintf(everywhere, c.meta), mux, func(o *edge.Options) {
					if c.header != "" {
						o.Pages[0].Header = []edge.Field{{Name: "content-security-policy", Value: c.header}}
					}
				})
				b := openTab(t, k, false)
				for _, mode := range []string{"stream", "ordered", "warm"} {
					url := server.URL + "/?inlay=" + mode
					if mode == "warm" {
						url = server.URL + "/"
					}
					b.open(url)
					b.settles("the badge", `$?.querySelector(".badge") != null`)
					before := b.evaluate(`document.head.outerHTML + document.body.outerHTML`)
					assert.NotContains(t, before, `<script src="/_inlay`, "the script has gone")
					b.inShadow(`String($.querySelector(".badge").click())`)
					b.settles("the panel", `$.querySelector(".tools button") !== null`)
					b.inShadow(`String($.querySelector(".tools button").click())`)
					b.settles("outlines", `$.querySelectorAll(".box").length >= 8`)
					b.evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
					assert.Empty(t, b.inShadow(boxes), mode)
					assert.Equal(t, before, b.evaluate(`document.head.outerHTML + document.body.outerHTML`), "nothing of the page has changed: %s", mode)
					look(b, "everywhere-"+mode)
					b.inShadow(`String($.querySelector(".close").click())`)
				}
			})
		}
	}
}

// Scripts that have changed the page since are no reason to draw lines around something else.
func TestOutlinesFollowWhatScriptsHaveMoved(t *testing.T) {
	mux := http.NewServeMux()
	for path, text := range everywhereFragments {
		mux.HandleFunc(path, answersAs("text/html; charset=utf-8", text))
	}
	server := visited(t, strings.Replace(fmt.Sprintf(everywhere, ""), "</body>", `<script>
	for (const where of [document.body, document.querySelector("#t tbody"), document.querySelector("#e")]) where.prepend(where.firstElementChild.cloneNode(true));
	document.querySelector("#d").before(document.createElement("aside"));
	document.querySelector("#n").remove();
</script></body>`, 1), mux)
	b := openTab(t, native, false)
	b.open(server.URL + "/?inlay=complete")
	b.opens()
	b.inShadow(`String($.querySelector(".tools button").click())`)
	b.settles("outlines", `$.querySelectorAll(".box").length >= 6`)
	b.evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	assert.Empty(t, b.inShadow(boxes))
	assert.Contains(t, b.inShadow(`$.querySelector(".panel").textContent`), "not where the page had", "and it says that one is gone")
}

// A key takes the overlay away, also from the pages that follow, and brings it back.
func TestAKeyTakesTheOverlayAway(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/good", answersAs("text/html", "<p>Good morning</p>"))
	server := visited(t, `<!doctype html><html lang="en"><head><title>t</title></head><body><edge-slot name="good" src="/good"></edge-slot><iframe src="/?frame"></iframe></body></html>`, mux)
	b := openTab(t, native, false)
	b.open(server.URL + "/")
	b.settles("the badge", `$?.querySelector(".badge") != null`)
	assert.Equal(t, "null", b.evaluate(`String(document.querySelector("iframe").contentDocument.querySelector("inlay-overlay"))`), "frames have none")
	const key = `dispatchEvent(new KeyboardEvent("keydown", { code: "KeyO", key: "O", altKey: true, shiftKey: true, bubbles: true, cancelable: true }))`
	b.evaluate(`String(` + key + `)`)
	b.settles("no overlay", `$ === undefined`)
	b.open(server.URL + "/")
	b.sees("Good morning")
	b.evaluate(`new Promise((done) => setTimeout(done, 700))`) // longer than it would take to come
	assert.Equal(t, "true", b.inShadow(`String($ === undefined)`))
	b.evaluate(`String(` + key + `)`)
	b.settles("the badge", `$?.querySelector(".badge") != null`)
	assert.Equal(t, "null", b.evaluate(`String(sessionStorage.getItem("inlay-overlay"))`))
}

// The buttons do what they say.
func TestTheOverlaysButtons(t *testing.T) {
	asked := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/good", func(w http.ResponseWriter, r *http.Request) {
		asked++
		answersAs("text/html", fmt.Sprintf("<p>Answer %d</p>", asked))(w, r)
	})
	server := visited(t, `<!doctype html><html lang="en"><head><title>t</title></head><body><edge-slot name="good" src="/good" ttl="1h" tags="news"></edge-slot></body></html>`, mux)
	b := openTab(t, native, false)
	b.open(server.URL + "/")
	b.sees("Answer 1")
	b.opens()
	press := func(text string) {
		t.Helper()
		b.settles(text, `[...($?.querySelectorAll("button") ?? [])].some((b) => b.textContent === `+quoted(text)+`)`)
		b.inShadow(`String([...$.querySelectorAll("button")].find((b) => b.textContent === ` + quoted(text) + `).click())`)
	}
	b.inShadow(`String($.querySelector(".row").click())`)
	press("Purge")
	b.settles("what it has done", `$?.querySelector(".said")?.textContent.includes("good is purged") === true`)
	press("Fetch all again")
	b.sees("Answer 2")
	b.settles("the panel again", `$?.querySelector(".panel") != null`)
	press("ordered")
	require.Eventually(t, func() bool { return b.evaluate(`location.search`) == "?inlay=ordered" }, patience, 20*time.Millisecond)
	b.settles("the panel once more", `$?.querySelector(".panel") != null`)
	assert.Contains(t, b.inShadow(`$.querySelector(".row").textContent`), "fresh")
	press("Invalidate all")
	b.settles("what it has done", `$?.querySelector(".said")?.textContent.includes("stale from now on") === true`)
	press("as visited")
	b.sees("Answer 3")
	b.settles("the panel at the end", `$?.querySelector(".panel") != null`)
	b.inShadow(`String($.querySelector(".close")?.click())`)
}

// quoted is a text in JavaScript.
func quoted(text string) string {
	q, _ := json.Marshal(text)
	return string(q)
}
