package shell

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/markup"
	"inlay/internal/page"
)

// written is an outline as text: what it is of, with each slot as [name], [name!] where it stands in its place, and {groups}; ^ is the
// head, $ the tail, and literals are in quotes.
func written(src string, o page.Outline) string {
	var b strings.Builder
	var pieces func([]page.Piece)
	pieces = func(list []page.Piece) {
		for _, p := range list {
			switch p.Kind {
			case page.TextPiece:
				b.WriteString(src[p.From:p.To])
			case page.LiteralPiece:
				fmt.Fprintf(&b, "%q", p.Text)
			case page.HeadPiece:
				b.WriteString("^")
			case page.TailPiece:
				b.WriteString("$" + p.Text)
			case page.SlotPiece:
				for i := p.Slot; ; {
					s := &o.Slots[i]
					b.WriteString("[" + s.Name)
					if s.InPlace {
						b.WriteString("!")
					}
					if s.Src == "" {
						b.WriteString(" {")
						pieces(s.Group)
						b.WriteString("}")
					}
					b.WriteString("]")
					if i = s.Else; i == 0 {
						break
					}
					b.WriteString("|")
				}
			}
		}
	}
	pieces(o.Pieces)
	return b.String()
}

// streamed outlines src in parts that end at the given offsets.
func streamed(t testing.TB, src string, options OutlineOptions, cuts []int) (all page.Outline, refused []string) {
	t.Helper()
	o := NewOutliner(options)
	add := func(part page.Outline, lines []string) {
		for _, p := range part.Pieces {
			if p.Kind == page.TextPiece {
				all.Pieces = appendText(all.Pieces, p.From, p.To)
			} else {
				all.Pieces = append(all.Pieces, p)
			}
		}
		all.Slots = append(all.Slots, part.Slots...)
		all.Links = append(all.Links, part.Links...)
		refused = append(refused, lines...)
	}
	from := 0
	for _, to := range append(cuts, len(src)) {
		part := []byte(src[from:to])
		add(o.Write(part))
		for i := range part {
			part[i] = 'X' // it is not kept
		}
		from = to
	}
	add(o.End())
	return all, refused
}

// whole is an outline in one piece, which is the same in any pieces.
func whole(t testing.TB, src string, options OutlineOptions) (page.Outline, []string) {
	t.Helper()
	one, refused := streamed(t, src, options, nil)
	all := make([]int, len(src))
	for i := range all {
		all[i] = i
	}
	each, lines := streamed(t, src, options, all)
	require.Equal(t, written(src, one), written(src, each), "%q byte by byte", src)
	require.Equal(t, one, each, "%q byte by byte", src)
	require.Equal(t, refused, lines, "%q byte by byte", src)
	if len(src) < 300 {
		for cut := range src {
			two, lines := streamed(t, src, options, []int{cut})
			require.Equal(t, one, two, "%q cut at %d: %s", src, cut, written(src, two))
			require.Equal(t, refused, lines, "%q cut at %d", src, cut)
		}
	}
	return one, refused
}

func slotTag(name string) string {
	return `<edge-slot name="` + name + `" src="/` + name + `">s</edge-slot>`
}

var both = OutlineOptions{Document: true, EdgeSlots: true, ESI: true, Base: "/shop/page?x=1"}

