package shell

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/duration"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/route"
)

func TestSlotHasItsPolicySkeletonAndError(t *testing.T) {
	shell := `<!doctype html>
<html><body>
<h1>Product</h1>
<edge-slot name="price" src="/fragments/price/{id}" ttl="30s" swr="5m" sie="1h"
           tags="product:{id} prices" vary="cookie:currency header:Accept-Language query:v" timeout="3s" share="region" early="Off" required>
  <p class="skeleton">…</p>
  <edge-error><p>Price unavailable</p></edge-error>
</edge-slot>
<EDGE-SLOT SRC=/b NAME=b></EDGE-SLOT >
</body></html>`

	page, err := Parse("/products/{id}", shell)

	require.NoError(t, err)
	require.Len(t, page.Slots, 2)
	price := page.Slots[0]
	assert.Equal(t, "/products/{id}", page.Pattern)
	assert.Equal(t, "price", price.Name)
	assert.Equal(t, "/fragments/price/{id}", price.Src)
	assert.Equal(t, 30*time.Second, price.TTL)
	assert.Equal(t, 5*time.Minute, price.StaleWhileRevalidate)
	assert.Equal(t, time.Hour, price.StaleIfError)
	assert.Equal(t, 3*time.Second, price.Timeout)
	assert.Equal(t, []string{"product:{id}", "prices"}, price.Tags)
	assert.Equal(t, []route.Input{{Kind: route.Cookie, Name: "currency"}, {Kind: route.Header, Name: "accept-language"}, {Kind: route.Query, Name: "v"}}, price.Vary)
	assert.True(t, price.Required)
	assert.True(t, price.Region)
	assert.True(t, price.NoEarly)
	assert.Equal(t, "\n  <p class=\"skeleton\">…</p>\n  \n", price.Skeleton)
	assert.Equal(t, "<p>Price unavailable</p>", price.Error)
	assert.True(t, price.HasError)
	assert.Equal(t, 4, price.Line)

	b := page.Slots[1]
	assert.Equal(t, "b", b.Name)
	assert.Equal(t, []time.Duration{duration.Unset, duration.Unset, duration.Unset, duration.Unset}, []time.Duration{b.TTL, b.StaleWhileRevalidate, b.StaleIfError, b.Timeout})
	assert.Empty(t, b.Tags)
	assert.Empty(t, b.Vary)
	assert.False(t, b.Required)
	assert.False(t, b.Region)
	assert.False(t, b.NoEarly)
	assert.False(t, b.HasError)
	assert.Empty(t, b.Skeleton)
	assert.Equal(t, 9, b.Line)

	assert.Equal(t, []string{"<!doctype html>\n<html><body>\n<h1>Product</h1>\n", "\n", "\n</body></html>"}, page.Static)
	assert.Equal(t, []string{"id"}, page.Params)
}

// slotsIn names the slots that a shell has; the content of a body comes after <body>.
func slotsIn(t *testing.T, body string) []string {
	t.Helper()
	page, err := Parse("/", "<body>"+body)
	require.NoError(t, err, body)
	names := make([]string, len(page.Slots))
	for i := range page.Slots {
		names[i] = page.Slots[i].Name
	}
	return names
}

