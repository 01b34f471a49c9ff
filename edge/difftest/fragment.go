package difftest

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// grammar makes fragments: markup of every sort that the tree construction of the HTML standard (section 13.2.6) treats in
// a way of its own, well nested for the most part, and broken here and there.
type grammar struct {
	r *rand.Rand
	b strings.Builder
	// broken of a hundred tags are not what they should be.
	broken int
	budget int
}

// Grammar is a fragment made from r.
func Grammar(r *rand.Rand) string {
	g := grammar{r: r, broken: pick(r, []int{0, 0, 2, 10, 30}), budget: 1 + r.IntN(14)}
	if r.IntN(12) == 0 {
		g.b.WriteString(pick(r, []string{"\n", "\n\n", "\r\n", " ", "\x00", "\ufeff", "&#10;"}))
	}
	for g.budget > 0 {
		g.node(0)
	}
	return g.b.String()
}

// Elements that the standard's tree construction knows by name, in groups that are treated alike.
var (
	formatting = words("a b big code em font i nobr s small strike strong tt u")
	blocks     = words("address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup main menu nav ol p section search summary ul")
	headings   = words("h1 h2 h6")
	tabular    = words("table caption colgroup col tbody tfoot thead tr td th")
	lists      = words("li dd dt")
	forms      = words("form button select option optgroup input textarea label keygen datalist")
	scoped     = words("applet marquee object")
	voids      = words("area br embed img wbr hr param source track image frame")
	heads      = words("base basefont bgsound link meta title style script noframes noscript head body html frameset")
	texts      = words("textarea title style script xmp iframe noembed noframes plaintext noscript listing pre")
	rubies     = words("ruby rb rt rp rtc")
	unknown    = words("span x-y custom-element bdi math-like svgish edge-slot slot")
	svgs       = words("svg g path foreignObject desc title style script a circle use animate template image font p select textarea")
	maths      = words("math mi mo mn ms mtext annotation-xml mglyph malignmark mrow p semantics")
	groups     = [][]string{formatting, formatting, blocks, blocks, headings, tabular, tabular, tabular, lists, forms, forms, scoped, voids, heads, texts, rubies, unknown}
)

func words(s string) []string { return strings.Fields(s) }

func (g *grammar) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *grammar) node(depth int) {
	g.budget--
	switch n := g.r.IntN(100); {
	case n < 22:
		g.text()
	case n < 27:
		g.declaration()
	case n < 35:
		g.foreign(depth)
	case n < 43:
		g.table(depth)
	case n < 48:
		g.template(depth)
	case n < 53:
		g.rawText()
	case n < 57:
		g.selection(depth)
	case n < 60:
		g.stray()
	default:
		g.element(pick(g.r, pick(g.r, groups)), depth)
	}
}

func (g *grammar) children(depth int) {
	for range g.r.IntN(4) {
		if depth < 8 && g.budget > 0 {
			g.node(depth + 1)
		}
	}
}

func (g *grammar) element(name string, depth int) {
	g.start(name)
	if contains(voids, name) && !g.chance(g.broken) {
		return
	}
	switch {
	case contains(texts, name) && name != "pre" && name != "noscript":
		g.b.WriteString(pick(g.r, []string{"", "x", "a<b", "<!--", "-->", "<p>x</p>"}))
	default:
		g.children(depth)
	}
	g.end(name)
}

func (g *grammar) start(name string) {
	g.b.WriteByte('<')
	g.b.WriteString(g.cased(name))
	g.attributes()
	if g.chance(4) || contains(voids, name) && g.chance(20) {
		g.b.WriteByte('/')
	}
	g.b.WriteByte('>')
}

func (g *grammar) cased(name string) string {
	if g.chance(3) {
		return strings.ToUpper(name)
	}
	return name
}

func (g *grammar) end(name string) {
	if g.chance(g.broken) {
		switch g.r.IntN(3) {
		case 0:
			return
		case 1:
			name = pick(g.r, pick(g.r, groups))
		case 2:
			g.stray()
		}
	}
	g.b.WriteString("</" + g.cased(name))
	if g.chance(2) {
		g.b.WriteString(pick(g.r, []string{" ", "/", " a=b", "\n"}))
	}
	g.b.WriteByte('>')
}

var attributes = []string{
	` class=x`, ` id="i"`, ` title='</p>'`, ` title="a>b"`, ` hidden`, ` type=hidden`, ` type=HIDDEN`, ` href=#e`, ` definitionurl=x`, ` xlink:href=#a`,
	` viewBox="0 0 1 1"`, ` encoding="text/html"`, ` encoding=application/xhtml+xml`, ` color=red`, ` size=1`, ` face=f`, ` a=1 a=2`, ` =`, ` a=&amp;`, ` a="&copy"`,
	` shadowrootmode=open`, ` for=sa`, ` for="zz"`, ` selected`, ` label=l`, ` name=n`, ` multiple`, ` data-x="<template>"`, ` a="'"`, ` a='"'`, ` / `, ` "`, ` <`, ` charset=utf-8`,
}

