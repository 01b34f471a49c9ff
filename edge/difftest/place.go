package difftest

import (
	"math/rand/v2"
	"strings"
)

// Place is a kind of place that a slot can stand in.
type Place struct {
	Name string
	// Before and After are the shell around the slot, without the seams.
	Before, After string
	// Skeletons are what may show in the place.
	Skeletons []string
	// Fit are fragments that belong there: most of them have to be accepted.
	Fit []string
	// Text: text stands well in the place, so the seams may have some.
	Text bool
}

const (
	docHead = `<!doctype html><html lang="en"><head><title>t</title></head><body>`
	docTail = `<p>end</p></body></html>`
)

func body(name, before, after string, skeletons, fit []string) Place {
	return Place{Name: name, Before: docHead + before, After: after + docTail, Skeletons: skeletons, Fit: fit, Text: true}
}

func bare(p Place) Place {
	p.Text = false
	return p
}

var (
	anySkeleton = []string{"", "wait", "<i>wait</i>", "<!-- wait -->", " "}
	phrase      = []string{"text", "<b>b</b>", "a &amp; b", "<i>i</i> and <img alt=x>", "<span class=x>s</span>", "", "<br>", "<svg viewBox='0 0 1 1'><path d=M0/></svg>", "<input value=1>", "<script>1</script>", "<!-- c -->"}
	flow        = append([]string{"<p>p</p>", "<div><p>a<p>b</div>", "<ul><li>1<li>2</ul>", "<table><tr><td>1</table>", "<h2>h</h2><p>x</p>", "<form><input name=q><button>go</button></form>", "<pre>\n x</pre>", "<style>a{}</style>", "<dl><dt>t<dd>d</dl>", "<select><option>1<option>2</select>", "<template><p>x</p></template>", "<details><summary>s</summary>d</details>"}, phrase...)
	rows        = []string{"<tr><td>1</td></tr>", "<tr><td>1<td>2<tr><td>3</tr>", "<tr></tr>", "<tr><th>a</th></tr> <tr><td><b>b</b></td></tr>", "", "<!-- none -->", "<script>1</script>"}
	cells       = []string{"<td>1</td>", "<td>1<td>2</td>", "<th>a</th><td><p>x</p></td>", "", "<td><table><tr><td>x</table></td>"}
	options     = []string{"<option>1</option>", "<option>1<option selected>2</option>", "", "<option value=a>a &lt; b</option>"}
	items       = []string{"<li>1</li>", "<li>1<li>2</li>", "<li><p>x</p></li>", "<li><ul><li>x</ul></li>"}
)