func TestSlotsAreFoundWhereBrowsersSeeTags(t *testing.T) {
	const s, no = "<edge-slot name=s src=/s></edge-slot>", "<edge-slot name=no src=/no></edge-slot>"
	for _, body := range []string{
		"<!--" + no + "-->" + s,
		"<!-->" + s + "<!-- -->",
		"<!--->" + s,
		"<!----!>" + s,
		"<!--" + no + "--!>" + s,
		"<!--" + no + "--!->" + no + "-->" + s,
		"<!-- -- > " + no + "--->" + s,
		"<!" + strings.ReplaceAll(no, ">", "") + ">" + s,
		"<?php " + strings.ReplaceAll(no, ">", "") + "?>" + s,
		"<?>" + s,
		"</ " + strings.ReplaceAll(no, ">", "") + ">" + s,
		"</>" + s,
		"a < b <3 " + s + "<",
		"<![CDATA[>" + s + "]]>",
		"<svg><![CDATA[" + no + "]]></svg>" + s,
		"<svg><foreignObject><p><![CDATA[</p></foreignObject></svg>" + s,
		"<svg><title><![CDATA[</title>]]></title></svg>" + s,
		"<math><mi><![CDATA[" + no + "]]></mi></math>" + s,
		"<script>" + no + "</script>" + s,
		"<script><!-- <script>" + no + "</script>" + no + "--></script>" + s,
		"<script><!-- <script>" + no + "</script></script>" + s,
		"<script><!--> <script></script>" + s,
		"<SCRIPT>if (a</script/x) {}</scripty></sCRIPT foo='>'>" + s,
		"<style>" + no + "</style>" + s,
		"<textarea>" + no + "</textarea>" + s,
		"<title>" + no + "</title >" + s,
		"<xmp>" + no + "</xmp>" + s,
		"<iframe>" + no + "</iframe>" + s,
		"<noembed>" + no + "</noembed>" + s,
		"<noframes>" + no + "</noframes>" + s,
		"<noscript><!-- " + no + " --><p>x</p></noscript>" + s,
		`<a title="` + strings.ReplaceAll(no, `"`, "") + `">` + s + "</a>",
		`<a title='` + no + `'>` + s + "</a>",
		"<a title = x/>" + s,
		"<a title=<edge-slot>" + s,
		`<a "'=x y='>` + no + `'>` + s,
		"<a =x='" + no + "'>" + s + "'>",
		"<a/b='" + no + "'/>" + s,
		"<a b=\n'" + no + "'c>" + s,
		"<a b='1'c='" + no + "'>" + s,
		"<svg><style>" + "</style></svg>" + s,
		"<svg><foreignObject>" + s + "</foreignObject></svg>",
		"<svg><desc><p>" + s + "</desc></svg>",
		"<svg><p>" + s,
		"<svg/>" + s,
		"<math><annotation-xml encoding=Text/HTML>" + s + "</annotation-xml></math>",
		"<math><mi>" + s + "</mi></math>",
		"<table><tr><td>" + s + "</table>",
		"<table><tbody>" + s + "</tbody></table>",
		"<select>" + s + "</select>",
		"<edge-slots>" + s + "<edge-slo></edge-slots>",
		"<edge-slot\tname = s\nsrc\f=\r/s\r></edge-slot\n/x='>'>",
		"<edge-slot/name='s'/src='/s'></edge-slot>",
		"<edge-slot src=/s name=&#115;></edge-slot>",
		"<EDGE-slot NAME=s Src=/s></eDgE-SlOt>",
		"<edge-slot name=s src=/s><!--</edge-slot>--></edge-slot>",
		"<edge-slot name=s src=/s><script>'</edge-slot>'</script></edge-slot>",
		"<edge-slot name=s src=/s><a title='</edge-slot>'></a></edge-slot>",
		"<edge-slot name=s src=/s> \n </edge-slot>",
		"<template></template>" + s,
		"<p>" + s,
	} {
		assert.Equal(t, []string{"s"}, slotsIn(t, body), body)
	}
	assert.Equal(t, []string{"a", "b"}, slotsIn(t, `<p>x<edge-slot name=a src=/a></edge-slot><edge-slot name=b src=/a></edge-slot>`))
}

func TestOwnAttributesAreDecoded(t *testing.T) {
	_, err := Parse("/", `<body><edge-slot name="&lt;&AMP;&quot;&apos;&#x20AC;&#8364;&gt" src='/f?a=1&amp;b=2&lt=3&copy=4&&;&#;&#x'></edge-slot>`)
	assert.EqualError(t, err, "1:70: src: a # in a src; expected none: an origin is not told what follows it (a literal # is %23)")
	page, err := Parse("/", `<body><edge-slot name="&lt;&AMP;&quot;&apos;&#x20AC;&#8364;&gt" src='/f?a=1&amp;b=2&lt=3&copy=4&&;'></edge-slot>`)
	require.NoError(t, err)
	assert.Equal(t, `<&"'€€>`, page.Slots[0].Name)
	assert.Equal(t, "/f?a=1&b=2&lt=3&copy=4&&;", page.Slots[0].Src)
}

func TestReferences(t *testing.T) {
	for in, want := range map[string][2]string{
		"":                          {"", ""},
		"a&b":                       {"a&b", ""},
		"&":                         {"&", ""},
		"&;":                        {"&;", ""},
		"&amp":                      {"&", ""},
		"&amp;lt;":                  {"&lt;", ""},
		"&ampx":                     {"&ampx", ""},
		"&lt=&gt ":                  {"&lt=> ", ""},
		"&LT;&QUOT":                 {`<"`, ""},
		"&#65;&#x42&#X43;&#68":      {"ABCD", ""},
		"&#0;&#xD800;&#x110000;":    {"\uFFFD\uFFFD\uFFFD", ""},
		"&#99999999999999999999999": {"\uFFFD", ""},
		"&#;&#x;&#xg":               {"&#;&#x;&#xg", ""},
		"&eacute;&auml;":            {"&eacute;&auml;", "&eacute;"},
		"&#x80;":                    {"&#x80;", "&#x80;"},
	} {
		out, unknown := markup.DecodeReferences(in)
		assert.Equal(t, want, [2]string{out, unknown}, in)
	}
}

