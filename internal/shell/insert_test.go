package shell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/page"
)

// expand writes a page's texts one after the other with its parameters in them.
func expand(p *page.Page, values ...string) string {
	var b []byte
	for part := range len(p.Static) + 2*len(p.Slots) {
		text, from := *p.Text(part), 0
		if part > 0 {
			b = append(b, '|')
		}
		for _, in := range p.Inserts {
			if in.Part == part {
				b = in.As.Append(append(b, text[from:in.Off]...), values[in.Param])
				from = in.Off
			}
		}
		b = append(b, text[from:]...)
	}
	return string(b)
}

func TestParametersAreFilledIn(t *testing.T) {
	const nasty = `<i>&"'/é {x}`
	const text, value, url = `&lt;i&gt;&amp;"'/é {x}`, `&lt;i&gt;&amp;&#34;&#39;/é {x}`, "%3Ci%3E%26%22%27%2F%C3%A9%20%7Bx%7D"
	for _, c := range []struct{ shell, want string }{
		{"<title>Product {id}</title>", "<title>Product " + text + "</title>"},
		{"<html lang='{id}'><body>a{id}b{id}</body>", "<html lang='" + value + "'><body>a" + text + "b" + text + "</body>"},
		{`<p title="x{id}y" data-a='{id}'>`, `<p title="x` + value + `y" data-a='` + value + `'>`},
		{`<body><a href="/p/{id}?a={id}#{id}">`, `<body><a href="/p/` + url + "?a=" + url + "#" + url + `">`},
		{`<body><a href="{id}">x</a><img srcset="/a/{id}.png 1x, /b/{id} 2x">`, `<body><a href="` + url + `">x</a><img srcset="/a/` + url + ".png 1x, /b/" + url + ` 2x">`},
		{`<link rel=canonical href="https://shop.example/p/{id}">`, `<link rel=canonical href="https://shop.example/p/` + url + `">`},
		{`<body><a href="mailto:{id}">`, `<body><a href="mailto:` + url + `">`},
		{"<textarea>{id}</textarea>", "<textarea>" + text + "</textarea>"},
		{"<body><svg><a xlink:href='#{id}'>{id}</a></svg>", "<body><svg><a xlink:href='#" + url + "'>" + text + "</a></svg>"},
		{"<body><template><p>{id}</template>", "<body><template><p>" + text + "</template>"},
		{"<body><noscript><img alt='{id}'>{id}</noscript>", "<body><noscript><img alt='" + value + "'>" + text + "</noscript>"},
		{"<body><table><tr><td>{id}</table><select><option>{id}</select>", "<body><table><tr><td>" + text + "</table><select><option>" + text + "</select>"},

		// What stands right before is not read together with it.
		{"<body>a<{id}>", "<body>a&lt;" + text + ">"},
		{"<body>&am{id}p; &lt{id} &not{id} &#3{id} &x{id} &{id}", "<body>&amp;am" + text + "p; &lt;" + text + " &not;" + text + " &#3;" + text + " &amp;x" + text + " &amp;" + text},
		{"<p title='&am{id} &lt{id} &notx{id} &#3{id}'>", "<p title='&amp;am" + value + " &lt;" + value + " &amp;notx" + value + " &#3;" + value + "'>"},
		{"<title></ti{id}tle ></title>", "<title>&lt;/ti" + text + "tle ></title>"},
		{"<title></{id}</title>", "<title>&lt;/" + text + "</title>"},

		// What is no parameter stays.
		{"<body>{} {1} { id } {id {a-b} {id:x} {$} }{", "<body>{} {1} { id } {id {a-b} {id:x} {$} }{"},
		{"<body>{{id}} {{ x }} {{{name}}} {{ {id} }} {{", "<body>{{id}} {{ x }} {{{name}}} {{ {id} }} {{"},
		{"<body>&#123;id} &lbrace;id}<p title='&#123;id}'>", "<body>&#123;id} &lbrace;id}<p title='&#123;id}'>"},
		{"<script>const {id} = x, {other} = y</script><style>a{id}b{other}</style><!-- {id} {x} --><body>", "<script>const {id} = x, {other} = y</script><style>a{id}b{other}</style><!-- {id} {x} --><body>"},
		{`<body><p onclick="({other})=>1" x-data="{open}" :class="{active}" a={x} {y} style="{z}">`, `<body><p onclick="({other})=>1" x-data="{open}" :class="{active}" a={x} {y} style="{z}">`},
		{"<body><svg><![CDATA[{id}]]></svg>", "<body><svg><![CDATA[{id}]]></svg>"},

		// In slots.
		{"<body>{id}<edge-slot name=a src='/f/{id}'><p>…{id}</p>&am{id}<edge-error>no {id}<p></p></edge-error></edge-slot>{id}",
			"<body>" + text + "|" + text + "|<p>…" + text + "</p>&amp;am" + text + "|no " + text + "<p></p>"},
		{"<body><p><b title='{id}'>x</p><div><edge-slot name=a src=/></edge-slot></div>",
			"<body><p><b title='" + value + "'>x</p><div></b><b title='" + value + "'>|</div>||"},
	} {
		p, err := Parse("/{id}", c.shell)
		if assert.NoError(t, err, c.shell) {
			assert.Equal(t, c.want, expand(&p, nasty), c.shell)
		}
	}
}

