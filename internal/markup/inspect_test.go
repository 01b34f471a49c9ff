package markup

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/sum"
)

// inspected is what becomes of a fragment when its fill ends.
func inspected(t testing.TB, fragment string) (mended string, found Inspection, err error) {
	t.Helper()
	found, kept := new(Fragment).Inspect([]byte(fragment), InspectOptions{})
	require.Equal(t, string(kept) != fragment, found.Mended)
	require.Len(t, kept, found.Size)
	require.Equal(t, sum.Of(kept), found.Sum)
	if found.Fault != "" {
		err = errors.New(found.Fault)
	}
	return string(kept), found, err
}

func TestFragmentThatReadsTheSameEverywhereIsKeptAsItIs(t *testing.T) {
	for _, fragment := range []string{
		"",
		"text",
		"<p>€ 12</p>",
		"a < b, a <3, a <é, a </> b, 1 << 2",
		"<template></template>",
		"<TEMPLATE a=b></Template\n>",
		"<template><template></template></template><template></template>",
		"<template/></template>",
		"<templates></templates>",
		"<table><tr><td>a<table></table></table><object><p></object>",
		"<averylongnamethatnobodyhas></averylongnamethatnobodyhas>",
		"<!-x><![x><![CDATAx><!--a--!x--!--><!----a----><![CDATA[>",
		"<a b = ></a>",
		`<p title="</template>" data-x='<template>' data-y=</template>text</p>`,
		`<a =">" b></a>`,
		`<a b ="</template>" c = '>'>x</a d="</template>">`,
		`<a/b/=c"d></a>`,
		"<!-- <template> </template> -->",
		"<!---><!--a--!><!--a-- ><!-- --><!-- <!-- -->",
		"<!doctype html \"><!bogus><?xml version=\"1.0\"?><? ></ bogus>",
		"<![CDATA[ > ]]>",
		"<?started?><?xml?><?><!--?--><!--?starts--><!-- ?start -->",
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
		"<select><option>a<option>b<optgroup label=c><option>d<optgroup label=e><option>f<hr></select>",
		"<select><template><style>a<b</style></template><script>a<b</script></select>",
		"<select><option>a<input>",
		"<table><colgroup><col></colgroup></table><style>a<b</style>",
		"<table>moved<b>out</b><tr><td>of it</table>",
		"<edge-slot name=a src=/b></edge-slot>",
		"\x00<p \x00=\x00>\x00</p \x00>\xff.",
		"<search><form><ul><li>a<li>b</ul></form></search>",
		"<ul><li>a<li>b</ul><dl><dt>a<dd>b<dt>c</dl><ruby>a<rp>(<rt>b<rp>)</ruby>",
		"<p>a<p>b<ul></ul><p>c</p>",
		"<b>a<i>b</b>c</i><a>d<div>e</a>f</div>",
		"<form><p><input></p></form><form></form>",
		"<x-y><template shadowrootmode=open><slot></slot></template></x-y>",
		"<pre>\n\na</pre><textarea>\n\na</textarea>",

		// False refusals of the first version.
		"<noscript><noscript></noscript></noscript>",
		"<svg><title/><path/></svg>",
		"<svg><style/></svg>",
		"<svg><style/><path/></svg><p>a</p>",
		"<svg><script href=a/></script></svg>",
		"<svg><script href='a'/></svg>",
		"<svg><foreignObject><div>x</div></foreignObject></svg><template></template>",
		"<svg><style><![CDATA[ a > b < c ]]></style></svg>",
		"<svg><template></template></svg>",
		"<svg><template/></svg>",
		"<svg><style><style></style></style></svg>",
		"<noscript></<</noscript></noscript>",
	} {
		mended, _, err := inspected(t, fragment)
		if assert.NoError(t, err, "%q", fragment) {
			assert.Equal(t, fragment, mended)
		}
	}
}