func TestErrorsNamePlaceFindingAndExpectation(t *testing.T) {
	const form = "expected a duration such as 30s, 5m, 1h30m, 500ms or 2d"
	const s = "<edge-slot name=s src=/s>"
	for shell, want := range map[string]string{
		// The tag and its attributes.
		"<body><edge-slot>":                                             `1:7: <edge-slot> without a name; expected name="…"`,
		"<body><edge-slot src=/x>":                                      `1:7: <edge-slot> without a name; expected name="…"`,
		"<body>\n <edge-slot name=x>":                                   `2:2: slot "x" without a src; expected src="…"`,
		"<body>\r\n<p>\r<edge-slot name=x>":                             `3:1: slot "x" without a src; expected src="…"`,
		"<body><edge-slot name='' src=/x>":                              `1:24: an empty name; expected 1 to 64 bytes`,
		"<body><edge-slot name src=/x>":                                 `1:18: an empty name; expected 1 to 64 bytes`,
		"<body><edge-slot name=" + strings.Repeat("x", 65) + " src=/x>": `1:23: a name of 65 bytes; expected 1 to 64 bytes`,
		"<body><edge-slot name='a\tb' src=/x>":                          `1:24: a control character in the name "a\x09b"; expected printable characters`,
		"<body><edge-slot name=a&#127; src=/x>":                         `1:23: a control character in the name "a\x7F"; expected printable characters`,
		"<body><edge-slot name=a&eacute; src=/x>":                       `1:23: the character reference "&eacute;"; expected the character itself, or &amp; for &`,
		"<body><edge-slot name=x src=x>":                                `1:29: src: "x" is no src; ` + srcWanted,
		"<body><edge-slot name=x src=/{id}>":                            `1:29: src: the unknown parameter "{id}"; the page's pattern has no parameters`,
		"<body><edge-slot name=x src=/x name=y>":                        `1:32: attribute "name" again; expected each attribute once`,
		"<body><edge-slot name=x src=/x SRC=y>":                         `1:32: attribute "src" again; expected each attribute once`,
		"<body><edge-slot name=x src=/x\n tll=5s>":                      `2:2: unknown attribute "tll" of <edge-slot>; did you mean ttl? expected name, src, ttl, swr, sie, tags, vary, timeout, share, early or required`,
		"<body><edge-slot name=x src=/x class=y>":                       `1:32: unknown attribute "class" of <edge-slot>; expected name, src, ttl, swr, sie, tags, vary, timeout, share, early or required`,
		"<body><edge-slot name=x src=/x time-out=y>":                    `1:32: unknown attribute "time-out" of <edge-slot>; did you mean timeout? expected name, src, ttl, swr, sie, tags, vary, timeout, share, early or required`,
		"<body><edge-slot name=x src=/x ttl=5>":                         `1:36: ttl: "5" has a number without a unit; ` + form,
		"<body><edge-slot name=x src=/x swr=-5s>":                       `1:36: swr: "-5s" has a sign; ` + form,
		"<body><edge-slot name=x src=/x sie='1 h'>":                     `1:37: sie: "1 h" has the unknown unit " h"; ` + form,
		"<body><edge-slot name=x src=/x timeout>":                       `1:32: timeout: an empty duration; ` + form,
		"<body><edge-slot name=x src=/x timeout=0s>":                    `1:40: a timeout of 0; expected a longer one, or no attribute for the default`,
		"<body><edge-slot name=x src=/x ttl=11y>":                       `1:36: ttl: "11y" has the unknown unit "y"; ` + form,
		"<body><edge-slot name=x src=/x required=false>":                `1:41: required="false"; expected required without a value, or no attribute`,
		"<body><edge-slot name=x src=/x share=world>":                   `1:38: share="world"; expected share="region", or no attribute`,
		"<body><edge-slot name=x src=/x share>":                         `1:32: share=""; expected share="region", or no attribute`,
		"<body><edge-slot name=x src=/x early=on>":                      `1:38: early="on"; expected early="off", or no attribute`,
		"<body><edge-slot name=x src=/x early>":                         `1:32: early=""; expected early="off", or no attribute`,
		"<body><edge-slot name=x src=/x ttl=0 share=Region>":            `1:7: slot "x" with share="region" and ttl="0", which is never shared; expected one of them`,
		"<body><edge-slot name=x src=/x shared=region>":                 `1:32: unknown attribute "shared" of <edge-slot>; did you mean share? expected name, src, ttl, swr, sie, tags, vary, timeout, share, early or required`,
		"<body><edge-slot name=x src=/x tags='a, b'>":                   `1:38: a comma in tag "a,"; expected spaces between tags`,
		"<body><edge-slot name=x src=/x tags='a {x}'>":                  `1:38: tags: the unknown parameter "{x}"; the page's pattern has no parameters`,
		"<body><edge-slot name=x src=/x tags='a }'>":                    `1:38: tags: "}" has a brace without its other half; expected {name} (a literal brace is %7B or %7D)`,
		"<body><edge-slot name=x src=/x vary=cookie>":                   `1:37: vary: "cookie"; expected cookie:NAME, header:NAME, query:NAME, language:TAGS, country, country:CODES, host or bucket:NAME/N, with spaces between`,
		"<body><edge-slot name=x src=/x vary='query:'>":                 `1:38: vary: "query:"; expected cookie:NAME, header:NAME, query:NAME, language:TAGS, country, country:CODES, host or bucket:NAME/N, with spaces between`,
		"<body><edge-slot name=x src=/x vary='path:x'>":                 `1:38: vary: the unknown input "path" in "path:x"; expected cookie:NAME, header:NAME, query:NAME, language:TAGS, country, country:CODES, host or bucket:NAME/N, with spaces between`,
		"<body><edge-slot name=x src=/x vary='cookie:a;'>":              `1:38: vary: "a;" is no name of a cookie; expected letters, digits and !#$%&'*+-.^_` + "`" + `|~`,
		"<body><edge-slot name=x src=/x vary='header:x:y'>":             `1:38: vary: "x:y" is no name of a header; expected letters, digits and !#$%&'*+-.^_` + "`" + `|~`,
		"<body><edge-slot name=x src=/x vary='query:\x01'>":             `1:38: vary: "\x01" is no name of a parameter; expected its decoded name, without control characters`,
		"<body><edge-slot name=x src=/x vary='header:Cookie'>":          `1:38: vary: the header "cookie"; expected cookie:NAME for each cookie that the fragment depends on`,
		"<body><edge-slot name=x src=/x vary='header:range'>":           `1:38: vary: the header "range"; expected none of the fields that ask for a part or an encoding: a fill asks for the whole fragment`,
		"<body><edge-slot name=x src=/x vary='header:Host'>":            `1:38: vary: the header "host"; expected host, or INLAY_HOSTS, the hosts each of which gets fragments of its own`,
		"<body><edge-slot name=x src=/x vary='header:x header:X'>":      `1:38: vary: "header:X" again; expected each input once`,
		"<body><edge-slot name=x src=/x vary='header:*'>":               `1:38: vary: the header *; expected the name of each header field that the fragment depends on: no request has a field of that name`,
		"<body>" + s + "</edge-slot>\n" + s:                             `2:17: slot "s" again, after the one in line 1; expected another name`,

		// How slots and their parts stand to each other.
		"<body><edge-slot name=s src=/s />":                      `1:7: <edge-slot … />, which HTML reads as a start tag; expected <edge-slot …></edge-slot>`,
		"<body>" + s:                                             `1:7: <edge-slot> that is not closed; expected </edge-slot>`,
		"<body>" + s + "</body>":                                 `1:32: </body> in slot "s"; expected the slot's end before it`,
		"<body></edge-slot>":                                     `1:7: </edge-slot> without a slot; expected <edge-slot …> before it`,
		"<body>" + s + "<edge-slot>":                             `1:32: <edge-slot> in the skeleton in slot "s"; expected </edge-slot> before it: slots do not nest`,
		"<body>" + s + "<edge-error><edge-slot>":                 `1:44: <edge-slot> in the <edge-error> in slot "s"; expected no slot within a slot`,
		"<body><edge-error>":                                     `1:7: <edge-error> outside of a slot; expected it within <edge-slot>`,
		"<body></edge-error>":                                    `1:7: </edge-error> without an <edge-error>; expected <edge-error> before it`,
		"<body>" + s + "</edge-error>":                           `1:32: </edge-error> without an <edge-error> in slot "s"; expected <edge-error> before it`,
		"<body>" + s + "<edge-error></edge-slot>":                `1:32: <edge-error> that is not closed in slot "s"; expected </edge-error> before </edge-slot>`,
		"<body>" + s + "<edge-error><edge-error>":                `1:44: <edge-error> within another in slot "s"; expected </edge-error> before it`,
		"<body>" + s + "<edge-error></edge-error><edge-error>":   `1:57: a second <edge-error> in slot "s"; expected one at most`,
		"<body>" + s + "<edge-error/>":                           `1:32: <edge-error/>, which HTML reads as a start tag; expected <edge-error></edge-error>`,
		"<body>" + s + "<edge-error class=x>":                    `1:44: attribute "class" of <edge-error>; expected none`,
		"<body>" + s + "<p><edge-error>":                         `1:35: <edge-error> in <p> in slot "s"; expected it directly in <edge-slot>`,
		"<body>a <" + s:                                          `1:9: < right before <edge-slot>, which would make a tag of what comes into the slot; expected &lt;`,
		"<body>" + s + "<<edge-error>":                           `1:32: < right before <edge-error>, which would make a tag of what follows it; expected &lt;`,
		"<body>" + s + "<?end>":                                  `1:32: <?end> in slot "s"; expected no markers in a slot: the slot gets its own`,
		"<body>" + s + "<?START name=x>":                         `1:32: <?start> in slot "s"; expected no markers in a slot: the slot gets its own`,
		"<body><template for=s></template>" + s + "</edge-slot>": `1:7: a marker or patch for "s", which is a slot's name; expected another name`,
		"<body>" + s + "</edge-slot><?start name='s'>":           `1:44: a marker or patch for "s", which is a slot's name; expected another name`,

		// Where no patch could reach a slot.
		"":                                     "",
		s:                                      `1:1: <edge-slot> before the body; expected <body> before it, or <head> around it`,
		"<!doctype html>" + s:                  `1:16: <edge-slot> before the body; expected <body> before it, or <head> around it`,
		"</body>" + s:                          `1:8: <edge-slot> after the body; expected </body> after it`,
		"<p></html> " + s:                      `1:12: <edge-slot> after the body; expected </body> after it`,
		"<head></head>" + s:                    `1:14: <edge-slot> before the body; expected <body> before it, or <head> around it`,
		"<body><svg>" + s:                      `1:12: <edge-slot> in <svg>, where a fragment would not be read as HTML; expected a slot around the whole <svg> or <math>`,
		"<body><svg><g>" + s:                   `1:15: <edge-slot> in <g>, where a fragment would not be read as HTML; expected a slot around the whole <svg> or <math>`,
		"<body><template><p>" + s:              `1:20: <edge-slot> in <template>, where no patch can reach it; expected a slot around the whole template`,
		"<body><noscript>" + s + "</noscript>": `1:17: <edge-slot> in <noscript>, which is text to browsers that run scripts; expected the slot outside of it`,
		"<noscript> </edge-error></noscript>":  `1:12: <edge-error> in <noscript>, which is text to browsers that run scripts; expected the slot outside of it`,

		// Skeletons and errors that a patch would not replace, or not alone.
		"<body>" + s + "<p></edge-slot>":              `1:32: <p> that is not closed in slot "s"; expected </p> before </edge-slot>`,
		"<body>" + s + "<edge-error><b></edge-error>": `1:44: <b> that is not closed in slot "s"; expected </b> before </edge-error>`,
		"<body><div>" + s + "</div>":                  `1:37: </div> in slot "s" closes the <div> around it; expected a skeleton or error that closes only what it opens`,
		"<body><p>" + s + "<div>":                     `1:35: <div> in slot "s" closes the <p> around it; expected a skeleton or error that closes only what it opens`,
		"<body><b>" + s + "</b>":                      `1:35: </b> in slot "s" closes the <b> around it; expected a skeleton or error that closes only what it opens`,
		"<body><ul><li>" + s + "<li>":                 `1:40: <li> in slot "s" closes the <li> around it; expected a skeleton or error that closes only what it opens`,
		"<body>" + s + "</i>":                         `1:32: </i> in slot "s" closes nothing; expected a start tag for it in the slot`,
		"<body>" + s + "</p>":                         `1:32: </p> in slot "s" closes nothing; expected a start tag for it in the slot`,
		"<body>" + s + "<div><b></div>":               `1:40: </div> in slot "s" closes the <b> within it too; expected </b> before it`,
		"<body>" + s + "<b><p></b>":                   `1:38: </b> in slot "s" stands within <p>; expected </p> before it`,
		"<body>" + s + "<form><div></form>":           `1:43: </form> in slot "s" stands within <div>; expected </div> before it`,
		"<body><form>" + s + "<form>":                 `1:38: <form> in slot "s" within another, which browsers ignore; expected one form only`,
		"<body><table>" + s + "<tr>":                  `1:39: <tr> in slot "s" directly in <table> opens a <tbody>, which stays open; expected <tbody> around it, or around the slot`,
		"<body><table><tbody>" + s + "<td>":           `1:46: <td> in slot "s" directly in <tbody> opens a <tr>, which stays open; expected <tr> around it, or around the slot`,
		"<body><table><tbody>" + s + "<p>":            `1:46: <p> in slot "s" directly in <tbody>, which browsers move out of the table; expected a row or a cell around it`,
		"<body><table><tbody>" + s + "<tr>x":          `1:50: text in slot "s" directly in <tr>, which browsers move out of the table; expected a row or a cell around it`,
		"<body><div>" + s + "<tr>":                    `1:37: <tr> in slot "s" outside of a table, which browsers ignore; expected the slot, or the part, in a table`,
		"<head>" + s + "<p>":                          `1:32: <p> in slot "s" ends the head; expected what belongs into a head, or the slot within <body>`,
		"<head>" + s + "x":                            `1:32: text in slot "s" ends the head; expected what belongs into a head, or the slot within <body>`,
		"<head>" + s + "</head>":                      `1:32: </head> in slot "s"; expected a slot that lies within the head or within the body`,
		"<body>" + s + "<body>":                       `1:32: <body> in slot "s"; expected the slot within it`,
		"<body>" + s + "<svg><p>":                     `1:37: <p> in slot "s" closes the <svg> that it stands in; expected no HTML in svg and math, except in <foreignObject>`,
		"<body>" + s + "</template></edge-slot>":      `1:32: </template> in slot "s" closes nothing; expected a start tag for it in the slot`,
		"<body>" + s + "a <</edge-slot>":              `1:7: the skeleton of slot "s" in which text at byte 2 ends the fragment; write &lt;; expected markup that every browser reads the same, wherever it stands`,

		// Shells that end in the middle.
		"<p><!-- a":                `1:4: a comment that the shell does not end; expected the comment's end`,
		"<p>\n<a href='x>":         `2:1: a tag that the shell does not end; expected the tag's end`,
		"<a href=":                 `1:1: a tag that the shell does not end; expected the tag's end`,
		"<a b=c":                   `1:1: a tag that the shell does not end; expected the tag's end`,
		"</a":                      `1:1: a tag that the shell does not end; expected the tag's end`,
		"<!doctype html":           `1:1: a doctype that the shell does not end; expected the doctype's end`,
		"<?x":                      `1:1: a processing instruction that the shell does not end; expected the processing instruction's end`,
		"<svg><![CDATA[ ]>":        `1:6: a CDATA section that the shell does not end; expected the CDATA section's end`,
		"<script>x</scrip>":        `1:1: <script> that is not closed; expected </script>`,
		"<title>x":                 `1:1: <title> that is not closed; expected </title>`,
		"<title>x</title a":        `1:9: a tag that the shell does not end; expected the tag's end`,
		"<p><plaintext>":           `1:4: <plaintext>, which makes all the rest text; expected <pre>`,
		"<p>\xff":                  `1:4: a byte that is not UTF-8; expected a shell in UTF-8`,
		strings.Repeat("<i>", 513): `1:1537: elements open 513 deep; expected at most 512, as browsers have it`,
	} {
		_, err := Parse("/", shell)
		if want == "" {
			assert.NoError(t, err, shell)
			continue
		}
		var at *Error
		require.ErrorAs(t, err, &at, shell)
		assert.EqualError(t, err, want, shell)
	}
}

