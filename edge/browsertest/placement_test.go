package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// reader is a browser and a reader's settings.
type reader struct {
	name   string
	kind   kind
	noJS   bool
	policy string
}

// readers are those in whose browser a patch has to land.
var readers = []reader{
	{name: "native", kind: native},
	{name: "native, JavaScript off", kind: native, noJS: true},
	{name: "native, script-src none", kind: native, policy: "script-src 'none'"},
	{name: "fallback", kind: fallback},
	{name: "firefox", kind: firefox},
	{name: "webkit", kind: webkit},
}

func (r reader) visit(t *testing.T) (*tab, *stage) {
	t.Helper()
	var fields []string
	if r.policy != "" {
		fields = []string{"Content-Security-Policy", r.policy}
	}
	s := newStage(t, fields...)
	b := openTab(t, r.kind, r.noJS)
	b.open(s.server.URL)
	return b, s
}

// placements are places in a shell that a fragment can come to.
var placements = []struct {
	name     string
	shell    string // with $ where the slot is
	skeleton string
	fragment string
}{
	{"in a paragraph", `<p>before $ after</p>`, skeleton, fragment},
	{"as table rows", `<table><tbody>$</tbody></table>`, `<tr><td><b class="sk">wait</b></td></tr>`,
		`<tr><td><b class="fr">one</b></td></tr><tr><td>two</td></tr>`},
	{"as table rows between others", `<table><tbody><tr><td>first</td></tr>$<tr><td>last</td></tr></tbody></table>`,
		`<tr><td><b class="sk">wait</b></td></tr>`, `<tr><td><b class="fr">one</b></td></tr>`},
	{"as cells", `<table><tbody><tr>$</tr></tbody></table>`, `<td><b class="sk">wait</b></td>`, `<td><b class="fr">one</b></td><td>two</td>`},
	{"as list items", `<ul><li>first</li>$</ul>`, `<li class="sk">wait</li>`, `<li class="fr">one</li><li>two</li>`},
	{"deep inside", `<main><section><div><span>$</span></div></section></main>`, skeleton, fragment},
	{"directly in body", `$`, skeleton, fragment},
}

func TestSkeletonIsSeenFirstAndFragmentTakesItsPlaceWhileThePageLoads(t *testing.T) {
	for _, r := range readers {
		for _, p := range placements {
			t.Run(r.name+"/"+p.name, func(t *testing.T) {
				// given a page of which the shell alone has come
				b, s := r.visit(t)
				s.send(head + strings.Replace(p.shell, "$", placeholder("slot", p.skeleton), 1))

				// then its skeleton shows
				b.sees(placeholder("slot", p.skeleton))
				b.shows("skeleton", true, false)

				// when the patch comes, and nothing after it
				s.send(patch("slot", p.fragment))

				// then the fragment is in the skeleton's place, and neither markers nor template are left
				there := strings.Replace(p.shell, "$", p.fragment, 1)
				html := b.waits(there, func(html string) bool {
					// A fragment alone stands in its template too, until the script of the fallback runs.
					return strings.Contains(html, there) && !strings.Contains(html, "<template")
				})
				assert.NotContains(t, html, "sk\"")
				assert.NotContains(t, html, "?start")
				assert.NotContains(t, html, "?end")
				b.shows("fragment", false, true)

				// and the page ends as it should
				s.send("<footer>end</footer></body></html>")
				s.end()
				b.sees("<footer>end</footer></body></html>")
			})
		}
	}
}

