package difftest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdict is what has to become of a fragment.
type verdict int

const (
	either   verdict = iota // taken if it is one page everywhere, else refused
	accepted                // refusing it would be a fault
)

// examples are fragments that once made another page warm than cold, or were refused without need; each in the places that
// it was seen in. An empty list is all places of the body.
var examples = []struct {
	name, fragment string
	places         string // names of Places, with commas
	must           verdict
}{
	// cold and warm were different pages
	{"closes what the shell opened", `x</div>`, "div,body,td,li", either},
	{"leaves open", `<div>x`, "", either},
	{"leaves a link open", `<a href=#e>x`, "", either},
	{"leaves a form open", `<form action=#f><input>`, "", either},
	{"renames html and body", `<html lang=fr><body class=x>y`, "", either},
	{"a row directly in a table", `<tr><td>x`, "table", either},
	{"a row directly in a table, closed", `<tr><td>x</td></tr>`, "table", either},
	{"a block in a paragraph", `<div>x</div>`, "p,span,b", either},
	{"a link in a link", `<a href=#e>x</a>`, "a", either},
	{"a button in a button", `<button>x</button>`, "button", either},
	{"a heading in a heading", `<h2>x</h2>`, "h1", either},
	{"a form in a form", `<form><input></form>`, "form,label in form", either},
	{"a nobr in a nobr", `<nobr>a<nobr>b</nobr>`, "", either},
	{"a leading newline in pre", "\nx", "pre", either},
	{"a leading newline elsewhere", "\nx", "div", accepted},
	{"ends in an ampersand", `x &`, "", either},
	{"ends in half a reference", `x &am`, "", either},
	{"ends in a number", `x &#6`, "", either},
	{"begins with the rest of a reference", `copy;`, "", either},
	{"begins with a digit", `5;`, "", either},
	{"begins with a letter", `x`, "", accepted},
	{"a shadow root at the top", `<template shadowrootmode=open><b>x</b></template>`, "", either},
	{"a shadow root in an element", `<x-y><template shadowrootmode=open><b>x</b></template></x-y>`, "div", accepted},
	{"an item in an item", `<li>x`, "li", either},
	{"a cell in a cell", `<td>x</td>`, "td", either},
	{"an option in the body", `<option>x`, "div", either},
	{"a column in the body", `<col>`, "div", either},
	{"text in a table", `x`, "table,tbody,tr,colgroup", either},
	{"an end of everything", `</body></html>`, "", either},
	{"a paragraph's end", `</p>`, "", either},
	{"a line's end", `</br>`, "", either},
	{"a noscript's end", `</noscript>`, "div,colgroup,table,tr,select,head,p", either},
	{"a template's end", `</template>`, "", either},
	{"a head's element in the body", `<meta name=a>`, "div", accepted},
	{"text in the head", `x`, "head,title of head", either},
	{"a block in the head", `<p>x</p>`, "head,title of head", either},
	{"a comment in the head", `<!-- x -->`, "head", accepted},
	{"frameset", `<frameset><frame></frameset>`, "", either},
	{"rt in ruby", `<rt>x`, "ruby", either},
	{"a space only", ` `, "table,tbody,tr,select,head", either},
	{"nothing", ``, "", accepted},
	{"optgroups that follow each other", `<optgroup label=a><option>1<optgroup label=b><option>2`, "select", either},
	{"hidden input in a table", `<input type=hidden>`, "table,tbody,tr", either},
	{"select in a select", `<select>`, "select", either},
	{"input in a select", `<input>`, "select,optgroup", either},
	{"a NUL", "a\x00b", "", either},
	{"a table in a paragraph", `<table><tr><td>x</td></tr></table>`, "p", either},
	{"an element in an option", `<option><a href=#e>x</a></option>`, "select,select among options,optgroup", either},
	{"a block in an option, open", `<option><p>x`, "select,optgroup", either},
	{"a table in a group", `<optgroup><table>`, "select", either},
	{"a NUL alone", "\x00", "", either},
	{"a NUL in the head", "\x00", "head,title of head", either},
	{"a form that ends before what is in it", `<form><p>x</form>y`, "", either},
	{"a caption in a caption", `<caption>x</caption>`, "caption", either},

	// leaked from the patch
	{"formatting around a template with a cell", `<b><template><td></template></b>`, "", either},
	{"formatting around an object in a table", `<b><table><object><td></object></table></b>`, "", either},
	{"a link in a row", `<tr><a href=#e><td>x`, "tbody,table,body", either},
	{"a link around an object in math", `<a href=#e><math><p/><object/>`, "", either},

	// foreign content was left too late
	{"br leaves svg", `<svg><br><select/></svg>x`, "", either},
	{"desc of svg", `<svg><desc><select/></svg>x`, "", either},
	{"br leaves math", `<math><br><select/></math>x`, "", either},
	{"svg in an option", `<select><option><svg><br></select>`, "", either},

	// Chromium lost its text
	{"text after a row", `<tr>text`, "body,table,tbody", either},
	{"text after a body", `<tbody>text`, "body,table", either},

	// was refused without need
	{"noscript twice", `<noscript><noscript></noscript></noscript>`, "div", either},
	{"lazy loading", `<noscript><img src="data:," alt=""></noscript><img class=lazy alt="">`, "div,p,td,li,main section", accepted},
	{"title of svg", `<svg><title/><g></g></svg>`, "div", accepted},
	{"title of svg with text", `<svg><title>a</title><path d=M0 /></svg>`, "div,p", accepted},
	{"style of svg", `<svg><style/><g></g></svg>`, "div", accepted},
	{"style of svg with text", `<svg><style>a>b{}</style></svg>`, "div", accepted},
	{"script of svg", `<svg><script href=a/></svg>`, "div", either},
	{"script of svg, closed by itself", `<svg><script href="data:,"/><g></g></svg>`, "div", accepted},
	{"foreignObject and then a template", `<svg><foreignObject><div>x</div></foreignObject></svg><template>t</template>`, "div", accepted},
	{"CDATA in a style of svg", `<svg><style><![CDATA[ a > b {} ]]></style></svg>`, "div", accepted},
	{"template of svg", `<svg><template></template></svg>`, "div", accepted},
	{"math with text", `<math><mtext><b>x</b></mtext></math>`, "div", accepted},
}