func TestFragmentIsMended(t *testing.T) {
	for _, c := range []struct{ fragment, mended string }{
		// What is left open is closed.
		{"<div>x", "<div>x</div>"},
		{"<a href=/b>x", "<a href=/b>x</a>"},
		{"<form action=/a><input>", "<form action=/a><input></form>"},
		{"<p>a paragraph and <b>bold", "<p>a paragraph and <b>bold</b></p>"},
		{"<li>a<li>b", "<li>a<li>b</li>"},
		{"<tr><td>x", "<tr><td>x</td></tr>"},
		{"<td>a<td>b", "<td>a<td>b</td>"},
		{"<col><col>", "<col><col>"},
		{"<option>a<option>b", "<option>a<option>b</option>"},
		{"<select><option>a", "<select><option>a</option></select>"},
		{"<x-card><h2>a", "<x-card><h2>a</h2></x-card>"},
		{"<svg><object/><table/></svg>", "<svg><object/><table/></svg></table>"},
		{"<svg><title><b></title></svg>", "<svg><title><b></title></svg></b></title></svg>"},
		{"<svg viewBox=a><g><path/>", "<svg viewBox=a><g><path/></g></svg>"},
		{"<svg><foreignObject><p>a", "<svg><foreignObject><p>a</p></foreignobject></svg>"},
		{"<b><object><p>", "<b><object><p></p></object></b>"},
		{"<b><table><tr><td>", "<b><table><tr><td></td></tr></tbody></table></b>"},
		// Chromium closes nothing by a form's end tag in a template.
		{"<form><p>a</form>b", "<form><p>a</p></form>b"},
		{"<form><ul><li>a</ul><dd>a<p>b</form>c", "<form><ul><li>a</ul><dd>a<p>b</p></dd></form>c"},

		// Formatting that waits to be opened again is forgotten.
		{"<p>a<b>b<i>c</b>d</p>", "<p>a<b>b<i>c</b>d</p></i>"},
		{"<p><b></p>", "<p><b></p></b>"},
		{"<a href=//e><math><p/><object/>", "<a href=//e><math><p/><object/></object></p></a>"},
		{"<p><b><b><b></p>", "<p><b><b><b></p></b></b></b>"},
		{"<table><a href=/><tr><td>x</table>", "<table><a href=/><tr><td>x</table></a>"},

		// What a template would take along is closed in it.
		{"<b><template><td></template></b>", "<b><template><td></td></template></b>"},
		{"<template><applet></template>", "<template><applet></applet></template>"},
		{"<template><tr><td>a</template>", "<template><tr><td>a</td></template>"},

		// What is superfluous becomes nothing: </> is read as that.
		{"x</div>", "x</>"},
		{"</div></p></body></html>", "</></></></>"},
		{"a</B >b</x-y c='>'>c", "a</>b</>c"},
		{"<html lang=de><body class=x>y", "</></>y"},
		{"<!doctype html><html><head><title>t</title></head><body><p>a</p></body></html>\n", "<!doctype html></></><title>t</title></></><p>a</p></></>\n"},
		{"<div><td>x</td></div>", "<div></>x</></div>"},
		{"<tr><td>a</td></tr></tbody></table>", "<tr><td>a</td></tr></></>"},
		{"<tr></tr></div><tr></tr>", "<tr></tr></><tr></tr>"},
		{"</p>", "</>"},
		{"</br>", "</>"},
		{"<ul><li>a</ul></ul>", "<ul><li>a</ul></>"},
		{"<b>a</b></b>", "<b>a</b></>"},
		{"<div>a</b></div>", "<div>a</></div>"},
		{"</form><form></form></form>", "</><form></form></>"},
		{"<frame><p>a</p>", "</><p>a</p>"},
		{"a &</div>copy;", "a &</>copy;"},
		{"a\r</div>\nb", "a\r</>\nb"},
		{"<pre></b>\na</pre>", "<pre>\n\na</pre>"},
		{"<pre></b>a</pre>", "<pre>\na</pre>"},

		// A text's end is its own.
		{"a &", "a &</>"},
		{"a &am", "a &am</>"},
		{"a &#6", "a &#6</>"},
		{"a &#x1F", "a &#x1F</>"},
		{"a &amp;", "a &amp;"},
		{"a & b", "a & b"},
		{"<p>a</p>&copy", "<p>a</p>&copy</>"},
		{"<p>a &copy", "<p>a &copy</p>"},
		{"a\r", "a\r</>"},
		{"a\r\n", "a\r\n"},
		{"a\xe2\x82", "a\xe2\x82</>"},
		{"a€", "a€"},
		{"a𝄞", "a𝄞"},
		{"a\xf0\x9d\x84", "a\xf0\x9d\x84</>"},
	} {
		mended, _, err := inspected(t, c.fragment)
		if assert.NoError(t, err, "%q", c.fragment) {
			assert.Equal(t, c.mended, mended, "%q", c.fragment)
		}
		again, _, err := inspected(t, mended)
		assert.NoError(t, err, "%q", mended)
		assert.Equal(t, mended, again, "what is mended needs no mending")
	}
}

