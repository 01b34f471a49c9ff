package browsertest

import (
	"encoding/json"
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/difftest"
)

var (
	cases = flag.Int("cases", 600, "how many cases of edge/difftest each browser gets")
	seed  = flag.Uint64("seed", 1, "what they are made from")
)

// TestPagesAreTheSameWarmAndCold writes a sample of edge/difftest's cases into frames: the composed page, the streamed one,
// which the browser or the fallback script patches, and the one in order. No script but the fallback's runs, and nothing
// is loaded.
func TestPagesAreTheSameWarmAndCold(t *testing.T) {
	maker, err := difftest.NewMaker(*seed, nil)
	require.NoError(t, err)
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b := openFramesUnder(t, k, "default-src 'none'; style-src 'unsafe-inline'; script-src "+edge.FallbackCSPHash)
			compared, failures := 0, 0
			const batch, enough = 20, 5
			for n := 0; n < *cases && failures < enough; {
				var made []difftest.Case
				var answers []difftest.Answers
				for ; n < *cases && len(made) < batch; n++ {
					c := maker.Case(n)
					a, err := difftest.Answer(c)
					require.NoError(t, err, "%s", c)
					if a.Refused == nil && len(a.RefusedFragments) == 0 {
						made, answers = append(made, c), append(answers, a)
					}
				}
				compared += len(made)
				for i, difference := range b.compares(answers) {
					if difference == "" || failures == enough {
						continue
					}
					failures++
					small := difftest.Shrink(made[i], 100, func(c difftest.Case) bool {
						a, err := difftest.Answer(c)
						if err != nil || a.Refused != nil || len(a.RefusedFragments) > 0 {
							return false
						}
						d := b.compares([]difftest.Answers{a})[0]
						if d != "" {
							difference = d
						}
						return d != ""
					})
					assert.Fail(t, "a page is not the same cold and warm", "seed %d, made small: %s\n%s", *seed, small, difference)
				}
			}
			t.Logf("%d pages of %d cases of seed %d", compared, *cases, *seed)
			if failures == 0 {
				assert.Greater(t, compared, *cases/4, "most cases are refused, which proves little")
			}
		})
	}
}

// compares tells for each page what differs in it.
func (b *tab) compares(answers []difftest.Answers) (differences []string) {
	b.t.Helper()
	given, err := json.Marshal(answers)
	require.NoError(b.t, err)
	apart := ""
	if b.kind == firefox {
		apart = notTheStandards
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.evaluate("("+compareInFrames+")("+string(given)+","+quote(edge.FallbackScript)+","+quote(apart)+")")), &differences))
	require.Len(b.t, differences, len(answers))
	return differences
}

// notTheStandards selects what Firefox 153 reads in another way than the standard does, in a page without inlay too: where a
// table stands in foreign content that stands in a table, the outer one's end tag does not end it. A page with that in it
// is not compared there.
const notTheStandards = "table svg table, table math table"

const compareInFrames = `async (answers, script, apart) => {
	const task = () => new Promise(go => { const c = new MessageChannel; c.port1.onmessage = go; c.port2.postMessage(0) })
	document.body.replaceChildren()
	const frame = document.body.appendChild(document.createElement("iframe"))

	// A page as text: a line for each node, text that meets made one.
	function lines(d) {
		const out = [d.compatMode]
		let text = ""
		const walk = (parent, depth) => {
			const indent = " ".repeat(depth), flush = () => { if (text) out.push(indent + JSON.stringify(text)); text = "" }
			for (const node of parent.childNodes) {
				if (node.nodeType === 3) { text += node.data; continue }
				// After each patch there is a comment, which the composed page has not.
				if (node.nodeType === 8 && !node.data && parent === d.body) continue
				flush()
				if (node.nodeType === 8) out.push(indent + "<!--" + node.data + "-->")
				else if (node.nodeType === 7) out.push(indent + "<?" + node.target + " " + node.data + "?>")
				else if (node.nodeType === 10) out.push(indent + "<!doctype " + [node.name, node.publicId, node.systemId].join() + ">")
				else {
					const space = node.namespaceURI.replace(/.*\//, "")
					out.push(indent + "<" + space + " " + node.localName + [...node.attributes].map(a => " " + a.name + "=" + JSON.stringify(a.value)).sort().join("") + ">")
					if (node.shadowRoot) { out.push(indent + " shadow root"); walk(node.shadowRoot, depth + 2) }
					if (node.content instanceof frame.contentWindow.DocumentFragment || node.content instanceof DocumentFragment || node.localName === "template" && node.content) { out.push(indent + " content"); walk(node.content, depth + 2) }
					walk(node, depth + 1)
				}
			}
			flush()
		}
		if (d.body) trimEnd(d.body)
		walk(d, 0)
		return out
	}

	// White space at the end of body goes where the parser was: see edge/difftest/trees.mjs.
	function trimEnd(node) {
		for (let last; (last = node.lastChild);) {
			if (last.nodeType === 8 && !last.data && node.localName === "body") { last.remove(); continue }
			if (last.nodeType !== 3) {
				if (last.childNodes && last.namespaceURI === "http://www.w3.org/1999/xhtml" && last.localName !== "template") trimEnd(last)
				return
			}
			last.data = last.data.replace(/[\t\n\f\r ]+$/, "")
			if (last.data) return
			last.remove()
		}
	}

	async function read(html, unfilled, streamed) {
		const d = frame.contentDocument
		d.open()
		d.write(html)
		d.close()
		for (let turn = 0; turn < 3 || d.readyState !== "complete" && turn < 1000; turn++) await task()
		if (!streamed) return lines(d)
		const own = [...d.scripts].find(s => s.text === script)
		if (own) {
			if (own.nextSibling?.nodeType === 8 && own.nextSibling.data === "inlay") own.nextSibling.remove()
			own.remove()
		}
		// A slot that nothing came for keeps its skeleton between the markers.
		for (const name of unfilled ?? []) {
			const w = d.createTreeWalker(d, 64 | 128)
			const kind = node => (node.nodeType === 7 ? "?" + node.target + (node.data && " " + node.data) : node.data).trim()
			let start
			while ((start = w.nextNode()) && kind(start) !== '?start name="' + name + '"');
			if (!start) continue
			let open = 1, end = start
			while ((end = end.nextSibling)) {
				if (end.nodeType < 7) continue
				if (/^\?start\b/.test(kind(end))) open++
				if (kind(end) === "?end" && --open === 0) break
			}
			end?.remove()
			start.remove()
		}
		return lines(d)
	}

	const differ = (a, b) => {
		let at = 0
		while (at < a.length && a[at] === b[at]) at++
		if (at === a.length && at === b.length) return ""
		return a.slice(Math.max(0, at - 3), at + 5).join("\n") + "\n  instead of\n" + b.slice(Math.max(0, at - 3), at + 5).join("\n")
	}

	const differences = []
	for (const { Warm, Cold, Ordered, Unfilled } of answers) {
		const want = await read(Warm)
		if (apart && frame.contentDocument.querySelector(apart)) { differences.push(""); continue }
		let d = differ(await read(Cold, Unfilled, true), want)
		if (d) d = "streamed:\n" + d
		if (!d && Ordered !== Warm && (d = differ(await read(Ordered), want))) d = "in order:\n" + d
		differences.push(d)
	}
	frame.remove()
	return JSON.stringify(differences)
}`