func TestOptionsTakeTheirPlaceInSelect(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<select><option>a</option>` + placeholder("slot", `<option>wait</option>`) + `<option>z</option></select>`)
			b.sees(`<option>wait</option>`)
			b.screenshot("skeleton")

			s.send(patch("slot", `<option selected="">b</option><option>c</option>`))

			b.sees(`<select><option>a</option><option selected="">b</option><option>c</option><option>z</option></select>`)
			b.screenshot("fragment")
			s.end()
		})
	}
}

func TestFragmentsTakeTheirPlaceInHead(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			start, rest, _ := strings.Cut(head, "<title>page</title>")
			s.send(start + placeholder("meta", `<title>wait</title>`) + rest + "<p>text</p>")
			b.sees("<title>wait</title>")

			s.send(patch("meta", `<title>here</title><meta name="description" content="d">`))

			b.sees(`<head><title>here</title><meta name="description" content="d"></head>`)
			s.end()
		})
	}
}

func TestSlotInsideAFragmentTakesItsOwnPatch(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<div>` + placeholder("outer", skeleton) + `</div>`)
			b.sees(`<div><?start name="outer">`)

			s.send(patch("outer", `<p>outer `+placeholder("inner", skeleton)+`</p>`))
			b.sees(`<div><p>outer <?start name="inner">` + skeleton + `<?end></p></div>`)
			s.send(patch("inner", fragment))

			b.sees(`<div><p>outer ` + fragment + `</p></div>`)
			s.end()
		})
	}
}

func TestPatchesTakeTheirPlacesInAnyOrder(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>` + placeholder("a", "1") + placeholder("b", "2") + placeholder("c", "3") + `</p>`)
			s.send(patch("c", "C") + patch("a", "A"))
			b.sees(`<p>A<?start name="b">2<?end>C</p>`)

			s.send(patch("b", "B"))

			b.sees(`<p>ABC</p>`)
			s.end()
		})
	}
}

func TestSecondPatchOfANameAndPatchOfNoNameDoNothing(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>` + placeholder("a", "1") + `</p><p>` + placeholder("other", "2") + `</p>`)

			s.send(patch("a", "first") + patch("a", "second") + patch("unknown", "third") + `<i>last</i>`)

			html := b.sees(`<p>first</p><p>` + placeholder("other", "2") + `</p>`)
			assert.Contains(t, b.sees("<i>last</i>"), patch("a", "second"), html)
			assert.Contains(t, b.html(), patch("unknown", "third"))
			s.end()
		})
	}
}

func TestOfTwoPlacesWithOneNameTheFirstIsPatched(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>` + placeholder("a", "1") + `</p><p>` + placeholder("a", "2") + `</p>`)

			s.send(patch("a", "one"))

			b.sees(`<p>one</p><p>` + placeholder("a", "2") + `</p>`)
			s.end()
		})
	}
}

func TestSkeletonsAndFragmentsMayHoldWhatLooksLikeMarkers(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>` + placeholder("a", `?end<!-- <?end> -->&lt;?end><!--end-->`+placeholder("x", "in")+`<i title="<?end>">`+"?end</i>") + `.</p>`)

			s.send(patch("a", `<!-- </template> --><i title="</template>">t</i>?start name="a"`) + patch("a", "no"))

			b.sees(`<p><!-- </template> --><i title="&lt;/template&gt;">t</i>?start name="a".</p>`)
			s.end()
		})
	}
}

func TestPatchThatIsCutOffLeavesTheSkeletonAloneInTheFallback(t *testing.T) {
	// given a page that ends in the middle of a patch; the standard's own patches have put half of it into place by then
	b, s := reader{kind: fallback}.visit(t)
	s.send(head + `<p>` + placeholder("a", skeleton) + `</p>`)

	// when it ends
	s.send(`<template for="a"><b>ha`)
	s.end()

	// then the skeleton stays
	b.waits("complete", func(string) bool { return b.evaluate("document.readyState") == "complete" })
	assert.Contains(t, b.html(), `<p>`+placeholder("a", skeleton)+`</p>`)
}

func TestEscapedNamesMeetInEveryBrowser(t *testing.T) {
	// given names as the wire has them: see appendEscapedName
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>`)
			names := []string{"a%3Eb", "a%22b", "a%26b", "gr%C3%B6%C3%9Fe", "%6Eull", "a%3F", "a.b_c~d-e", "A", "a"}
			for _, name := range names {
				s.send(placeholder(name, "-") + " ")
			}
			s.send(`</p><template>no patch</template><!---->`)
			want := ""
			for _, name := range names {
				s.send(patch(name, "("+name+")"))
				want += "(" + name + ") "
			}
			b.sees(`<p>` + want + `</p>`)
			s.end()
		})
	}
}