func TestOutlinesOfDocuments(t *testing.T) {
	const include = `<esi:include src="/a"/>`
	for src, want := range map[string]string{
		"":     "$",
		"text": "^text$",
		"<p>x": "^<p>x$",
		"<!doctype html><html><head><title>t</title></head><body>SLOT</body></html>": "<!doctype html><html><head>^<title>t</title></head><body>[a]$</body></html>",
		"<body>SLOT</body>x</body> ":          "^<body>[a]</body>x$</body> ",
		"<body>SLOT<div></body></html>":       "^<body>[a]<div>$</div></body></html>",
		"<body>SLOT<div></body>x</html>":      "^<body>[a]<div></body>x</html>$</div>",
		"<body>a\rSLOT":                       `^<body>a"\n"[a]$`,
		"<body>&ampSLOT":                      `^<body>"&amp;"[a]$`,
		"<body>&fooSLOT":                      `^<body>"&amp;foo"[a]$`,
		"<body>&foo SLOT &bar":                `^<body>&foo [a] &bar$`,
		"<body><pre>SLOT\n</pre>":             `^<body><pre>"\n"[a]` + "\n</pre>$",
		"<body><p><b>x</p>SLOT":               `^<body><p><b>x</p>"</b><b>"[a]$</b>`,
		"<body>SLOT</":                        `^<body>[a]$</`,
		"<body>SLOT<!-- cut":                  `^<body>[a]<!-- cut$-->`,
		"<body>SLOT<div><!-- cut -":           `^<body>[a]<div><!-- cut -$-></div>`,
		"<body>SLOT<div><!-- cut --!":         `^<body>[a]<div><!-- cut --!$></div>`,
		"<body>SLOT<div><?cut":                `^<body>[a]<div><?cut$></div>`,
		"<body>SLOT<div></ cut":               `^<body>[a]<div></ cut$></div>`,
		"<body>SLOT<svg><![CDATA[ cut":        `^<body>[a]<svg><![CDATA[ cut$]]></svg>`,
		"<body>SLOT<div><title>cut":           `^<body>[a]<div><title>cut$</title></div>`,
		"<body>SLOT<div><title>cut</title ":   `^<body>[a]<div><title>cut$</title></div></title `,
		"<body>SLOT<div><p class=":            `^<body>[a]<div>$</div><p class=`,
		"<body>SLOT<script>a<b</scrip":        `^<body>[a]$<script>a<b</scrip`,
		"<body>SLOT<plaintext>SLOT</body>":    `^<body>[a]$<plaintext>` + slotTag("a") + `</body>`,
		"<body><table><tr>SLO0</table>":       `^<body><table><tr>[a]</table>$`,
		"<body><table>SLO0<tr></table>":       `^<body><table>[a]<tr></table>$`,
		"<head>SLO0</head><body>":             `<head>^[a]</head><body>$`,
		"<body><select><option>SLOT</select>": `^<body><select><option>[a]</select>$`,
		"<body><noscript><p></noscript>SLOT":  `^<body><noscript><p></noscript>[a]$`,

		// Left as it is.
		"SLOT<body>":                                           "^" + slotTag("a") + "<body>$",
		"<body></body>SLOT":                                    "^<body></body>" + slotTag("a") + "$",
		"<body><table>xSLOT</table>":                           "^<body><table>x" + slotTag("a") + "</table>$",
		"<body><table>SLOT x</table>":                          "^<body><table>" + slotTag("a") + " x</table>$",
		"<body><template>SLOT</template>":                      "^<body><template>" + slotTag("a") + "</template>$",
		"<body><svg>SLOT</svg>":                                "^<body><svg>" + slotTag("a") + "</svg>$",
		"<body><!-- SLOT -->":                                  "^<body><!-- " + slotTag("a") + " -->$",
		"<body><edge-slot name=b>x":                            "^<body><edge-slot name=b>x$",
		"<body><edge-slot name=b src=/b>xSLOT":                 "^<body><edge-slot name=b src=/b>x[a]$</edge-slot>",
		"<body><edge-slot name=b src=/b><p>x</edge-slot>SLOT":  "^<body><edge-slot name=b src=/b><p>x</edge-slot>[a]$</p></edge-slot>",
		"<body><edge-slot name=b src=/b odd>x</edge-slot>SLOT": "^<body><edge-slot name=b src=/b odd>x</edge-slot>[a]$",
		"<body>SLOT<i>SLOT</i>":                                "^<body>[a]<i>" + slotTag("a") + "</i>$",
		"<body><?start name=a>SLOT":                            "^<body><?start name=a>" + slotTag("a") + "$",
		"<body><select><p>SLOT</select>":                       "^<body><select><p>[a]</select>$",
		"<body><select><textarea>SLOT</textarea></select>SLOT": "^<body><select><textarea>" + slotTag("a") + "</textarea></select>[a]$",
		"<body></edge-slot><edge-error></edge-error>":          "^<body></edge-slot><edge-error></edge-error>$",

		// ESI.
		"<body>x ESI y</body>":                               "^<body>x [esi-1] y$</body>",
		"<body><a href='ESI'>x</a>ESI":                       "^<body><a href='[esi-1!]'>x</a>[esi-2]$",
		"<body><script>var a = ESI;</script>ESI":             "^<body><script>var a = [esi-1!];</script>[esi-2]$",
		"<head><title>ESI</title>ESI</head><body>ESI":        "<head>^<title>[esi-1!]</title>[esi-2]</head><body>[esi-3]$",
		"<body><table>x ESI</table>":                         "^<body><table>x [esi-1!]</table>$",
		"<body><table>ESI x<tr></table>ESI":                  "^<body><table>[esi-1!] x<tr></table>[esi-2]$",
		"<body><table>ESI <tr></table>ESI":                   "^<body><table>[esi-1] <tr></table>[esi-2]$",
		"<body><table>ESIESI</table>":                        "^<body><table>[esi-1][esi-2]</table>$",
		"ESI<p>xESI</body>":                                  "[esi-1!]<p>x[esi-2!]</body>$",
		"<body>ESI</body>ESI":                                "^<body>[esi-1]</body>[esi-2!]$",
		"<body>a\rESI":                                       "^<body>a\r[esi-1!]$",
		"<body>ESI</":                                        "^<body>[esi-1]$</",
		"<body>ESI<p a=ESI":                                  "^<body>[esi-1]<p a=[esi-2!]$",
		"<body><p ESI>xESI":                                  "^<body><p [esi-1!]>x[esi-2!]$",
		"<body><!-- ESI -->ESI":                              "^<body><!-- " + include + " -->[esi-1]$",
		"<body><textarea>ESI</textarea>ESI":                  "^<body><textarea>[esi-1!]</textarea>[esi-2]$",
		"<html lang='ESI'><body>ESI":                         "<html lang='[esi-1!]'>^<body>[esi-2]$",
		"<body lang='ESI'><div>ESI":                          "<body lang='[esi-1!]'><div>[esi-2!]$",
		"<body><pre>ESI":                                     "^<body><pre>[esi-1!]$",
		"<body><p><b>x</p>ESI":                               "^<body><p><b>x</p>[esi-1!]$",
		"<body><edge-slot name=b src=/b>ESI</edge-slot>SLOT": "^<body><edge-slot name=b src=/b>[esi-1]</edge-slot>[a]$",
		"<body><edge-slot name=esi-1 src=/b></edge-slot>ESI": "^<body>[esi-1][esi-2]$",
		"<body><esi:remove>x<p></esi:remove><div>ESI":        "^<body><div>[esi-1]$</div>",
		"<body><di<esi:comment text=''/>v>ESI":               "^<body><div>[esi-1]$</div>",
		"<body><!--esi <b>ESI</b> -->y":                      "^<body> <b>[esi-1]</b> y$",
		`<body><esi:include src="/a" alt="/b"/>x`:            "^<body>[esi-1]|[esi-1-alt]x$",
		"<body><p>x<esi:try><esi:attempt>a ESI</esi:attempt><esi:except>b</esi:except></esi:try>y":                               "^<body><p>x[esi-1 {a [esi-2]}]|[esi-1-except {b}]y$</p>",
		"<body><p>x<esi:try><esi:attempt><i>ESI</esi:attempt><esi:except>b</esi:except></esi:try>yESI":                           "^<body><p>x[esi-1! {<i>[esi-2!]}]|[esi-1-except! {b}]y[esi-3]$</i></p>",
		"<body><esi:try><esi:attempt><edge-slot name=x src=/x></edge-slot></esi:attempt><esi:except></esi:except></esi:try>SLOT": "^<body>[esi-1 {<edge-slot name=x src=/x></edge-slot>}]|[esi-1-except {}][a]$",
	} {
		src = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(src, "SLO0", `<edge-slot name=a src=/a></edge-slot>`), "SLOT", slotTag("a")), "ESI", include)
		o, refused := whole(t, src, both)
		got := written(src, o)
		// What the edge-slot's text has in it is not of interest.
		assert.Equal(t, want, got, "%q refused %q", src, refused)
		_, _, err := Outline([]byte(src), OutlineOptions{Document: true, EdgeSlots: true})
		assert.NoError(t, err)
	}
}

