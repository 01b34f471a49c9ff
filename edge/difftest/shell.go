package difftest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

var doctypes = []string{
	"<!doctype html>", "<!doctype html>", "<!DOCTYPE HTML>\n", "", "<!doctype html SYSTEM 'about:legacy-compat'>",
	`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">`,
	`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">`,
	`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">`,
	`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Frameset//EN">`,
	`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">`, `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 3.2//EN">`,
	`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">`,
	`<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">`, `<!doctype foo>`, `<!doctype>`, `<!doctype html public>`, `<!doctype html system "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd">`,
	`<!-- c --><!doctype html>`, `<!doctype html><!-- c -->`, "\n<!doctype html>\n\n", `<!DOCTYPE html PUBLIC "" "">`, `<!DOCTYPE html PUBLIC "HTML">`, `<?xml version="1.0"?><!doctype html>`,
}

// ShellCase is a random document with slots in it, and fragments for them, made from r.
func ShellCase(r *rand.Rand) Case {
	g := shellGrammar{grammar: grammar{r: r, broken: pick(r, []int{0, 0, 1, 4, 15}), budget: 4 + r.IntN(24)}}
	g.document()
	c := Case{Kind: "shell", Shell: g.b.String(), Fragments: g.fragments}
	return c
}

type shellGrammar struct {
	grammar
	fragments []string
	slots     int
}

func (g *shellGrammar) document() {
	g.b.WriteString(pick(g.r, doctypes))
	if g.chance(70) {
		g.b.WriteString(pick(g.r, []string{"<html>", `<html lang=de>`, "<html>\n", "<HTML>"}))
	}
	explicit := g.chance(70)
	if explicit {
		g.b.WriteString(pick(g.r, []string{"<head>", "<head>\n", "<head data-x>", " <head>"}))
	}
	for range g.r.IntN(4) {
		switch g.r.IntN(8) {
		case 0, 1:
			g.slot("head")
		default:
			g.b.WriteString(pick(g.r, []string{"<title>t</title>", "<meta charset=utf-8>", "<style>a{}</style>", "<script>1</script>", "<noscript><style>b{}</style></noscript>", "<link rel=x>", "<!-- c -->", "\n", "<base href=#>", "<template>t</template>"}))
		}
	}
	if explicit && g.chance(90) {
		g.b.WriteString("</head>")
		g.b.WriteString(pick(g.r, []string{"", "\n", " ", "<!-- c -->"}))
	}
	if g.chance(70) {
		g.b.WriteString(pick(g.r, []string{"<body>", "<body class=x>", "<body>\n"}))
	}
	for g.budget > 0 {
		g.flow("body", 0)
	}
	if g.slots == 0 {
		g.slot("body")
	}
	g.b.WriteString(pick(g.r, []string{"", "</body>", "</body></html>", "</body>\n</html>\n", "</html>", "\n</body>\n<!-- c --></html>", "</body></html> "}))
}

// flow writes a node of the body; in is the parent as far as it matters for what a slot there should get.
func (g *shellGrammar) flow(in string, depth int) {
	g.budget--
	if depth > 7 {
		g.b.WriteString("x")
		return
	}
	inner := func(name, place string, times int) {
		g.start(name)
		for range times {
			g.flow(place, depth+1)
		}
		g.end(name)
	}
	switch n := g.r.IntN(100); {
	case n < 22:
		g.slot(in)
	case n < 32:
		g.b.WriteString(pick(g.r, []string{"x", " ", "\n", "text ", "&amp;", "&", "copy;", "<!-- c -->", "<!---->", "<br>", "<hr>", "<img alt=x>", "<input>"}))
	case n < 50:
		inner(pick(g.r, blocks), in, g.r.IntN(4))
	case n < 60:
		inner(pick(g.r, formatting), "phrase", g.r.IntN(3))
	case n < 64:
		inner("p", "phrase", g.r.IntN(3))
	case n < 74:
		g.tableWithSlots(depth)
	case n < 79:
		g.start("select")
		for range g.r.IntN(4) {
			switch g.r.IntN(4) {
			case 0:
				g.slot("select")
			case 1:
				g.b.WriteString("<optgroup label=x>")
				if g.chance(50) {
					g.slot("select")
				} else {
					g.b.WriteString("<option>o")
				}
				g.end("optgroup")
			default:
				g.b.WriteString("<option>o")
				g.end("option")
			}
		}
		g.end("select")
	case n < 84:
		g.start(pick(g.r, words("ul ol menu")))
		for range g.r.IntN(4) {
			if g.chance(40) {
				g.slot("ul")
			} else {
				g.b.WriteString("<li>")
				g.flow("body", depth+1)
			}
		}
		g.end("ul")
	case n < 87:
		inner("form", in, g.r.IntN(4))
	case n < 89:
		inner(pick(g.r, words("button label object marquee ruby h2 pre details x-y")), "phrase", g.r.IntN(3))
	case n < 91:
		g.b.WriteString("<svg><path d=M0 />")
		if g.chance(40) {
			g.b.WriteString("<foreignObject>")
			g.flow("body", depth+1)
			g.end("foreignObject")
		}
		g.end("svg")
	case n < 93:
		g.b.WriteString(pick(g.r, []string{"<script>1</script>", "<style>a{}</style>", "<textarea>x</textarea>", "<noscript>n</noscript>", "<template><p>t</template>", "<iframe></iframe>", "<xmp>x</xmp>"}))
	case n < 95 && g.broken > 0:
		g.stray()
	default:
		inner("div", in, g.r.IntN(4))
	}
}