func TestExamples(t *testing.T) {
	trees := parser(t)
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			found := 0
			for i := range Places {
				p := &Places[i]
				if e.places != "" && !contains(strings.Split(e.places, ","), p.Name) || e.places == "" && !p.Text {
					continue
				}
				found++
				before, after := bareSeams, bareSeams
				if p.Text {
					before, after = textBefore, textAfter
				}
				for _, b := range before {
					for _, a := range after {
						c := Case{Kind: "example", Place: p.Name, Shell: p.Before + b + slotOf("sa", "/0", p.Skeletons[1]) + a + p.After, Fragments: []string{e.fragment}}
						one(t, trees, c, e.must)
					}
				}
			}
			require.Positive(t, found)
		})
	}
}

// one checks that a case is one page, and that its fragments are not refused where they must not be.
func one(t *testing.T, trees *Trees, c Case, must verdict) {
	t.Helper()
	answers, err := Answer(c)
	require.NoError(t, err)
	require.NoError(t, answers.Refused, "%s", c)
	if must == accepted {
		assert.Empty(t, answers.RefusedFragments, "refused: %s", c)
	}
	difference, err := trees.Difference(answers)
	require.NoError(t, err)
	assert.Empty(t, difference, "%s", c)
}

// TestMarkersInAFragment are those that another slot's patch could take for its own.
func TestMarkersInAFragment(t *testing.T) {
	trees := parser(t)
	for _, first := range []string{`<?start name="sb">`, `<?start name="sb">x<?end>`, `<!--?start name="sb"-->`, `<?end>`, `<!--?end-->`, `<?start name="sa">`, `<?marker name="sb">`, `<?start name=sb>`,
		`<template for=sb>x</template>`, `<template for="sb">x</template><!---->`, `<div><?start name="sb"></div>`, `<template><?start name="sb"></template>`, `<?start name="sb"?>`} {
		for i := range Places {
			if p := &Places[i]; p.Text {
				one(t, trees, Case{Kind: "markers", Place: p.Name, Shell: p.Before + slotOf("sa", "/0", "w") + "-" + slotOf("sb", "/1", "w") + p.After, Fragments: []string{first, "b"}}, either)
			}
		}
	}
}

// TestWhatBelongsInAPlaceIsTaken shows that the differential test compares pages and not refusals.
func TestWhatBelongsInAPlaceIsTaken(t *testing.T) {
	trees := parser(t)
	for i := range Places {
		p := &Places[i]
		for _, f := range p.Fit {
			t.Run(fmt.Sprintf("%s/%s", p.Name, f), func(t *testing.T) {
				for _, skeleton := range p.Skeletons {
					one(t, trees, Case{Kind: "fit", Place: p.Name, Shell: p.Before + slotOf("sa", "/0", skeleton) + p.After, Fragments: []string{f}}, accepted)
				}
			})
		}
	}
}