func TestOutlinesAreGivenOutEarly(t *testing.T) {
	o := NewOutliner(both)
	src := ""
	slots := []page.Slot{}
	for _, c := range []struct{ part, want string }{
		{"<!doctype html><title>t</title><p>some te", "<!doctype html>^<title>t</title><p>some te"},
		{"xt & mo", "xt & mo"},
		{"re &am", "re "},
		{"p;<div", "&amp;"},
		{">" + slotTag("a"), "<div>[a]"},
		{"<edge-slot name=b src=/b>", ""},
		{"…</edge-slot>x", "[b]x"},
		{"<script>1", ""},
		{"<2</script>x", "<script>1<2</script>x"},
		{"</div></bo", "</div>"},
		{"dy></html>", ""},
		{"y</body>", "</body></html>y"},
	} {
		src += c.part
		part, refused := o.Write([]byte(c.part))
		slots = append(slots, part.Slots...)
		part.Slots = slots
		assert.Equal(t, c.want, written(src, part), "at %q", c.part)
		assert.Empty(t, refused)
	}
	rest, _ := o.End()
	assert.Equal(t, "$</body>", written(src, rest))
}

// bits are what random documents are made of.
var bits = []string{
	"<!doctype html>", "<html>", "<head>", "</head>", "<body>", "</body>", "</html>", "<title>", "</title>", "<p>", "</p>", "<b>", "</b>", "<i>", "<div>", "</div>",
	"<table>", "</table>", "<tr>", "<td>", "</td>", "</tr>", "<tbody>", "<colgroup>", "<col>", "<select>", "</select>", "<option>", "<noscript>", "</noscript>", "<template>", "</template>",
	"<svg>", "</svg>", "<math>", "<mi>", "<foreignObject>", "<![CDATA[", "]]>", "<textarea>", "</textarea>", "<script>", "</script>", "<style>", "</style>", "<!--", "-->", "<!-- c -->",
	"<pre>", "</pre>", "\n", "\r", "\r\n", " ", "x", "text", "&amp", "&amp;", "&#32;", "&#", "&foo", "&Tab;", "&", "#", "<", "</", ">", "'", "\"", "<a href='", "<a href=x>", "</a>", "<search>", "</search>",
	"<span>", "</span>", "<form>", "</form>", "<input>", "<button>", "</button>", "<frameset>", "<plaintext>", "<?start name=a>", "<?end>", "<template for=b></template>", "<br>", "<li>", "<ul>", "</ul>", "é", "\xff", "\x00",
	"<edge-slot name=a src=/a></edge-slot>", "<edge-slot name=b src=/b>s<edge-error>e</edge-error></edge-slot>", "<edge-slot name=c src=c>", "</edge-slot>", "<edge-error>", "</edge-error>", "<edge-slot name=d src=/{x} odd>",
	"<esi:include src='/x'/>", "<esi:include src='/x'/>", "<esi:include src=\"y?$(QUERY_STRING{q})\" alt='/z' onerror=continue/>", "<esi:remove>", "</esi:remove>", "<esi:comment text='x'/>", "<!--esi", "<esi:try>", "<esi:attempt>", "</esi:attempt>", "<esi:except>", "</esi:except>", "</esi:try>",
	"<esi:try><esi:attempt>", "</esi:attempt><esi:except>", "</esi:except></esi:try>", "<esi:vars>", "<x-y>", "</x-y>", "<object>", "</object>", "<base href=x>", "<link rel=stylesheet href=/s>",
}