func (g *grammar) attributes() {
	for g.chance(20) {
		g.b.WriteString(pick(g.r, attributes))
	}
}

var someText = []string{
	"x", "text", " ", "\n", "\t", "a b", "&amp;", "&lt;b&gt;", "&copy", "&copy;", "&#65;", "&#x41", "&", "&n", "&no", "&notin;", "copy;", "amp;", "65;", "\x00", "a\x00b", "\r", "é", "&#0;",
	"&#128;", "<", "< ", "<3", "</", "</ x>", "<>", "</>", "]]>", "-->", "\u00a0", "&nbsp;", "&#10;", "\f", "\ufeff", ";", "#", "&#", "&#x",
}

func (g *grammar) text() { g.b.WriteString(pick(g.r, someText)) }

var declarations = []string{
	"<!-- c -->", "<!---->", "<!-->", "<!--->", "<!--a--!>", "<!-- <p> -->", "<!-- </template> -->", "<!doctype html>", "<!DOCTYPE html PUBLIC \"a\" 'b'>", "<!x>", "<!>", "<?pi?>", "<?pi a=\"b>\">", "<?xml version=1?>",
	"<?end>", "<?start name=\"zz\">", "<?start name=zz>", "<?marker name=zz>", "<?>", "<?1>", "<?start name=\"sa\">", "<?start name=\"sb\">", "<![CDATA[x]]>", "<![CDATA[>]]>", "<![CDATA[<p>]]>", "</ c>", "<!--?end-->", "<!--?start name=\"sb\"-->",
	"<!--a--><!--b-->", "<!- x>",
}

func (g *grammar) declaration() { g.b.WriteString(pick(g.r, declarations)) }

func (g *grammar) stray() {
	if g.chance(40) {
		g.b.WriteString("</" + pick(g.r, words("p br body html div template table tr td select a b svg math form title head script foreignObject option h1 li dd caption colgroup sarcasm")) + ">")
		return
	}
	g.start(pick(g.r, pick(g.r, groups)))
}

func (g *grammar) foreign(depth int) {
	names, root := svgs, "svg"
	if g.chance(35) {
		names, root = maths, "math"
	}
	g.start(root)
	for range g.r.IntN(5) {
		g.budget--
		name := pick(g.r, names)
		switch n := g.r.IntN(10); {
		case n < 3:
			g.b.WriteString("<" + name)
			g.attributes()
			g.b.WriteString("/>")
		case n < 4:
			g.declaration()
		case n < 5:
			g.text()
		case n < 6:
			g.node(depth + 1)
		default:
			g.start(name)
			if contains(words("foreignObject desc title annotation-xml mi mtext"), name) {
				g.children(depth + 1)
			} else {
				g.text()
			}
			g.end(name)
		}
	}
	g.end(root)
}

func (g *grammar) table(depth int) {
	g.start("table")
	if g.chance(15) {
		g.element("caption", depth+1)
	}
	if g.chance(15) {
		g.b.WriteString("<colgroup><col></colgroup>")
	}
	section := g.chance(50)
	if section {
		g.start("tbody")
	}
	for range 1 + g.r.IntN(2) {
		g.start("tr")
		for range g.r.IntN(3) {
			g.element(pick(g.r, words("td td td th")), depth+1)
		}
		if g.chance(70) {
			g.end("tr")
		}
		if g.chance(g.broken) {
			g.node(depth + 1)
		}
	}
	if section && g.chance(60) {
		g.end("tbody")
	}
	g.end("table")
}

func (g *grammar) template(depth int) {
	g.b.WriteString("<template")
	g.attributes()
	g.b.WriteByte('>')
	g.children(depth + 1)
	g.end("template")
}

func (g *grammar) selection(depth int) {
	g.start("select")
	for range g.r.IntN(4) {
		name := pick(g.r, words("option option option optgroup hr button div svg selectedcontent input textarea script template a p"))
		g.start(name)
		if g.chance(50) {
			g.text()
		}
		if g.chance(20) {
			g.children(depth + 1)
		}
		if !contains(voids, name) && g.chance(70) {
			g.end(name)
		}
	}
	g.end("select")
}

func (g *grammar) rawText() {
	name := pick(g.r, texts)
	g.start(name)
	for range g.r.IntN(3) {
		g.b.WriteString(pick(g.r, []string{"x", "<p>", "</p>", "<!--", "-->", "<script>", "</scrip", "&amp;", "&", "\n", "</" + name, "<" + name + ">", "</template>", "<template>", "\x00", "a<b", strconv.Itoa(g.r.IntN(9)), "<noscript>", "</title>"}))
	}
	g.end(name)
}

func contains(of []string, s string) bool {
	for _, o := range of {
		if o == s {
			return true
		}
	}
	return false
}