func TestPatternErrorHasNoPosition(t *testing.T) {
	_, err := Parse("/{id", "")
	var at *Error
	require.ErrorAs(t, err, &at)
	assert.Zero(t, at.Line)
	assert.EqualError(t, err, `pattern "/{id" has braces that are not a whole segment; expected {name} between two slashes (a literal brace is %7B or %7D)`)
}

func TestUnknownParameterNamesThePatterns(t *testing.T) {
	_, err := Parse("/{id}/{name}", "<body><edge-slot name=x src=/{nmae}>")
	assert.EqualError(t, err, `1:29: src: the unknown parameter "{nmae}"; did you mean {name}? The pattern has {id}, {name}`)
}

func TestShellsAndSlotsAreBounded(t *testing.T) {
	_, err := Parse("/", strings.Repeat("x", maxShell+1))
	assert.EqualError(t, err, "1:1: a shell of 4194305 bytes; expected at most 4 MiB")
	_, err = Parse("/", strings.Repeat("x", maxShell))
	assert.NoError(t, err)

	var b strings.Builder
	b.WriteString("<body>")
	for i := range maxSlots {
		b.WriteString("<edge-slot name=" + strings.Repeat("x", i%60) + string(rune('a'+i/60)) + " src=/></edge-slot>")
	}
	_, err = Parse("/", b.String())
	require.NoError(t, err)
	_, err = Parse("/", b.String()+"\n<edge-slot name=more src=/></edge-slot>")
	assert.EqualError(t, err, "2:1: one slot more than 256; expected at most 256 in a page")
}