func randomDocument(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteString("<!doctype html><body>")
	}
	for range 1 + r.IntN(14) {
		b.WriteString(bits[r.IntN(len(bits))])
	}
	return b.String()
}

func optionsOf(n int) OutlineOptions {
	return OutlineOptions{Document: n&1 == 0, EdgeSlots: n&2 == 0, ESI: n&4 == 0, Base: "/shop/page?x=1"}
}

// How the bytes come makes no difference, and no document makes a panic.
func TestOutlinesAreTheSameInAnyPieces(t *testing.T) {
	n := 20000
	if testing.Short() {
		n = 4000
	}
	for i := range n {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		src, options := randomDocument(r), optionsOf(r.IntN(8))
		checkPieces(t, src, options, r)
		if t.Failed() {
			return
		}
	}
}

func checkPieces(t testing.TB, src string, options OutlineOptions, r *rand.Rand) {
	t.Helper()
	one, refused := streamed(t, src, options, nil)
	cuts := []int{}
	for at := range src {
		if r.IntN(4) == 0 {
			cuts = append(cuts, at)
		}
	}
	some, lines := streamed(t, src, options, cuts)
	if !assert.Equal(t, written(src, one), written(src, some), "%q cut at %d", src, cuts) || !assert.Equal(t, one, some, "%q cut at %d", src, cuts) {
		return
	}
	assert.ElementsMatch(t, refused, lines, "%q cut at %d", src, cuts) // those of ESI may come before or after others
	checkOutline(t, src, options, one)
	encoded, err := page.DecodeOutline(page.EncodeOutline(&one))
	assert.NoError(t, err, "%q", src)
	assert.Equal(t, len(one.Slots), len(encoded.Slots))
}

