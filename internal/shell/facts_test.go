package shell

import (
	"inlay/internal/markup"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASlotsPlaceIsKnown(t *testing.T) {
	const text, q = inBody | quirksAround, quirksAround
	for shell, want := range map[string]facts{
		"<body>SLOT":                             text,
		"<!doctype html><body>SLOT":              inBody,
		"<head>SLOT":                             inHead,
		"<title>x</title>SLOT":                   inHead,
		"<!doctype html><p>SLOT":                 inBody | paragraphAround | tableParagraphAround,
		"<p>SLOT":                                text | paragraphAround,
		"<p><button>SLOT":                        text | buttonAround,
		"<p><object>SLOT":                        text,
		"<p><svg><foreignObject>SLOT":            text,
		"<p></p>SLOT":                            text,
		"<p><table><tr><td>SLOT":                 text,
		"<a href=x>SLOT":                         text | linkAround | alike1,
		"<a href=x><div><b>SLOT":                 text | linkAround | alike1,
		"<a href=x><object>SLOT":                 text,
		"<p><a href=x></p>SLOT":                  text | linkAround | alike1,
		"<a href=x><div></a>SLOT":                text,
		"<nobr>SLOT":                             text | noBreakAround | alike1,
		"<b><b>SLOT":                             text | alike1 | alike2,
		"<b><i><b><b>SLOT":                       text | alike1 | alike2 | alike3,
		"<b><b><b><table><tr><td><b>SLOT":        text | alike1,
		"<ul><li>SLOT":                           text | itemAround,
		"<ul><li><div><span>SLOT":                text | itemAround,
		"<ul><li><section>SLOT":                  text,
		"<ul><li><search>SLOT":                   text | itemAround,
		"<ul><li><ul>SLOT":                       text,
		"<dl><dd>SLOT":                           text | definitionAround,
		"<h1>SLOT":                               text | headingAround,
		"<h1><b>SLOT":                            text | alike1,
		"<form>SLOT":                             text | formAround,
		"<form></form>SLOT":                      text,
		"<div><form></div>SLOT":                  text | formAround,
		"<div><form><table><td></form>SLOT":      text,
		"<table><form><tr><td>SLOT":              text | formAround,
		"<form><template></form></template>SLOT": text | formAround,
		"<button><b>SLOT":                        text | buttonAround | alike1,
		"<table>SLOT":                            inTable | q,
		"<table><thead>SLOT":                     inSection | q,
		"<table><tr>SLOT":                        inRow | q,
		"<table><colgroup>SLOT":                  inColgroup | q,
		"<table><col>SLOT":                       inColgroup | q,
		"<table><caption>SLOT":                   text,
		"<table><tr><th>SLOT":                    text,
		"<select>SLOT":                           inSelect | q,
		"<select><option>SLOT":                   inSelect | q | optionAround,
		"<select><optgroup>SLOT":                 inSelect | q | optgroupAround,
		"<select><optgroup><option>SLOT":         inSelect | q | optionAround | optgroupAround,
		"<select><p>SLOT":                        inSelect | q | paragraphAround | optionAround,
		"<table><td><select>SLOT":                inSelect | q,
		"<datalist><option>SLOT":                 text | optionAround,
		"<ruby>SLOT":                             text | rubyAround,
		"<ruby><rt>SLOT":                         text | rubyAround | rubyPartAround,
		"<table><b><tr>SLOT":                     inRow | q | reopenedAround | alike1,
		"<head><noscript><img></noscript>SLOT":   inHead | text,
		"<body><noscript><table></noscript>SLOT": text | inTable,
	} {
		page, err := Parse("/", slotted(shell))
		require.NoError(t, err, shell)
		assert.Equal(t, markup.Mask(want), page.Slots[0].Around, shell)
	}
	page, err := Parse("/", slotted("<body>"+strings.Repeat("<div>", 30)+"SLOT"))
	require.NoError(t, err)
	assert.Equal(t, 32, page.Slots[0].Depth)
}