func TestFragmentThatNothingMendsIsRefused(t *testing.T) {
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
		{"<svg></template></svg>", "</template> at byte 5"},
		{"<p>a<template><p>", "<template> at byte 4 is not closed"},
		{"<template><template></template>", "<template> at byte 0 is not closed"},
		{"<template><!--</template>-->", "<template> at byte 0 is not closed"},
		{"<p></template><plaintext><script>", "</template> at byte 3"}, // the first one

		{"a <", "text at byte 2 ends the fragment"},
		{"a </", "</> at byte 2 ends the fragment"},
		{"a <b", "<b> at byte 2 is a tag without its end"},
		{"a </b ", "</b> at byte 2 is a tag without its end"},
		{`<a b="`, "<a> at byte 0 is a tag without its end"},
		{`<a b="c"`, "<a> at byte 0 is a tag without its end"},
		{"<averylongnamethatnobodyhas b='", "<averylongnamethatnobodyhas> at byte 0 is a tag without its end"},
		{"<" + strings.Repeat("a", 129) + ">", "> at byte 0 has a name that is not UTF-8, or longer"},
		{"<p\x00>", "> at byte 0 has a name that is not UTF-8"},
		{"<a\xff>", "> at byte 0 has a name that is not UTF-8"},
		{"<!", "<!--> at byte 0 is not closed"},
		{"a<!--", "<!--> at byte 1 is not closed"},
		{"a<!-- --", "<!--> at byte 1 is not closed"},
		{"a<!-- --!", "<!--> at byte 1 is not closed"},
		{"a<!doctype", "<!--> at byte 1 is not closed"},
		{"a<?xml", "<!--> at byte 1 is not closed"},
		{"a</ b", "<!--> at byte 1 is not closed"},
		{"<svg><![CDATA[ ]]", "<![CDATA[> at byte 5 is not closed"},
		{"p<script>", "<script> at byte 1 is not closed"},
		{"<script><!-- <script> </script>", "<script> at byte 0 is not closed"},
		{"<script></script", "<script> at byte 0 is not closed"},
		{"<style></styles>", "<style> at byte 0 is not closed"},
		{"<style></style ", "<style> at byte 0 is not closed"},
		{"<textarea></title>", "<textarea> at byte 0 is not closed"},
		{"<noscript>", "<noscript> at byte 0 is not closed"},
		{"<plaintext>", "<plaintext> at byte 0 makes all the rest of the page text"},
		{"<noscript><plaintext></noscript>", "<plaintext> at byte 10"},
		{"<frameset>", "<frameset> at byte 0 replaces the body"},

		{"a<?start name=b><?end>", "<?> at byte 1 is a marker of patches"},
		{"<?END>", "<?> at byte 0 is a marker of patches"},
		{"<!--?start name=\"b\"-->", "<?> at byte 0 is a marker of patches"},
		{"<template><td></tr></template>", "</tr> at byte 14 means nothing where it stands"},
		{"<template><td><caption></template>", "<caption> at byte 14 means nothing where it stands"},

		{"<p>a<search></search>", "<search> at byte 4 meets <search>, which some browsers do not know"},
		{"<li><search><li></search>", "<li> at byte 12 meets <search>"},
		{"<search><div></search>", "</search> at byte 13 meets <search>"},

		{"<th>a<col>", "<col> at byte 5 means nothing where it stands"},
		{"<svg><body>", "<body> at byte 5 means nothing where it stands"},

		// What leaves formatting behind.
		{"<table><td><marquee></table>", "<marquee> at byte 11 is closed by the tag of another element"},
		{"<b><table><object><td></object></table></b>", "<object> at byte 10 is closed by the tag of another element"},

		// What stands in a table that is not in the fragment.
		{"<tr>text", "text at byte 4 stands between the rows or cells of a table"},
		{"<tbody>text", "text at byte 7 stands between the rows or cells of a table"},
		{"<tr><td>x</td> text", "text at byte 15 stands between the rows or cells of a table"},
		{"<tr><a href=//e><td>x", "<a> at byte 4 stands between the rows or cells of a table"},
		{"<td>a</td></p>", "</p> at byte 10 stands between the rows or cells of a table"},
		{"<col><script>a</script>", "<script> at byte 5 means nothing where it stands"},
		{"<col>text", "text at byte 5 means nothing where it stands"},
		{"<table><form><tr><td></form></table>", "<form> at byte 7 stands directly in a table"},
		{"<table><input type=&#104;idden></table>", "<input> at byte 7 has character references"},
		{"<body><td>x</td>", "<td> at byte 6 comes after a tag of the page"},
		{"<body></p>", "</p> at byte 6 comes after a tag of the page"},

		// What a page and a patch take differently wherever they stand.
		{"<form><form></form></form>", "<form> at byte 6 stands within another"},
		{"<form><div></form></div>", "</form> at byte 11 does not close what is open in its <form>"},
		{"<div><form></div>", "<form> at byte 5 is closed by the tag of another element"},
		{"<form><table><td></form></table>", "</form> at byte 17 does not close what is open in its <form>"},
		{"<template shadowrootmode=open></template>", "<template> at byte 0 with shadowrootmode stands at the top"},
		{"<template for=a>b</template>", "<template> at byte 0 with for is a patch"},
		{strings.Repeat("<x>", 600), "<x> at byte 1536 is nested more than 512 deep"},

		{"<font a><font b><font c><font d>", "<font> at byte 24 is nested four deep"},

		// What browsers with and without scripts read differently.
		{"<noscript></template></noscript>", "</template> at byte 10"},
		{"<noscript><template></noscript></template>", "</template> at byte 31"},
		{"<template><noscript></template></noscript>", "<template> at byte 0 is not closed"},
		{"<noscript><!-- </noscript><template> --></noscript>", "<template> at byte 26 is not closed"},
		{"<noscript><!-- </noscript>", "<!--> at byte 10 is not closed"},
		{"<noscript><a b='</noscript>'></noscript>", "depends on whether <noscript> is text"},
		{"<noscript><style></noscript></style></noscript>", "depends on whether <noscript> is text"},
		{"<table><noscript></table></noscript>", "depends on whether <noscript> is text"},
		{"<noscript><div></noscript>", "depends on whether <noscript> is text"},
		{"<noscript><p>a</noscript></div>", "depends on whether <noscript> is text"},
		{"<noscript></div></noscript>", "depends on whether <noscript> is text"},
		{"<noscript><b></noscript>a", "depends on whether <noscript> is text"},

		// What <svg> and <math> read differently from HTML.
		{"<svg><style></template></style></svg>", "</template> at byte 12"},
		{"<svg><desc><b></svg></b></desc><style></style></template>", "</template> at byte 46"},
		{"<svg><script><!-- </script>", "<!--> at byte 13 is not closed"},
		{"<svg><br><style></svg>", "<style> at byte 9 is not closed"},
		{"<math><annotation-xml encoding=text/&#104;tml></math>", "<annotation-xml> at byte 6 has character references"},

		// What browsers with the older rules for <select> ignore.
		{"<svg><br><select/></svg>", "</svg> at byte 18 stands in <select>"},
		{"<svg><desc><select/></svg>", "</svg> at byte 20 stands in <select>"},
		{"<math><br><select/></math>", "</math> at byte 19 stands in <select>"},
		{"<select><style></template></style></select>", "<style> at byte 8 stands in <select>"},
		{"<select><option><b>a</b></select>", "<b> at byte 16 stands in <select>"},
		{"<select><button></button></select>", "<button> at byte 8 stands in <select>"},
		{"<b><object><select></object></select>", "</object> at byte 19 stands in <select>"},
		{"<select></p></select>", "</p> at byte 8 stands in <select>"},
		{"<table><tr><td><select><tr></table>", "<tr> at byte 23 stands in <select>"},
	} {
		err := verdict(t, c.fragment)
		if assert.Error(t, err, "%q", c.fragment) {
			assert.Contains(t, err.Error(), c.message, "%q", c.fragment)
		}
	}
}

func verdict(t testing.TB, fragment string) error {
	t.Helper()
	_, _, err := inspected(t, fragment)
	return err
}