// checkOutline: pieces are in order, all of the text is there but for slots and what ESI takes out, and places are given once.
func checkOutline(t testing.TB, src string, options OutlineOptions, o page.Outline) {
	t.Helper()
	at, heads, tails, slots := 0, 0, 0, 0
	for _, p := range o.Pieces {
		switch p.Kind {
		case page.TextPiece:
			assert.True(t, at <= p.From && p.From < p.To && p.To <= len(src), "%q has %v", src, o.Pieces)
			if !options.ESI && options.Document && p.From > at {
				gap := src[at:p.From]
				assert.True(t, strings.HasPrefix(gap, "<edge-slot") || strings.ContainsAny(gap[:1], "&\r"), "%q leaves out %q", src, gap)
			}
			at = p.To
		case page.HeadPiece:
			heads++
			assert.Zero(t, slots, "%q", src)
		case page.TailPiece:
			tails++
		case page.SlotPiece:
			slots++
			assert.Zero(t, tails, "%q has a slot after its tail", src)
			assert.Less(t, p.Slot, len(o.Slots))
		}
	}
	assert.LessOrEqual(t, heads, 1)
	if options.Document {
		assert.Equal(t, 1, tails)
	} else {
		assert.Zero(t, heads+tails)
	}
	for i := range o.Slots {
		assert.Less(t, o.Slots[i].Else, len(o.Slots))
		assert.True(t, o.Slots[i].Else == 0 || o.Slots[i].Else > i)
	}
}

func FuzzOutline(f *testing.F) {
	for i := range 200 {
		r := rand.New(rand.NewPCG(2, uint64(i)))
		f.Add(randomDocument(r), uint8(i))
	}
	f.Fuzz(func(t *testing.T, src string, n uint8) {
		if len(src) < 4096 {
			checkPieces(t, src, optionsOf(int(n)), rand.New(rand.NewPCG(3, uint64(n))))
		}
	})
}

// A shell that ParsePage takes has, as a page of the origin, the same slots at the same places.
func TestShellsAndOriginsPagesAreReadAlike(t *testing.T) {
	options := OutlineOptions{Document: true, EdgeSlots: true, Base: "/"}
	taken := 0
	for i := range 60000 {
		r := rand.New(rand.NewPCG(4, uint64(i)))
		src := randomDocument(r)
		shell, err := Parse("/", src)
		if err != nil {
			continue
		}
		o, refused, err := Outline([]byte(src), options)
		if err != nil || len(refused) > 0 {
			assert.Fail(t, "refused", "%q: %v %q", src, err, refused)
			continue
		}
		if len(shell.Slots) == 0 {
			continue
		}
		taken++
		var b strings.Builder
		for i, static := range shell.Static {
			for at, c := range static + "!" {
				if shell.Head.Part == i && shell.Head.Off == at {
					b.WriteString("^")
				}
				if shell.Tail.Part == i && shell.Tail.Off == at {
					b.WriteString("$" + shell.Closers)
				}
				if at < len(static) {
					b.WriteRune(c)
				}
			}
			if i < len(shell.Slots) {
				b.WriteString("[" + shell.Slots[i].Name + "]")
			}
		}
		got := regexp.MustCompile(`"((?:\\.|[^"\\])*)"`).ReplaceAllStringFunc(written(strings.ReplaceAll(src, `"`, "\x01"), o), func(s string) string {
			s, _ = strconv.Unquote(s)
			return s
		})
		want := b.String()
		if text, ok := strings.CutSuffix(want, "&lt;/$"); ok {
			want = text + "$</" // the bytes stay as they are where they can
		}
		if !assert.Equal(t, want, strings.ReplaceAll(got, "\x01", `"`), "%q", src) {
			return
		}
		for i := range o.Slots {
			a, b := o.Slots[i], shell.Slots[i]
			assert.Equal(t, []any{b.Around, b.Depth, b.Skeleton, b.Error, b.HasError, b.Line}, []any{a.Around, a.Depth, a.Skeleton, a.Error, a.HasError, a.Line}, "%q", src)
		}
	}
	assert.Greater(t, taken, 200)
	t.Log(taken)
}

func TestOutlinesOfFragments(t *testing.T) {
	const include = `<esi:include src="/a"/>`
	for src, want := range map[string]string{
		"":                                  "",
		"<p>x</p>":                          "<p>x</p>",
		"<p>SLO0</p>":                       "<p>[a]</p>",
		"SLO0<tr><td>x</td></tr>":           "[a]<tr><td>x</td></tr>",
		"<tr><td>SLO0</td></tr>":            "<tr><td>[a]</td></tr>",
		"<tr>x</tr>SLO0":                    "<tr>x</tr>[a]",
		"<div>SLO0":                         `<div>[a]"</div>"`,
		"<p>SLO0</div>":                     `<p>[a]"</>""</p>"`,
		"<svg>SLO0</svg>":                   "<svg><edge-slot name=a src=/a></edge-slot></svg>",
		"<a title='ESI'>ESI</a>":            "<a title='[esi-1!]'>[esi-2]</a>",
		"x<esi:remove>y</esi:remove><b>ESI": `x<b>[esi-1]"</b>"`,
		"</template>ESI":                    "</template>[esi-1]",
		"a &amp":                            `a &amp"</>"`,
		"<i>\xff</i>":                       "<i>\xff</i>",
	} {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "SLO0", `<edge-slot name=a src=/a></edge-slot>`), "ESI", include)
		o, refused := whole(t, src, OutlineOptions{EdgeSlots: true, ESI: true, Base: "/a"})
		assert.Equal(t, want, written(src, o), "%q refused %q", src, refused)
	}
	_, _, err := Outline([]byte("</template>"), OutlineOptions{EdgeSlots: true})
	assert.ErrorContains(t, err, "</template> at byte 0")
	_, _, err = Outline([]byte("\xff"), OutlineOptions{EdgeSlots: true})
	assert.ErrorContains(t, err, "UTF-8")
	o, refused, err := Outline([]byte("</template>"), OutlineOptions{ESI: true})
	assert.NoError(t, err)
	assert.Len(t, refused, 1)
	assert.Equal(t, nowhere, o.Conflicts)
	o, _, err = Outline([]byte("<tr><td><ul><li>x</ul></td></tr>"), OutlineOptions{ESI: true})
	assert.NoError(t, err)
	assert.Equal(t, 4, o.Depth)
	assert.NotZero(t, o.Conflicts&markup.InBody)
	assert.Zero(t, o.Conflicts&markup.InSection)
}

