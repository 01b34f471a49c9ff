package browsertest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the web platform's own tests (https://github.com/web-platform-tests/wpt) say of patches and of processing
// instructions, as a list of facts: what is in a page, and what becomes of it. Their files are
//
//	html/semantics/scripting-1/the-template-element/template-for/template-for-multiple-cases.html
//	html/semantics/scripting-1/the-template-element/template-for/template-for-eof.html
//	html/syntax/parsing/resources/processing-instructions.dat

// patchFact is a div with markers, the patches that follow it, and the div's content then. The patches are written as the
// engine writes them, with the comment that the fallback script waits for.
type patchFact struct {
	what    string
	div     string
	patches []string // name, content
	becomes string
	// script is what the fallback script makes of it; empty: the same.
	script string
	// rest is what the standard leaves after the div, restScript what the script does; the same if empty.
	rest, restScript string
}

var patchFacts = []patchFact{
	{what: "markers at both ends", div: `<?start name="p">Old<?end> content`, patches: []string{"p", "New"}, becomes: "New content"},
	{what: "no end marker: to the end of the parent", div: `<?start name="p">Old content`, patches: []string{"p", "New content"}, becomes: "New content"},
	{what: "an element left open in the patch", div: `<?start name="p">Old<?end>`, patches: []string{"p", "<span>New"}, becomes: "<span>New</span>"},
	{what: "an element left open in the patch, no end marker", div: `<?start name="p">Old content`, patches: []string{"p", "<span>New"}, becomes: "<span>New</span>"},
	{what: "placeholders in each other, the outer is patched", div: `<?start name="a">New <?start name="b"> content <?end> after <?end>`, patches: []string{"a", "X"}, becomes: "X"},
	{what: "placeholders in each other, the inner is patched", div: `<?start name="a">New <?start name="b"> content <?end> after`, patches: []string{"b", "X"}, becomes: `<?start name="a">New X after`},
	{what: "a name is an opaque text", div: `<?start name="a#b">Old<?end>`, patches: []string{"a#b", "X"}, becomes: "X"},
	{what: "two placeholders of one name: the first", div: `<?start name="a">1<?end><?start name="a">2<?end>`, patches: []string{"a", "X"}, becomes: `X<?start name="a">2<?end>`},
	{what: "a placeholder that a patch brings", div: `<?start name="a">Old<?end>`, patches: []string{"a", `X<?start name="b"><?end>`, "b", "Y"}, becomes: "XY"},
	{what: "no name", div: `<?start name="">Old<?end>`, patches: []string{"", "New"}, becomes: `<?start name="">Old<?end>`, rest: `<template for="">New</template>`,
		script: "New"},
	{what: "a marker without an end of its own", div: `New <?marker name="p"> content`, patches: []string{"p", "X"}, becomes: "New X content",
		script: `New <?marker name="p"> content`, restScript: `<template for="p">X</template>`},
	{what: "a marker without an end, twice", div: `<?marker name="b"> content`, patches: []string{"b", `X<?marker name="b">`, "b", "Y"}, becomes: "XY content",
		script: `<?marker name="b"> content`, restScript: `<template for="b">X<?marker name="b"></template><template for="b">Y</template>`},
	{what: "an end marker with a name", div: `<?start name="a">New <?start name="b"> content <?end name="a"> after<?end>`, patches: []string{"b", "X"},
		becomes: `<?start name="a">New X after<?end>`, script: `<?start name="a">New X`},
	{what: "an end marker with a name, around", div: `<?start name="a">Old<?end name="a"> after`, patches: []string{"a", "X"}, becomes: "X after", script: "X"},
	{what: "a start marker without a name counts", div: `<?start name="a">New <?start> content <?end> after<?end>.`, patches: []string{"a", "X"}, becomes: "X."},
	{what: "markers in capitals are none", div: `<?Start name="a">Old<?ENd>`, patches: []string{"a", "X"}, becomes: `<?Start name="a">Old<?ENd>`,
		rest: `<template for="a">X</template>`},
	{what: "a name without quotes is none", div: `<?start name=a>Old<?end>`, patches: []string{"a", "X"}, becomes: `<?start name=a>Old<?end>`,
		rest: `<template for="a">X</template>`},
	{what: "another attribute before the name", div: `<?start x="y" name="a">Old<?end>`, patches: []string{"a", "X"}, becomes: "X",
		script: `<?start x="y" name="a">Old<?end>`, restScript: `<template for="a">X</template>`},
	{what: "a question mark at the marker's end", div: `<?start name="a"?>Old<?end?>`, patches: []string{"a", "X"}, becomes: "X",
		script: `<?start name="a">Old<?end>`, restScript: `<template for="a">X</template>`},
}

func TestPatchesAreWhatTheWebPlatformsTestsSay(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b := openFrames(t, k)
			for _, f := range patchFacts {
				want, rest := f.becomes, f.rest
				if k != native {
					if f.script != "" {
						want, rest = f.script, f.restScript
					}
				}
				patches := ""
				for i := 0; i < len(f.patches); i += 2 {
					patches += patch(f.patches[i], f.patches[i+1])
				}
				for _, pieces := range []int{1, 2, 4} {
					got := asWritten.Replace(b.writes(`<div>`+f.div+`</div>`+patches, pieces))
					assert.Equal(t, `<div>`+want+`</div>`+rest, got, "%s, in %d pieces", f.what, pieces)
				}
			}
		})
	}
}