func TestBalancedSkeletonsAreTaken(t *testing.T) {
	for _, body := range []string{
		"<p>%</p>",
		"<div><p>a<p>b</div>%",
		"<ul>%<li>a<li>b</ul>",
	} {
		before, after, _ := strings.Cut(body, "%")
		slotsIn(t, before+"<edge-slot name=s src=/s>x</edge-slot>"+after)
	}
	for _, c := range [][2]string{
		{"", "<p>a</p><p>b</p>"},
		{"", "<ul><li>a<li>b</ul>"},
		{"", "<dl><dt>a<dd>b</dl>"},
		{"", "<table><tr><td>a<td>b<tr><td>c</table>"},
		{"", "<table><caption>c<col><tr><th>a</table>"},
		{"", "<table><p>x</p></table>"},
		{"", "<select><option>a<option>b<optgroup><option>c</select>"},
		{"", "<ruby>a<rp>(<rt>b<rp>)</ruby>"},
		{"", "<b><i>x</i></b>"},
		{"", "<img><br/><input><hr>"},
		{"", "<svg><g/><path d=x /><title>x</title><foreignObject><p>y</p></foreignObject></svg>"},
		{"", "<math><mi>x</mi><mo>+</mo></math>"},
		{"", "<style>p{}</style><script>x</script><textarea></p></textarea>"},
		{"", "<template><tr><td>x</td></tr></template>"},
		{"", "<my-element></my-element><span><a>x</a></span>"},
		{"", "<button>x</button><button>y</button>"},
		{"", "<h1>x</h1><h2>y</h2>"},
		{"", "<p>a<table></table>"},
		{"<table><tbody>", "<tr><td>x</td></tr><tr><td>y</td></tr>"},
		{"<table><tbody><tr>", "<td>x</td>"},
		{"<table>", "<tbody><tr><td><p>x</tbody>"},
		{"<table><tr><td>", "<p>x</p>"},
		{"<select>", "<option>x</option>"},
		{"<p>", "<b>x</b>"},
		{"<button>", "<p>x</p>"},
		{"<ul>", "<li>x</li>"},
	} {
		_, err := Parse("/", "<!doctype html><body>"+c[0]+"<edge-slot name=s src=/s>"+c[1]+"</edge-slot>")
		assert.NoError(t, err, "%s within %s", c[1], c[0])
	}
	p, err := Parse("/", "<head><edge-slot name=s src=/s><link rel=x><title>x</title></edge-slot></head><body><p>x")
	require.NoError(t, err)
	assert.Equal(t, page.Cut{Part: 0, Off: 6}, p.Head)
}

