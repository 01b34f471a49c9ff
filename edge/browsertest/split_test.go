package browsertest

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiny and small are pages, and what they have to become. The script in a fragment counts its runs, so that one that ran
// twice, or half, shows.
const (
	tiny     = `<p><?start name="a">€<?end></p><template for="a"><i>€</i><script>n=(self.n|0)+1</script></template><!----><u></u>`
	tinyDone = `<p><i>€</i><script>n=(self.n|0)+1</script></p><!----><u></u>`

	small = `<title>t</title>` +
		`<p>€` + `<?start name="a">wait<!--€--><?end>` + `</p><table><tbody>` + `<?start name="b"><tr><td>w</td></tr><?end>` + `</tbody></table>` +
		`<template for="a"><i>1</i><script>n=(self.n|0)+1</script><?start name="c">w<?end></template><!---->` +
		`<template for="b"><tr><td>€</td></tr></template><!---->` +
		`<template for="c"><b id=c>3</b></template><!---->` +
		`<template for="a">no</template><!----><u></u>`
	smallDone = `<p>€<i>1</i><script>n=(self.n|0)+1</script><b id="c">3</b></p><table><tbody><tr><td>€</td></tr></tbody></table>` +
		`<!----><!----><!----><template for="a">no</template><!----><u></u>`
)

// TestPageCutInTwoAnywhereOnTheNetworkBecomesTheSame sends the page in two pieces, the second when the browser has the
// first, for every byte that it can be cut at. Chromium tells what has arrived; the others do not.
func TestPageCutInTwoAnywhereOnTheNetworkBecomesTheSame(t *testing.T) {
	for _, k := range []kind{native, fallback} {
		t.Run(string(k), func(t *testing.T) {
			b := openTab(t, k, false)
			s := newStage(t)
			arrived := b.watchArrivals()
			start, _, _ := strings.Cut(head, "<title>")
			for at := 0; at <= len(tiny); at++ {
				b.open(s.server.URL)
				arrived.reset()
				s.send(start + tiny[:at])
				arrived.waits(t, len(start)+at)
				s.send(tiny[at:])
				s.end()

				html := b.sees("<u></u></body>")
				_, body, _ := strings.Cut(html, "<body>")
				body, _, _ = strings.Cut(body, "</body>")
				require.Equal(t, tinyDone, body, "cut before %q", tiny[at:])
				require.Equal(t, "1", b.evaluate("self.n"), "cut before %q", tiny[at:])
			}
		})
	}
}

// TestPageCutAnywhereForTheParserBecomesTheSame writes the page into a frame: in two pieces, for every character that it
// can be cut at after the fallback script; and one character at a time.
func TestPageCutAnywhereForTheParserBecomesTheSame(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b := openFrames(t, k)
			start, _, _ := strings.Cut(head, "<title>")
			assert.Equal(t, "nothing", b.cutsEverywhere(start+small, "<title>", smallDone))
		})
	}
}

// openFrames opens a page that others can be written into.
func openFrames(t *testing.T, k kind) *tab { return openFramesUnder(t, k, "") }

// openFramesUnder does so under a content security policy, which frames without an address of their own inherit.
func openFramesUnder(t *testing.T, k kind, policy string) *tab {
	t.Helper()
	b, s := reader{kind: k, policy: policy}.visit(t)
	s.send(`<!doctype html><body><u></u></body>`)
	s.end()
	b.sees("<u></u></body>")
	return b
}

// cutsEverywhere writes html into a frame, in two pieces for every place from the first from on, and one character at a
// time, and tells what has not become done: the body's content, but for comments and white space at its end, in which n
// counts one run of a script. Firefox and WebKit, which differ from Chromium's fallback in nothing that this is about, and
// take longer, get each fifth place.
func (b *tab) cutsEverywhere(html, from, done string) string {
	b.t.Helper()
	step := 1
	if b.kind == firefox || b.kind == webkit {
		step = 5
	}
	return b.evaluate(`(async (html, from, done, step) => {
		const task = () => new Promise(go => { const c = new MessageChannel; c.port1.onmessage = go; c.port2.postMessage(0) })
		const frame = document.body.appendChild(document.createElement("iframe"))
		const d = frame.contentDocument
		async function show(pieces) {
			frame.contentWindow.n = 0
			d.open()
			for (const piece of pieces) {
				d.write(piece)
				await task()
			}
			d.close()
			const body = d.body.innerHTML.replace(/<!--(\?start [^>]*|\?end)-->/g, "<$1>").replace(/(\s|<!---->)*((<\/\w+>)*)$/, "$2")
			return frame.contentWindow.n === 1 && body.startsWith(done) ? "" : JSON.stringify([frame.contentWindow.n, body, pieces.at(-1)]) + "\n"
		}
		let wrong = await show([...html])
		for (let at = html.indexOf(from); at <= html.length; at += step) wrong += await show([html.slice(0, at), html.slice(at)])
		return wrong || "nothing"
	})(` + quote(html) + `,` + quote(from) + `,` + quote(done) + `,` + strconv.Itoa(step) + `)`)
}

// arrivals counts the bytes that a tab's network has delivered.
type arrivals struct {
	bytes  atomic.Int64
	change chan struct{}
}

func (b *tab) watchArrivals() *arrivals {
	b.t.Helper()
	tab := b.driver.(*chromiumTab)
	do := func(action chromedp.Action) {
		ctx, stop := bounded()
		defer stop()
		require.NoError(b.t, tab.run(ctx, action))
	}
	a := &arrivals{change: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(tab.ctx)
	b.t.Cleanup(stop)
	chromedp.ListenTarget(ctx, func(event any) {
		if data, ok := event.(*network.EventDataReceived); ok {
			a.bytes.Add(data.DataLength)
			select {
			case a.change <- struct{}{}:
			default:
			}
		}
	})
	do(network.Enable())
	b.t.Cleanup(func() { do(network.Disable()) })
	return a
}

func (a *arrivals) reset() { a.bytes.Store(0) }

func (a *arrivals) waits(t *testing.T, n int) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for a.bytes.Load() < int64(n) {
		select {
		case <-a.change:
		case <-ctx.Done():
			require.FailNow(t, "bytes have not arrived", "%d of %d", a.bytes.Load(), n)
		}
	}
}