// Places are the kinds of places.
var Places = []Place{
	body("body", ``, ``, anySkeleton, flow),
	body("div", `<div>`, `</div>`, anySkeleton, flow),
	body("main section", `<main><section><h1>h</h1>`, `</section></main>`, anySkeleton, flow),
	body("p", `<p>`, `</p>`, anySkeleton, phrase),
	body("a", `<p><a href="#a">`, `</a></p>`, anySkeleton, phrase),
	body("b", `<div><b>`, `</b></div>`, anySkeleton, phrase),
	body("h1", `<h1>`, `</h1>`, anySkeleton, phrase),
	body("span", `<p><em><span>`, `</span></em></p>`, anySkeleton, phrase),
	bare(body("table", `<table>`, `</table>`, []string{"", "<tbody><tr><td>w</td></tr></tbody>"}, []string{"<tbody><tr><td>1</td></tr></tbody>", "<caption>c</caption><thead><tr><th>h</th></tr></thead>", "<tbody></tbody><tfoot></tfoot>", "", "<colgroup><col></colgroup>"})),
	bare(body("tbody", `<table><tbody>`, `</tbody></table>`, []string{"", "<tr><td>w</td></tr>"}, rows)),
	bare(body("tbody among rows", `<table><tbody><tr><td>0</td></tr>`, `<tr><td>9</td></tr></tbody></table>`, []string{"", "<tr><td>w</td></tr>"}, rows)),
	bare(body("tr", `<table><tbody><tr>`, `</tr></tbody></table>`, []string{"", "<td>w</td>"}, cells)),
	body("td", `<table><tbody><tr><td>`, `</td></tr></tbody></table>`, anySkeleton, flow),
	body("caption", `<table><caption>`, `</caption><tbody></tbody></table>`, anySkeleton, phrase),
	bare(body("colgroup", `<table><colgroup>`, `</colgroup><tbody></tbody></table>`, []string{"", "<col>"}, []string{"<col>", "<col span=2><col>", ""})),
	bare(body("select", `<select>`, `</select>`, []string{"", "<option>w</option>"}, options)),
	bare(body("select among options", `<select><option>0</option>`, `<option>9</option></select>`, []string{"", "<option>w</option>"}, options)),
	bare(body("optgroup", `<select><optgroup label=g>`, `</optgroup></select>`, []string{"", "<option>w</option>"}, options)),
	body("ul", `<ul>`, `</ul>`, []string{"", "<li>w</li>"}, items),
	body("li", `<ul><li>`, `</li></ul>`, anySkeleton, flow),
	body("ol among items", `<ol><li>0</li>`, `<li>9</li></ol>`, []string{"", "<li>w</li>"}, items),
	body("dl", `<dl>`, `</dl>`, []string{"", "<dt>w</dt>"}, []string{"<dt>t</dt><dd>d</dd>", "<dt>t<dd>d</dd>", "<div><dt>t</dt></div>"}),
	body("pre", `<pre>`, `</pre>`, anySkeleton, phrase),
	body("button", `<button>`, `</button>`, anySkeleton, phrase),
	body("label in form", `<form><label>`, `</label></form>`, anySkeleton, phrase),
	body("form", `<form action="#f">`, `</form>`, anySkeleton, []string{"<input name=q>", "<p><button>go</button></p>", "<select><option>1</select>", "<fieldset><legend>l</legend></fieldset>"}),
	body("ruby", `<ruby>`, `</ruby>`, anySkeleton, []string{"a<rt>b</rt>", "a<rp>(</rp><rt>b</rt><rp>)</rp>", "text"}),
	body("details", `<details><summary>s</summary>`, `</details>`, anySkeleton, flow),
	body("object", `<object>`, `</object>`, anySkeleton, phrase),
	body("open p at the end", `<p>a<b>b</b>`, ``, anySkeleton, phrase),
	body("custom element", `<x-card>`, `</x-card>`, anySkeleton, flow),
	{Name: "head", Before: `<!doctype html><html><head><title>t</title>`, After: `</head><body><p>x</p>` + docTail,
		Skeletons: []string{"", "<meta name=w>", "<!-- w -->"}, Fit: []string{"<meta name=a>", "<style>a{}</style>", "<script>1</script>", "<meta name=a><meta name=b>", "<!-- c -->", "<base href=#>"}},
	{Name: "title of head", Before: `<!doctype html><html><head><meta charset=utf-8>`, After: `<style>a{}</style></head><body><p>x</p>` + docTail,
		Skeletons: []string{"", "<title>w</title>"}, Fit: []string{"<title>t</title>", "<title>t</title><meta name=d content=c>"}},
}

// slotOf writes a slot. Its name is what the wire has too.
func slotOf(name, src, skeleton string) string {
	return `<edge-slot name="` + name + `" src="` + src + `">` + skeleton + `</edge-slot>`
}

// The seams: what stands at a slot in the shell, before and after it.
var (
	textBefore = []string{"", "", "", "a", "&", "&amp", " ", "\n", "<!--s-->", "&#1", "&no", "<i>i</i>"}
	textAfter  = []string{"", "", "", "z", "copy;", "t;", " ", "\n", "<!--s-->", "6;", "<i>i</i>", ";"}
	bareSeams  = []string{"", "", "", " ", "\n", "<!--s-->"}
)

// in makes the case of fragments in a place: one slot, or two beside each other.
func (p *Place) in(r *rand.Rand, kind string, fragments ...string) Case {
	before, after := bareSeams, bareSeams
	if p.Text {
		before, after = textBefore, textAfter
	}
	var b strings.Builder
	b.WriteString(p.Before)
	b.WriteString(pick(r, before))
	b.WriteString(slotOf("sa", "/0", pick(r, p.Skeletons)))
	if len(fragments) > 1 {
		b.WriteString(pick(r, bareSeams))
		b.WriteString(slotOf("sb", "/1", pick(r, p.Skeletons)))
	}
	b.WriteString(pick(r, after))
	b.WriteString(p.After)
	return Case{Kind: kind, Place: p.Name, Shell: b.String(), Fragments: fragments}
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }
