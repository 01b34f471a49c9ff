package edge

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// verdict reads a fragment in one piece.
func verdict(fragment string) error {
	var b balance
	b.Write([]byte(fragment))
	return b.Err()
}

func TestFragmentThatClosesWhatItOpensIsAccepted(t *testing.T) {
	for _, fragment := range []string{
		"",
		"text",
		"<p>€ 12</p>",
		"<p>unclosed paragraphs and <b>bold end with the patch",
		"</div></p></body></html>",
		"a < b, a <3, a <é, a </> b, 1 << 2",
		"<template></template>",
		"<TEMPLATE a=b></Template\n>",
		"<template><template></template></template><template></template>",
		"<template/></template>",
		"<templates></templates>",
		"</table></object><table><tr><td>a<table></table></table><object><p></object>",
		"<td>a<td>b",
		"<averylongnamethatnobodyhas></averylongnamethatnobodyhas>",
		"<!-x><![x><![CDATAx><!--a--!x--!--><!----a----><![CDATA[>",
		"<a b = ></a>",
		"<svg><object/><table/></svg>",
		`<p title="</template>" data-x='<template>' data-y=</template>text</p>`,
		`<a =">" b></a>`,
		`<a b ="</template>" c = '>'>x</a d="</template>">`,
		`<a/b/=c"d>`,
		"<!-- <template> </template> -->",
		"<!---><!--a--!><!--a-- ><!-- --><!-- <!-- -->",
		"<!doctype html \"><!bogus><?xml version=\"1.0\"?><? ></ bogus>",
		"<![CDATA[ > ]]>",
		"<script>if (a</template>/.test(b)) { c = '<template>' }</script>",
		"<script></scripty></script >",
		"<script><!-- <script> </script> --></script>",
		"<script><!-- </script>",
		"<script><!--<script>--></script>",
		"<script><!--<script></script></script>",
		"<style>a::after { content: '</template>' }</style a='>'>",
		"<textarea></template></textarea><title></template></title><xmp></template></xmp>",
		"<iframe></template></iframe><noembed></template></noembed><noframes></template></noframes>",
		"<noscript><img src='/pixel'></noscript>",
		"<noscript><iframe src='/tag'></iframe></noscript>",
		"<noscript><template></template></noscript>",
		"<template><noscript>a</noscript></template>",
		"<svg viewBox='0 0 1 1'><title>An icon</title><desc>Its text</desc><path d='M0 0'/></svg><template></template>",
		"<svg/><template></template>",
		"<svg><style>path { fill: red }</style><script>a && b</script></svg>",
		"<svg><style><![CDATA[ g > path { fill: red } ]]></style></svg>",
		"<svg><text><![CDATA[ < ]]></text></svg>",
		"<svg><foreignObject><div>HTML</div></foreignObject></svg><style>p { }</style>",
		"<math><mi>x</mi><mo>=</mo><mn>1</mn></math><template></template>",
		"<template><svg><foreignObject><p></template><template></template>",
		"<select><option>a</select><script>if (a < b) c</script><textarea>a <b</textarea><style>a<b</style>",
		"<select><template><style>a<b</style></template><script>a<b</script></select>",
		"<table><colgroup><col></colgroup></table><style>a<b</style>",
		"<edge-slot name=a src=/b></edge-slot>",
		"\x00<p\x00 \x00=\x00>\x00</p>\xff",
	} {
		assert.NoError(t, verdict(fragment), "%q", fragment)
	}
}

func TestFragmentThatWouldEndItsPatchEarlyOrNeverIsRefused(t *testing.T) {
	for _, c := range []struct{ fragment, message string }{
		{"</template>", "</template> at byte 0 has no <template> before it"},
		{"<p></p></template >", "</template> at byte 7 has no <template> before it"},
		{"</TemPlate/>", "</template> at byte 0"},
		{"<template></template></template>", "</template> at byte 21"},
		{"<!--></template>-->", "</template> at byte 5"},
		{"<!---></template>-->", "</template> at byte 6"},
		{"<!--a--!></template>-->", "</template> at byte 9"},
		{"<!doctype a '></template>'>", "</template> at byte 14"},
		{"<?a '></template>'?>", "</template> at byte 6"},
		{"<![CDATA[></template>]]>", "</template> at byte 10"},
		{`<a b=c"></template>">`, "</template> at byte 8"},
		{`<a b='"'></template>">`, "</template> at byte 9"},
		{"<script></script></template>", "</template> at byte 17"},
		{"<script><!-- --></script></template></script>", "</template> at byte 25"},
		{"<p>a<template><p>", "<template> at byte 4 is not closed"},
		{"<template><template></template>", "<template> at byte 0 is not closed"},
		{"<template><!--</template>-->", "<template> at byte 0 is not closed"},
		{"<svg><template></template></svg>", "<template> at byte 5 stands within <svg>"},
		{"<svg><foreignObject><p></p></foreignObject></svg><template></template>", "<template> at byte 49 stands within <svg>"},
		{"<svg><title><b></title></svg></b><template></template>", "<template> at byte 33 stands within <svg>"},
		{strings.Repeat("<template>", 64), "<template> at byte 630 is nested too deep"},
		{"<b><object><p>", "<object> at byte 3 is not closed"},
		{"<b><table><tr><td>", "<table> at byte 3 is not closed"},
		{"<object><table><td></object></table>", "<object> at byte 0 is not closed"},
		{"<table><td><marquee></table>", "<table> at byte 0 is not closed"},
		{"<template><applet></template>", "<applet> at byte 10 is not closed"},
		{"<table><noscript></table></noscript>", "</table> at byte 17 ends what was opened outside of <noscript>"},

		{"a <", "<> at byte 2 ends the fragment"},
		{"a </", "</> at byte 2 ends the fragment"},
		{"a <b", "<b> at byte 2 is a tag without its end"},
		{"a </b ", "</b> at byte 2 is a tag without its end"},
		{`<a b="`, "<a> at byte 0 is a tag without its end"},
		{`<a b="c"`, "<a> at byte 0 is a tag without its end"},
		{"<averylongnamethatnobodyhas b='", "<averylongnamet> at byte 0 is a tag without its end"},
		{"<!", "<!--> at byte 0 is a comment without its end"},
		{"a<!--", "<!--> at byte 1 is a comment without its end"},
		{"a<!-- --", "<!--> at byte 1 is a comment without its end"},
		{"a<!-- --!", "<!--> at byte 1 is a comment without its end"},
		{"a<!doctype", "<!> at byte 1 is a comment or an instruction without its end"},
		{"a<?xml", "<!> at byte 1 is a comment or an instruction without its end"},
		{"a</ b", "<!> at byte 1 is a comment or an instruction without its end"},
		{"<svg><![CDATA[ ]]", "<![CDATA[> at byte 5 is not closed"},
		{"p<script>", "<script> at byte 1 is not closed"},
		{"<script><!-- <script> </script>", "<script> at byte 0 is not closed"},
		{"<script></script", "<script> at byte 0 is not closed"},
		{"<style></styles>", "<style> at byte 0 is not closed"},
		{"<style></style ", "</style> at byte 0 is a tag without its end"},
		{"<textarea></title>", "<textarea> at byte 0 is not closed"},
		{"<noscript>", "<noscript> at byte 0 is not closed"},
		{"<plaintext>", "<plaintext> at byte 0 makes all the rest of the page text"},
		{"<noscript><plaintext></noscript>", "<plaintext> at byte 10"},

		// What browsers with and without scripts read differently.
		{"<noscript></template></noscript>", "</template> at byte 10"},
		{"<noscript><template></noscript></template>", "<noscript> at byte 0 has a <template> in it"},
		{"<template><noscript></template></noscript>", "</template> at byte 20 ends what was opened outside of <noscript>"},
		{"<noscript><!-- </noscript><template> --></noscript>", "<noscript> at byte 0 has its end tag within a comment"},
		{"<noscript><a b='</noscript>'></noscript>", "<noscript> at byte 0 has its end tag within a comment"},
		{"<noscript><style></noscript></style></noscript>", "<noscript> at byte 0 has its end tag within a comment"},
		{"<noscript></<</noscript></noscript>", "<noscript> at byte 0 has its end tag within a comment"},

		// What HTML, <svg> and <math> read differently.
		{"<svg><style></template></style></svg>", "</template> at byte 12"},
		{"<svg><p></svg><svg></svg></svg><style><a title='</style>'></style>", ""},
		{"<svg><desc><b></svg></b></desc><style></template></style>", "</template> at byte 38"},
		{"<svg><script><!-- </script>", "<script> at byte 5 has <!-- in it"},
		{"<svg><![CDATA[ > <template> ]]></svg>", "<![CDATA[> at byte 5 has > and then < in it"},
		{"<math><annotation-xml><title></template></title></annotation-xml></math>", "</template> at byte 29"},
		{"<svg><title/></svg>", "<title> at byte 5 is not closed"},

		// What <select> and a leading <col> ignore.
		{"<select><style></template></style></select>", "</template> at byte 15"},
		{"<select><style><template><style></template></style></select>", "<style> at byte 8 has its end tag within"},
		{"<svg><style><style></style></style></svg>", "<style> at byte 12 stands within another"},
		{"<b><object><select></object></select>", "<object> at byte 3 is not closed"},
		{"<select><option>a", "<select> at byte 0 is not closed"},
		{"<col><script>'</template>'</script>", "</template> at byte 14"},
		{"<link><col><script>'</template>'</script>", "</template> at byte 20"},
		{"<template><col></template><p><template><col><script>'</template>'</script>", "</template> at byte 53 ends what was opened outside of <script>"},
	} {
		err := verdict(c.fragment)
		if c.message == "" {
			assert.NoError(t, err, "%q", c.fragment)
			continue
		}
		if assert.Error(t, err, "%q", c.fragment) {
			assert.Contains(t, err.Error(), c.message, "%q", c.fragment)
		}
	}
}

func TestFirstProblemOfAFragmentIsTheOneReported(t *testing.T) {
	err := verdict("<p></template><plaintext><script>")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "</template> at byte 3")
}

func TestSecondColOfATemplateIsHarmlessWhenTheFirstTagWasAnother(t *testing.T) {
	assert.NoError(t, verdict("<tbody></tbody><col><script>a<b</script>"))
}

func TestFragmentReadsTheSameInAnyPieces(t *testing.T) {
	for _, fragment := range seedFragments() {
		whole := verdict(fragment)
		for cut := 0; cut <= len(fragment); cut++ {
			var b balance
			b.Write([]byte(fragment[:cut]))
			b.Write([]byte(fragment[cut:]))
			require.Equal(t, whole, b.Err(), "%q cut at %d", fragment, cut)
		}
	}
}

func TestReadingAFragmentAllocatesNothing(t *testing.T) {
	fragment := []byte(strings.Repeat("<p class='a'>text<!-- --></p><template></template><script>a<b</script>", 50))
	allocations := testing.AllocsPerRun(100, func() {
		var b balance
		b.Write(fragment)
		if b.Err() != nil {
			panic("refused")
		}
	})
	assert.Zero(t, allocations)
}

// seedFragments are fragments with a bit of everything.
func seedFragments() []string {
	return []string{
		"<p>€ 12</p>", "</template>", "<template><template></template></template>",
		"<!--a--!><!--><!---><!-- -- -->", "<!doctype html><?a b?></ c><![CDATA[ ]]>",
		`<a b="c" d='e' f=g h = i/></a j="</template>">`,
		"<script><!-- <script> </script> --></script>", "<style></template></style>",
		"<noscript><iframe></iframe><!-- </noscript> --></noscript>",
		"<svg><title>a</title><style><![CDATA[ a > b < c ]]></style><foreignObject><p></svg><template>",
		"<math><mi>x</mi></math><select><xmp></xmp></select><col>",
		"<template><col><script></template></script><plaintext>",
	}
}

func FuzzBalanceIsTheSameInAnyPieces(f *testing.F) {
	for i, fragment := range seedFragments() {
		f.Add([]byte(fragment), uint64(i)*0x9e3779b97f4a7c15)
	}
	f.Fuzz(func(t *testing.T, fragment []byte, cuts uint64) {
		var whole, pieces balance
		whole.Write(fragment)
		for rest := fragment; len(rest) > 0; {
			n := min(len(rest), int(cuts&7))
			pieces.Write(rest[:n])
			rest = rest[n:]
			cuts = cuts>>3 | cuts<<61 | 1
		}
		require.Equal(t, whole.Err(), pieces.Err())
	})
}

// FuzzBalanceOfNestedFragment: what may stand in a patch may stand in a template of a fragment.
func FuzzBalanceOfNestedFragment(f *testing.F) {
	for _, fragment := range seedFragments() {
		f.Add(fragment)
	}
	f.Fuzz(func(t *testing.T, fragment string) {
		if verdict(fragment) != nil || strings.Count(strings.ToLower(fragment), "<template") >= maxScopes {
			return
		}
		require.NoError(t, verdict("<template>"+fragment+"</template>"), "%q", fragment)
		require.Error(t, verdict("<template>"+fragment), "%q", fragment)
		require.Error(t, verdict(fragment+"</template>"), "%q", fragment)
	})
}

func BenchmarkBalance(b *testing.B) {
	for _, size := range []int{2 << 10, 64 << 10} {
		fragment := []byte(strings.Repeat(
			`<tr class="row"><td><a href="/products/17" title="A &quot;thing&quot;">A thing of some length</a></td><td>€ 12</td></tr>`+"\n",
			size/120+1)[:size/120*120])
		fragment = fragment[:strings.LastIndexByte(string(fragment), '\n')]
		b.Run(strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			b.SetBytes(int64(len(fragment)))
			for b.Loop() {
				var s balance
				s.Write(fragment)
				if err := s.Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
