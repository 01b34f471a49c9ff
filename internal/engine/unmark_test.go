package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/page"
	"inlay/internal/shell"
)

const mark = "\xEF\xBB\xBF"

const everyPlace = `<!doctype html><html><head><edge-slot name="h" src="/h"><title>t</title></edge-slot></head><body>` +
	`<p><edge-slot name="p" src="/p"></edge-slot></p><table><tbody><edge-slot name="r" src="/r"></edge-slot></tbody></table>` +
	`<select><edge-slot name="o" src="/o"></edge-slot></select></body></html>`

var everyFragment = []string{`<meta name="a">`, `<b>p</b>`, `<tr><td>r</td></tr>`, `<option>o</option>`}

func TestByteOrderMarkIsTakenOffInEveryPlaceAndMode(t *testing.T) {
	for _, before := range []string{mark, mark + mark} {
		for _, mode := range []page.Mode{page.Stream, page.Ordered, page.Complete} {
			p := pageOf(t, "/p", everyPlace)
			p.Mode = mode
			marked, plain := newScript(t, p), newScript(t, p)
			for s, before := range map[*script]string{marked: before, plain: ""} {
				s.get(1, "/p")
				for i, html := range everyFragment {
					s.fill(i, before+html)
				}
				s.engine.Resume(1, s.now)
				s.get(2, "/p")
				s.get(3, "/p")
			}
			assert.Equal(t, plain.takeBody(), marked.takeBody(), mode)
			assert.Equal(t, plain.head, marked.head, "the sum and the size too")
			assert.Equal(t, len(plain.blobs), len(marked.blobs), "what came with the mark is dropped")
			assert.Equal(t, plain.engine.Stats().Cache, marked.engine.Stats().Cache, "nor is it charged")
		}
	}
}

func TestByteOrderMarksOfOtherPlacesAndEncodings(t *testing.T) {
	for given, want := range map[string]string{
		mark:                 "",
		mark[:2]:             mark[:2] + "</>", // what is no UTF-8 is U+FFFD in every mode, and takes nothing of what follows
		"a" + mark + "b":     "a" + mark + "b", // a character of the text there
		mark + "\n<p>":       "\n<p></p>",
		"\xFF\xFE<\x00p\x00": "…",
		"\xFE\xFF\x00<\x00p": "…",
		"\xFF\xFE":           "…",
		"\xE4":               "\xE4</>",
		"\xE2\x82":           "\xE2\x82</>",
	} {
		s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/a">…</edge-slot></body>`))
		s.get(1, "/p")
		s.fill(0, given)
		s.engine.Resume(1, s.now)
		s.takeBody()
		s.get(2, "/p")
		assert.Equal(t, "<body>"+want+"</body>", s.takeBody(), "%q", given)
		assert.Equal(t, want == "…", strings.Contains(s.head["cache-status"], "detail=refused"), "%q", given)
	}
	s := newScript(t, pageOf(t, "/p", mark+everyPlace))
	s.fields = browser
	s.get(1, "/p")
	assert.True(t, strings.HasPrefix(s.takeBody(), mark+"<!doctype html>"), "a shell's own is where a page may have one")
	_, err := shell.Parse("/p", "\xFF\xFE<\x00p\x00")
	assert.ErrorContains(t, err, "UTF-8")
}
