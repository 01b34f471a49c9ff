package shell

import (
	"inlay/internal/markup"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASlotsPlaceIsKnown(t *testing.T) {
	const text, q = markup.InBody | markup.Quirks, markup.Quirks
	for shell, want := range map[string]markup.Mask{
		"<body>SLOT":                             text,
		"<!doctype html><body>SLOT":              markup.InBody,
		"<head>SLOT":                             markup.InHead,
		"<title>x</title>SLOT":                   markup.InHead,
		"<!doctype html><p>SLOT":                 markup.InBody | markup.Paragraph | markup.TableParagraph,
		"<p>SLOT":                                text | markup.Paragraph,
		"<p><button>SLOT":                        text | markup.Button,
		"<p><object>SLOT":                        text,
		"<p><svg><foreignObject>SLOT":            text,
		"<p></p>SLOT":                            text,
		"<p><table><tr><td>SLOT":                 text,
		"<a href=x>SLOT":                         text | markup.Link | markup.Alike1,
		"<a href=x><div><b>SLOT":                 text | markup.Link | markup.Alike1,
		"<a href=x><object>SLOT":                 text,
		"<p><a href=x></p>SLOT":                  text | markup.Link | markup.Alike1,
		"<a href=x><div></a>SLOT":                text,
		"<nobr>SLOT":                             text | markup.NoBreak | markup.Alike1,
		"<b><b>SLOT":                             text | markup.Alike1 | markup.Alike2,
		"<b><i><b><b>SLOT":                       text | markup.Alike1 | markup.Alike2 | markup.Alike3,
		"<b><b><b><table><tr><td><b>SLOT":        text | markup.Alike1,
		"<ul><li>SLOT":                           text | markup.ListItem,
		"<ul><li><div><span>SLOT":                text | markup.ListItem,
		"<ul><li><section>SLOT":                  text,
		"<ul><li><search>SLOT":                   text | markup.ListItem,
		"<ul><li><ul>SLOT":                       text,
		"<dl><dd>SLOT":                           text | markup.Definition,
		"<h1>SLOT":                               text | markup.Heading,
		"<h1><b>SLOT":                            text | markup.Alike1,
		"<form>SLOT":                             text | markup.Form,
		"<form></form>SLOT":                      text,
		"<div><form></div>SLOT":                  text | markup.Form,
		"<div><form><table><td></form>SLOT":      text,
		"<table><form><tr><td>SLOT":              text | markup.Form,
		"<form><template></form></template>SLOT": text | markup.Form,
		"<button><b>SLOT":                        text | markup.Button | markup.Alike1,
		"<table>SLOT":                            markup.InTable | q,
		"<table><thead>SLOT":                     markup.InSection | q,
		"<table><tr>SLOT":                        markup.InRow | q,
		"<table><colgroup>SLOT":                  markup.InColgroup | q,
		"<table><col>SLOT":                       markup.InColgroup | q,
		"<table><caption>SLOT":                   text,
		"<table><tr><th>SLOT":                    text,
		"<select>SLOT":                           markup.InSelect | q,
		"<select><option>SLOT":                   markup.InSelect | q | markup.Option,
		"<select><optgroup>SLOT":                 markup.InSelect | q | markup.OptionGroup,
		"<select><optgroup><option>SLOT":         markup.InSelect | q | markup.Option | markup.OptionGroup,
		"<select><p>SLOT":                        markup.InSelect | q | markup.Paragraph | markup.Option,
		"<table><td><select>SLOT":                markup.InSelect | q,
		"<datalist><option>SLOT":                 text | markup.Option,
		"<ruby>SLOT":                             text | markup.Ruby,
		"<ruby><rt>SLOT":                         text | markup.Ruby | markup.RubyPart,
		"<table><b><tr>SLOT":                     markup.InRow | q | markup.Reopened | markup.Alike1,
		"<head><noscript><img></noscript>SLOT":   markup.InHead | text,
		"<body><noscript><table></noscript>SLOT": text | markup.InTable,
	} {
		page, err := Parse("/", slotted(shell))
		require.NoError(t, err, shell)
		assert.Equal(t, want, page.Slots[0].Around, shell)
	}
	page, err := Parse("/", slotted("<body>"+strings.Repeat("<div>", 30)+"SLOT"))
	require.NoError(t, err)
	assert.Equal(t, 32, page.Slots[0].Depth)
}