// TestPatchThatIsCutOffAtTheEnd is the one in which the two differ on purpose: the standard shows the half.
func TestPatchThatIsCutOffAtTheEnd(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			want := `<div><?start name="p">Old<?end></div><template for="p">New</template>`
			if k == native {
				want = `<div>New</div>`
			}
			b := openFrames(t, k)
			assert.Equal(t, want, asWritten.Replace(b.writes(`<div><?start name="p">Old<?end></div><template for="p">New`, 1)))
		})
	}
}

// asWritten undoes what the two ways of writing markers differ in.
var asWritten = strings.NewReplacer("<!---->", "", "<!--?", "<?", "?-->", ">", "-->", ">", " ?>", ">", "?>", ">")

// writes writes a body into a frame in some pieces, and gives what became of it.
func (b *tab) writes(body string, pieces int) string {
	b.t.Helper()
	given, err := json.Marshal([]any{head[:strings.Index(head, "<title>")] + "</head><body>", body, pieces})
	require.NoError(b.t, err)
	return b.evaluate(`(async (head, body, pieces) => {
		const task = () => new Promise(go => { const c = new MessageChannel; c.port1.onmessage = go; c.port2.postMessage(0) })
		const frame = document.body.appendChild(document.createElement("iframe"))
		const d = frame.contentDocument
		d.open()
		d.write(head)
		const size = Math.ceil(body.length / pieces)
		for (let at = 0; at < body.length; at += size) {
			d.write(body.slice(at, at + size))
			await task()
		}
		d.close()
		for (let turn = 0; turn < 3 || d.readyState !== "complete" && turn < 1000; turn++) await task()
		const html = d.body.innerHTML
		frame.remove()
		return html
	})(...` + string(given) + `)`)
}

// instructionFacts are what a parser with processing instructions makes of markup; to others all are comments.
var instructionFacts = []struct{ markup, becomes string }{
	{`<?start name="a">`, `?start name="a"`}, {`<?end>`, `?end `}, {`<?end ?>`, `?end `}, {`<?end?>`, `?end `},
	{`<?hey   there?>`, `?hey there`}, {"<?hey\nthere=1?>", `?hey there=1`}, {`<?hey?there>`, `?hey ?there`}, {`<?x ? >`, `?x ? `}, {`<?UPPER data>`, `?UPPER data`},
	{`<?_x>`, `?_x `}, {`<?a-b_c9 d>`, `?a-b_c9 d`}, {`<?t d > ?>`, `?t d | ?>`},
	{`<?xml>`, `!?xml`}, {`<?XML-stylesheet>`, `!?XML-stylesheet`}, {`<?1st>`, `!?1st`}, {`<?-x>`, `!?-x`}, {`<?a$>`, `!?a$`}, {`<?x=y>`, `!?x=y`}, {`<?a<b>`, `!?a<b`}, {`<?a:b>`, `!?a:b`}, {`<?a.b>`, `!?a.b`}, {`<?é>`, `!?é`},
	{`<? >`, `!? `}, {`<?start data`, ``}, {`<?start`, ``},
	{`<table><tr><?x></tr></table>`, `?x `}, {`<select><?x></select>`, `?x `}, {`<textarea><?x></textarea>`, `|<?x>`},
}

func TestInstructionsAreWhatTheWebPlatformsTestsSay(t *testing.T) {
	b := openFrames(t, native)
	for _, f := range instructionFacts {
		given, err := json.Marshal(f.markup)
		require.NoError(t, err)
		got := b.evaluate(`(markup => {
			const frame = document.body.appendChild(document.createElement("iframe")), d = frame.contentDocument
			d.open(); d.write("<!doctype html><body>" + markup); d.close()
			let all = ""
			for (let n, w = d.createTreeWalker(d.body, 4 | 64 | 128); n = w.nextNode();) all += n.nodeType === 3 ? "|" + n.data : n.nodeType === 7 ? "?" + n.target + " " + n.data : "!" + n.data
			frame.remove()
			return all
		})(` + string(given) + `)`)
		assert.Equal(t, f.becomes, got, f.markup)
	}
}

func TestWhatTheScriptDoesNotDoIsWrittenDown(t *testing.T) {
	text, err := os.ReadFile("../../docs/wire-format.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "\n## What the script does not do\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n## ")
	rows := map[string]bool{}
	for _, row := range strings.Split(table, "\n") {
		if what, rest, ok := strings.Cut(strings.TrimPrefix(row, "| "), " | "); ok && strings.Contains(rest, "`") {
			rows[what] = true
		}
	}
	for _, f := range patchFacts {
		if f.script != "" {
			assert.Contains(t, rows, f.what)
			delete(rows, f.what)
			for _, shown := range []string{f.div, f.becomes, f.script} {
				assert.Contains(t, table, "`"+shown+"`", f.what)
			}
		}
	}
	delete(rows, "a patch that is cut off at the page's end")
	assert.Empty(t, rows)
	assert.Contains(t, table, "a patch that is cut off at the page's end")
}