func TestParametersOfManySegments(t *testing.T) {
	p, err := Parse("/{a}/{rest...}", "<head><link href='/x/{rest}.css' rel=stylesheet><body><pre>{rest}\nx</pre>{a}/{rest} <a href='/{rest}?{a}'>")
	require.NoError(t, err)
	assert.Equal(t, "<head><link href='/x/b/c%20d.css' rel=stylesheet><body><pre>\nb/c d\nx</pre>1/b/c d <a href='/b/c%20d?1'>", expand(&p, "1", "b/c d"))
	assert.Equal(t, "<head><link href='/x/.css' rel=stylesheet><body><pre>\n\nx</pre>1/ <a href='/?1'>", expand(&p, "1", ""))
	assert.Empty(t, p.Links, "a Link field is the same for all of a page")
}

func TestHeadAndTailStayWhereTheyAre(t *testing.T) {
	p, err := Parse("/{id}", "<html lang='{id}'><head><title>{id}</title></head><body class='{id}'><edge-slot name=a src=/></edge-slot>{id}</body><p title='{id}'>")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(p.Static[0][p.Head.Off:], "<title>"), p.Static[0][p.Head.Off:])
	assert.Equal(t, "</body><p title=''>", p.Static[1][p.Tail.Off:])

	p, err = Parse("/{id}", "<body>{id}<edge-slot name=a src=/></edge-slot>{id}a{id}</body></html>")
	require.NoError(t, err)
	assert.Equal(t, "</body></html>", p.Static[1][p.Tail.Off:])
	assert.Equal(t, "a", p.Static[1][:p.Tail.Off])
}