// shells are documents that were once refused without need, or in which a patch did not land.
var shells = []struct{ name, shell string }{
	{"quirks by a doctype without a system identifier", `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"><html><body>SLOT<p>a<table><tr><td>x</td></tr></table></body></html>`},
	{"quirks by HTML 3.2", `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN"><html><body>SLOT<p>a<table><tr><td>x</table></body></html>`},
	{"quirks by no doctype", `<html><body>SLOT<p>a<table><tr><td>x</table></body></html>`},
	{"no quirks", `<!doctype html><html><body>SLOT<p>a<table><tr><td>x</table></body></html>`},
	{"no quirks by a doctype with a system identifier", `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd"><html><body>SLOT<p>a<table><tr><td>x</table></body></html>`},
	{"quirks, the table in the slot", `<html><body><p>SLOT</body></html>`},
	{"quirks, a table after an open p at the end", `<p>SLOT<p>a<table>`},
	{"after the title without a head tag", `<!doctype html><title>t</title>SLOT`},
	{"after bold that is left open", `<!doctype html><p><b>x</p>SLOT`},
	{"in a paragraph after bold that is left open", `<!doctype html><p><b>x</p><p>SLOT`},
	{"form around a table", `<!doctype html><form><table><tr><td>SLOT</td></tr></form></table>`},
	{"table around a form", `<!doctype html><table><form><tr><td>SLOT</td></tr></form></table>SLOT2`},
	{"in foreignObject with open formatting", `<!doctype html><svg><foreignObject><b>SLOT</foreignObject></svg>x`},
	{"nested optgroups", `<!doctype html><select><optgroup><optgroup>SLOT</select>`},
	{"search that does not end in its formatting", `<!doctype html><nobr><search>SLOT</nobr><ol></ol></search>`},
	{"search that does not end in its formatting, within a slot's page", `<!doctype html><b><search>x</b>y</search>SLOT`},
	{"frameset", `<!doctype html><frameset>SLOT</frameset>`},
	{"form as skeleton in a table", `<!doctype html><table><edge-slot name="sa" src="/0"><form></form></edge-slot></table>`},
	{"input as skeleton in a row", `<!doctype html><table><tr><edge-slot name="sa" src="/0"><input></edge-slot></tr></table>`},
	{"hidden input as skeleton in a row", `<!doctype html><table><tr><edge-slot name="sa" src="/0"><input type=hidden></edge-slot></tr></table>`},
	{"text as skeleton in a column group", `<!doctype html><table><colgroup><edge-slot name="sa" src="/0">w</edge-slot></colgroup></table>`},
	{"text as skeleton in a table", `<!doctype html><table><edge-slot name="sa" src="/0">w</edge-slot></table>`},
	{"select as skeleton in a select", `<!doctype html><select><edge-slot name="sa" src="/0"><select></select></edge-slot></select>`},
	{"space before everything", "\n<p>SLOT"},
	{"comment before everything", "<!-- c --><!doctype html><p>SLOT"},
	{"byte order mark", "\ufeff<!doctype html><p>SLOT"},
}

func TestShells(t *testing.T) {
	trees := parser(t)
	for _, s := range shells {
		t.Run(s.name, func(t *testing.T) {
			for _, fragment := range []string{"", "x", "<b>b</b>", "<p>p</p>", "<table><tr><td>1</td></tr></table>", "<tr><td>1</td></tr>", "<option>o</option>", "<col>", "<meta name=a>", "<title>t</title>", Fails} {
				shell := strings.Replace(s.shell, "SLOT2", slotOf("sb", "/0", "w"), 1)
				shell = strings.Replace(shell, "SLOT", slotOf("sa", "/0", ""), 1)
				c := Case{Kind: "shell", Place: s.name, Shell: shell, Fragments: []string{fragment}}
				answers, err := Answer(c)
				require.NoError(t, err)
				if answers.Refused != nil {
					continue
				}
				difference, err := trees.Difference(answers)
				require.NoError(t, err)
				assert.Empty(t, difference, "%s", c)
			}
		})
	}
}

// TestShellsThatMustParse are those that no refusal is right for.
func TestShellsThatMustParse(t *testing.T) {
	for _, s := range shells {
		for _, name := range []string{"no quirks", "quirks by", "after ", "in a paragraph", "byte order", "comment before"} {
			if strings.HasPrefix(s.name, name) {
				answers, err := Answer(Case{Shell: strings.Replace(s.shell, "SLOT", slotOf("sa", "/0", ""), 1), Fragments: []string{"x"}})
				require.NoError(t, err)
				assert.NoError(t, answers.Refused, s.name)
			}
		}
	}
}