func (g *shellGrammar) tableWithSlots(depth int) {
	g.start("table")
	maybe := func(percent int, place string) {
		if g.chance(percent) {
			g.slot(place)
		}
	}
	maybe(15, "table")
	if g.chance(15) {
		g.b.WriteString("<caption>")
		g.flow("phrase", depth+1)
		g.end("caption")
	}
	if g.chance(15) {
		g.b.WriteString("<colgroup><col>")
		maybe(50, "colgroup")
		g.end("colgroup")
	}
	section := g.chance(60)
	if section {
		g.b.WriteString("<tbody>")
		maybe(40, "tbody")
	}
	for range g.r.IntN(3) {
		g.b.WriteString("<tr>")
		maybe(25, "tr")
		for range g.r.IntN(3) {
			g.start("td")
			g.flow("body", depth+1)
			if g.chance(70) {
				g.end("td")
			}
		}
		if g.chance(70) {
			g.end("tr")
			maybe(20, "tbody")
		}
	}
	if section && g.chance(60) {
		g.end("tbody")
	}
	maybe(10, "table")
	g.end("table")
}

// fits are fragments and skeletons for a place in a generated shell.
var fits = map[string][]string{
	"head":     {"<meta name=a>", "<title>s</title>", "<style>c{}</style>", "", "<!-- h -->", "<script>2</script>", "<link rel=y>"},
	"phrase":   {"text", "<b>b</b>", "<i>i</i> x", "", "<img alt=f>", "&amp;", "<svg><g/></svg>", "<input>", "<!-- f -->", "<code>c</code>"},
	"body":     {"<p>f</p>", "<div>d</div>", "text", "<table><tr><td>1</table>", "<ul><li>1<li>2</ul>", "", "<b>b</b>", "<form><input></form>", "<h2>h</h2>", " ", "\n<p>x</p>\n"},
	"table":    {"<tbody><tr><td>1</td></tr></tbody>", "<caption>c</caption>", "<tr><td>1</td></tr>", "", "<tfoot></tfoot>", "<!-- t -->", " "},
	"tbody":    {"<tr><td>1</td></tr>", "<tr><td>1<td>2</tr>", "", "<!-- r -->", "<tr></tr>\n<tr></tr>"},
	"tr":       {"<td>1</td>", "<td>1<td>2", "<th>h</th>", "", "<!-- c -->"},
	"colgroup": {"<col>", "<col span=2>", "", "<!-- g -->"},
	"select":   {"<option>1</option>", "<option>1<option>2", "", "<optgroup label=o><option>1</optgroup>", "<hr>"},
	"ul":       {"<li>1</li>", "<li>1<li>2", "", "<li><p>x</p></li>"},
}

// odd are skeletons that a place may not keep.
var odd = []string{"<form></form>", "<input>", "<input type=hidden>", "text", "<select></select>", "<p>w", "<tr><td>w</td></tr>", "<option>w</option>", "<b>w", "<!-- w -->", "<svg></svg>", "<script>3</script>", "<style>d{}</style>",
	"<template></template>", "<col>", "<li>w", "<table></table>", "<a href=#w>w</a>", "<div><p>w</div>", "<button>w</button>", "<h1>w</h1>", " ", "&", "<plaintext>", "</p>", "<form>", "<optgroup>", "<meta name=w>", "<title>w</title>"}

func (g *shellGrammar) slot(in string) {
	if g.slots == 6 {
		g.b.WriteString("x")
		return
	}
	fit := fits[in]
	if fit == nil {
		fit = fits["body"]
	}
	skeleton := pick(g.r, fit)
	if g.chance(12) {
		skeleton = pick(g.r, odd)
	}
	if g.chance(15) {
		skeleton += "<edge-error>" + pick(g.r, fit) + "</edge-error>"
	}
	fragment := pick(g.r, fit)
	switch {
	case g.chance(10):
		fragment = Fails
	case g.chance(10):
		fragment = pick(g.r, odd)
	}
	src := len(g.fragments)
	if src > 0 && g.chance(15) {
		src = g.r.IntN(src) // shares the fragment of a slot that may stand elsewhere
	} else {
		g.fragments = append(g.fragments, fragment)
	}
	g.b.WriteString(slotOf(fmt.Sprintf("s%c", 'a'+g.slots), fmt.Sprintf("/%d", src), skeleton))
	g.slots++
	if strings.HasSuffix(skeleton, "x") {
		g.b.WriteByte(' ')
	}
}