func TestParametersThatMayNotStandThere(t *testing.T) {
	for _, c := range []struct{ shell, want string }{
		{"<body>{ide}", `1:7: the unknown parameter "{ide}"; did you mean {id}? The pattern has {id} (a literal brace is &#123;)`},
		{"<body>{id...}", `1:7: the unknown parameter "{id...}"; did you mean {id}? The pattern has {id} (a literal brace is &#123;)`},
		{"<body>\n <p title='{name}'>", `2:12: the unknown parameter "{name}"; the pattern has {id} (a literal brace is &#123;)`},
		{"<title>{name}</title>", `1:8: the unknown parameter "{name}"; the pattern has {id}`},
		{"<p title={id}>", "1:10: the parameter {id} in a value without quotes"},
		{"<p {id}>", "1:4: the parameter {id} in the name of an attribute"},
		{"<p-{id}>", "1:4: the parameter {id} in the name of a tag"},
		{"<p onclick=\"f('{id}')\">", "1:16: the parameter {id} in onclick, which is code"},
		{"<p style='color:{id}'>", "1:17: the parameter {id} in style, which is code"},
		{"<p @click='{id}'>", "1:12: the parameter {id} in @click, which is code"},
		{"<iframe srcdoc='{id}'></iframe>", "1:17: the parameter {id} in srcdoc, which is a page of its own"},
		{"<meta http-equiv=refresh content='0;url={id}'>", "1:41: the parameter {id} in what a <meta http-equiv> says"},
		{"<input type='{id}'>", "1:14: the parameter {id} in type, which decides what the element is"},
		{"<script type=application/ld+json>{\"sku\":\"{id}\"}</script>", "1:42: the parameter {id} in a <script> that holds data"},
		{"<a href='javascript:f({id})'>", "1:23: the parameter {id} in a URL of javascript:"},
		{"<a href=' java&#115;cript&#58;{id}'>", "1:31: the parameter {id} in a URL of javascript:"},
		{"<a href='java\nscript:{id}'>", "2:8: the parameter {id} in a URL of javascript:"},
		{"<a href='javascript&colon;{id}'>", "1:27: the parameter {id} behind the character reference \"&colon;\" in a URL"},
		{"<a href='{id}:x'>", "1:10: the parameter {id} in the scheme of a URL"},
		{"<a href='java{id}:x'>", "1:14: the parameter {id} in the scheme of a URL"},
		{"<a href='https:{id}'>", "1:16: the parameter {id} in the host of a URL"},
		{"<a href='https://{id}/'>", "1:18: the parameter {id} in the host of a URL"},
		{"<a href='https://a.{id}.example/'>", "1:20: the parameter {id} in the host of a URL"},
		{"<a href='//{id}'>", "1:12: the parameter {id} in the host of a URL"},
		{"<a href='/\\{id}'>", "1:12: the parameter {id} in the host of a URL"},
		{"<a href='/\t/{id}/x'>", "1:13: the parameter {id} in the host of a URL"},
		{"<img srcset='/a 1x, //{id}/b 2x'>", "1:23: the parameter {id} in the host of a URL"},
		{"<svg><set attributeName=href to='javascript:{id}'></svg>", "1:45: the parameter {id} in a URL of javascript:"},
		{"<body><table>{id}</table>", "1:14: the parameter {id} in <table>, out of which browsers move text"},
		{"<head>{id}</head>", "1:7: the parameter {id} where browsers put text elsewhere, or begin the body by it"},
		{"{id}", "1:1: the parameter {id} where"},
		{"<body></body>{id}", "1:14: the parameter {id} where"},
		{"<body><table><colgroup>{id}</table>", "1:24: the parameter {id} where browsers put text elsewhere, or begin the body by it"},
		{"<noscript><img onerror='{id}'></noscript>", "1:25: the parameter {id} in onerror, which is code"},
		{"<body>{id}<frameset>", ""},
		{"<body>\x01{id}", "1:7: a control character"},
		{"<body><edge-slot name=a src=/><table>{id}</table></edge-slot>", "1:38: the parameter {id} in <table>"},
	} {
		_, err := Parse("/{id}", c.shell)
		if c.want == "" {
			assert.NoError(t, err, c.shell)
		} else if assert.Error(t, err, c.shell) {
			assert.True(t, strings.HasPrefix(err.Error(), c.want), "%s\n%s", c.shell, err)
		}
	}
	_, err := Parse("/about", "<title>{id}</title>")
	assert.ErrorContains(t, err, `1:8: the unknown parameter "{id}"; the page's pattern has no parameters (a literal brace is &#123;)`)
	_, err = Parse("/{id}", "<body>"+strings.Repeat("<i>{id}</i>", maxInserts))
	assert.NoError(t, err)
	_, err = Parse("/{id}", "<body>"+strings.Repeat("<i>{id}</i>", maxInserts+1))
	assert.ErrorContains(t, err, "the parameter {id} after 1000 others; expected so many at most")
	_, err = Parse(page.NotFound, "<title>{id}</title>")
	assert.ErrorContains(t, err, "the page's pattern has no parameters")
	_, err = Parse("/{rest...}", "<body><p><b>x</p><div>{rest}</div>")
	assert.ErrorContains(t, err, "the parameter {rest} where", "without text there, browsers do not open <b> again")
}