// cuts shows where a page is cut: the head script at |, patches at [closers].
func cuts(p *page.Page) string {
	out := ""
	for i, s := range p.Static {
		marks := map[int]string{}
		if p.Head.Part == i {
			marks[p.Head.Off] += "|"
		}
		if p.Tail.Part == i {
			marks[p.Tail.Off] += "[" + p.Closers + "]"
		}
		for j := 0; j <= len(s); j++ {
			out += marks[j]
			if j < len(s) {
				out += s[j : j+1]
			}
		}
		if i < len(p.Slots) {
			out += "~"
		}
	}
	return out
}

func TestHeadScriptAndPatchesHaveTheirPlaces(t *testing.T) {
	for in, want := range map[string]string{
		"<!doctype html><html lang=en><head a='>'><title>x</title></head><body>~</body></html>": "<!doctype html><html lang=en><head a='>'>|<title>x</title></head><body>~[]</body></html>",
		"<!doctype html><html><body>~</body></html>\n":                                          "<!doctype html><html>|<body>~[]</body></html>\n",
		"<!DOCTYPE html>\n<title>x</title><body>~":                                              "<!DOCTYPE html>\n|<title>x</title><body>~[]",
		"<body>~":                            "|<body>~[]",
		"":                                   "|[<body>]",
		"x":                                  "|x[]",
		"\uFEFF<!--c--><body>~":              "\uFEFF<!--c-->|<body>~[]",
		"\uFEFF<!doctype html><head>":        "\uFEFF<!doctype html><head>|[<body>]",
		"<!--<head>--><HTML><!-- --> <HEAD>": "<!--<head>--><HTML><!-- --> <HEAD>|[<body>]",
		"<body><p><head>~":                   "|<body><p><head>~[</p>]",
		"x<html><head>":                      "|x<html><head>[]",
		"<meta><head>":                       "|<meta><head>[<body>]",
		"<p><!doctype html>":                 "|<p><!doctype html>[</p>]",
		"<header>~</header>":                 "|<header>~</header>[]",
		"<head><title>a</title>~</head><p>b": "<head>|<title>a</title>~</head><p>b[</p>]",
		"<head>~</head>":                     "<head>|~</head>[<body>]",
		"<body>a</body>x~</body>b</body>c":   "|<body>a</body>x~</body>b[]</body>c",
		"<body>~</body>x~</html>":            "|<body>~</body>x~</html>[]",
		"<body>~<!--</body>--><script></body></script>": "|<body>~<!--</body>--><script></body></script>[]",
		"<body>~<i title='</body>'></body >":            "|<body>~<i title='</body>'>[</i>]</body >",
		"<body><template></body></template>~":           "|<body><template></body></template>~[]",

		"<body><p>a<p>~":                   "|<body><p>a<p>~[</p>]",
		"<body><p>~<div>a":                 "|<body><p>~<div>a[</div>]",
		"<body><p>~<span>b</p><i>":         "|<body><p>~<span>b</p><i>[</i>]",
		"<body><p>~<b>b</p>x":              "|<body><p>~<b>b</p>x[</b>]",
		"<body><p>~<b>b</p>x</b>":          "|<body><p>~<b>b</p>x</b>[]",
		"<body><div><ul><li>~<li>b</body>": "|<body><div><ul><li>~<li>b[</li></ul></div>]</body>",
		"<body><table><tr><td>~":           "|<body><table><tr><td>~[</td></tr></tbody></table>]",
		"<body><select><option>~<option>":  "|<body><select><option>~<option>[</option></select>]",
		"<body>~<svg><g><title>x":          "|<body>~<svg><g><title>x[</title></g></svg>]",
		"<body>~<b><div></b>":              "|<body>~<b><div></b>[</div>]",
		"<body>~<template><p>":             "|<body>~<template><p>[</p></template>]",
		"<body>~</div></span>":             "|<body>~</div></span>[]",
		"<body>~<form><div></form>":        "|<body>~<form><div></form>[</div>]",
	} {
		n := 0
		for strings.Contains(in, "~") {
			in = strings.Replace(in, "~", "<edge-slot name="+string(rune('a'+n))+" src=/></edge-slot>", 1)
			n++
		}
		page, err := Parse("/", in)
		if !assert.NoError(t, err, in) {
			continue
		}
		assert.Equal(t, want, cuts(&page), in)
	}
}