// What holds at a slot in a fragment is what would hold there if the fragment stood in its place in a page.
func TestSlotsInFragmentsKnowWhatIsAroundTheFragment(t *testing.T) {
	const slot = `<edge-slot name=a src=/a></edge-slot>`
	around := []string{"", "<p>", "<a href=x>", "<ul><li>", "<dl><dd>", "<h1>", "<form>", "<button>", "<ruby><rt>", "<b><i>", "<b><b>", "<nobr>", "<table>", "<table><tbody>", "<table><tr>",
		"<table><colgroup>", "<select>", "<select><optgroup>", "<select><option>", "<p><table><tr><td>", "<div><form><p>", "<a href=x><object>", "<p><b>x</p>", "<ul><li><div>"}
	inner := []string{"", "<div>", "<p>", "<span>", "<tr><td>", "<tr>", "<tbody>", "<td>", "<li>", "<ul><li>", "<dd>", "<option>", "<table><tr><td>", "<object>", "<button>", "<section>", "<h2>", "<form>", "<ruby>",
		"<b>", "<a href=y>", "<p><span>", "<div><p>", "<svg><foreignObject>", "<select><option>", "<address><div>", "<caption>", "<col>", "<colgroup>"}
	compared := 0
	for _, a := range around {
		for _, i := range inner {
			outer, err := Parse("/", "<!doctype html><body>"+a+slot)
			if err != nil {
				continue
			}
			// Closed, as a fragment is.
			ends := ""
			for _, tag := range regexp.MustCompile(`<(\w+)[^>]*>`).FindAllStringSubmatch(i, -1) {
				if tag[1] != "col" {
					ends = "</" + tag[1] + ">" + ends
				}
			}
			o, _, err := Outline([]byte(i+slot+ends), OutlineOptions{EdgeSlots: true, Base: "/"})
			if err != nil || len(o.Slots) == 0 || o.Conflicts&outer.Slots[0].Around != 0 {
				continue // it cannot stand there
			}
			page, err := Parse("/", "<!doctype html><body>"+a+i+slot)
			if !assert.NoError(t, err, "%s%s", a, i) {
				continue
			}
			want, in := page.Slots[0], o.Slots[0]
			got := in.Around.Within(outer.Slots[0].Around, in.Reach)
			assert.Zero(t, want.Around&^got, "%s | %s misses facts", a, i)
			assert.Zero(t, (got&^want.Around)&(markup.InBody|markup.InHead|markup.InTable|markup.InSection|markup.InRow|markup.InColgroup|markup.InSelect|markup.Paragraph|markup.Link|markup.ListItem|markup.Button), "%s | %s has %b, %b is right", a, i, got, want.Around)
			more := in.Depth + outer.Slots[0].Depth - want.Depth // formatting is opened again for a slot, and may not be for what is in it
			assert.True(t, more == 0 || more > 0 && outer.Slots[0].Around&markup.Alike1 != 0, "%s | %s is %d deeper", a, i, more)
			compared++
		}
	}
	assert.Greater(t, compared, 150)
	t.Log(compared)
}

// outlineIn outlines src in parts of a size.
func outlineIn(src []byte, options OutlineOptions, size int) {
	o := NewOutliner(options)
	for len(src) > 0 {
		n := min(size, len(src))
		o.Write(src[:n])
		src = src[n:]
	}
	o.End()
}

// BenchmarkOutline reads a page of 1 MB as it comes, in parts of 16 KB.
func BenchmarkOutline(b *testing.B) {
	const row = `<tr><td class="a">one</td><td title='<edge-slot>'>two &amp; three</td></tr>` + "\n"
	page := "<!doctype html><html><head><title>t</title></head><body>" + slotTag("a") + `<esi:include src="/b"/><table>` + strings.Repeat(row, 1<<20/len(row)) + "</table></body></html>"
	for name, options := range map[string]OutlineOptions{
		"edge-slot": {Document: true, EdgeSlots: true}, "ESI": {Document: true, ESI: true}, "fragment": {EdgeSlots: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				outlineIn([]byte(page), options, 16<<10)
			}
		})
	}
}

// BenchmarkHeavyOutlines shows whether time grows with length alone, in parts of 1 KB: MB/s at 64 KB and at 512 KB are to be about the
// same.
func BenchmarkHeavyOutlines(b *testing.B) {
	for i := range heavy {
		for _, n := range []int{64 << 10, 512 << 10} {
			b.Run(strings.ReplaceAll(heavy[i].name, " ", "-")+"/"+strconv.Itoa(n>>10)+"KB", func(b *testing.B) {
				src := []byte(shellOfSize(i, n))
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					outlineIn(src, both, 1<<10)
				}
			})
		}
	}
}