func TestLinksAreWhatTheHeadWillLoad(t *testing.T) {
	for head, want := range map[string][]string{
		`<link rel=stylesheet href=/a.css>`:                                                              {`</a.css>; rel=preload; as=style`},
		`<link rel="StyleSheet" href=" /ä b.css " media=print>`:                                          {`</%C3%A4%20b.css>; rel=preload; as=style; media="print"`},
		`<link rel="alternate stylesheet" href=/a.css>`:                                                  nil,
		`<link rel=stylesheet href=/a.css disabled>`:                                                     nil,
		`<link rel=stylesheet>`:                                                                          nil,
		`<link rel=stylesheet href="data:text/css,a">`:                                                   nil,
		`<link rel=icon href=/x>`:                                                                        nil,
		`<link rel=preload as=font href=/f crossorigin type=font/woff2>`:                                 {`</f>; rel=preload; as=font; crossorigin; type="font/woff2"`},
		`<link rel=preload as=fetch href=/f crossorigin=use-credentials>`:                                {`</f>; rel=preload; as=fetch; crossorigin=use-credentials`},
		`<link rel=preload as=image href=/i imagesrcset="/i 1x, /j 2x" fetchpriority=high>`:              {`</i>; rel=preload; as=image; fetchpriority="high"; imagesrcset="/i 1x, /j 2x"`},
		`<link rel=preload href=/i>`:                                                                     nil,
		`<link rel=preload as="a b" href=/i>`:                                                            nil,
		`<link rel=modulepreload href=/m.js integrity=sha256-x>`:                                         {`</m.js>; rel=modulepreload; integrity="sha256-x"`},
		`<link rel=preconnect href=//cdn.example crossorigin>`:                                           {`<//cdn.example>; rel=preconnect; crossorigin`},
		`<link rel=stylesheet href='/a>;"b'>`:                                                            {`</a%3E;%22b>; rel=preload; as=style`},
		`<link rel=stylesheet href=/a media='"x'>`:                                                       nil,
		`<script src=/a.js></script>`:                                                                    {`</a.js>; rel=preload; as=script`},
		`<script src=/a.js type=module></script>`:                                                        {`</a.js>; rel=modulepreload`},
		`<script src=/a.js nomodule></script>`:                                                           nil,
		`<script src=/a.js type=application/json></script>`:                                              nil,
		`<script>1</script>`:                                                                             nil,
		`<base href=/x/><link rel=stylesheet href=a.css>`:                                                nil,
		`<noscript><link rel=stylesheet href=/a.css></noscript>`:                                         nil,
		`<template><link rel=stylesheet href=/a.css></template>`:                                         nil,
		`<!--<link rel=stylesheet href=/a.css>-->`:                                                       nil,
		`</head><link rel=stylesheet href=/a.css>`:                                                       nil,
		`<body><link rel=stylesheet href=/a.css>`:                                                        nil,
		`<edge-slot name=x src=/x><link rel=stylesheet href=/a.css></edge-slot><script src=/b></script>`: {`</b>; rel=preload; as=script`},
	} {
		page, err := Parse("/", "<head>"+head)
		require.NoError(t, err, head)
		assert.Equal(t, want, page.Links, head)
	}
}

const srcWanted = "expected an absolute path (/fragments/price), an http or https URL, or binding:NAME/path"
