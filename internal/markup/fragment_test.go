package markup

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/wording"
)

// found is all that a reading of a fragment gives.
type found struct {
	problem   string
	conflicts Mask
	depth     int
	edits     []Edit
}

// read reads a fragment in pieces, whose sizes come from the bits of cuts, three for each.
func read(f *Fragment, text []byte, cuts uint64, scripting bool) found {
	f.Reset(scripting, 0)
	for len(text) > 0 {
		n := len(text)
		if cuts != 0 {
			n = min(n, int(cuts&7))
			cuts = cuts>>3 | cuts<<61 | 1
		}
		f.Write(text[:n])
		text = text[n:]
	}
	problem := f.End()
	if problem != "" {
		return found{problem: problem}
	}
	return found{problem, f.Conflicts(), f.Depth(), append([]Edit(nil), f.Edits()...)}
}

// mended is what the edits make of a text.
func mended(text string, edits []Edit) string {
	for i := len(edits) - 1; i >= 0; i-- {
		e := edits[i]
		text = text[:e.At] + e.Put + text[e.At+e.Cut:]
	}
	return text
}

// seeds have a bit of everything.
var seeds = []string{
	"<p>€ 12</p>", "</template>", "<template><template></template></template>", "<pre>\r\n\ra</pre>\r", "a &am", "a\xe2\x82",
	"<!--a--!><!--><!---><!-- -- -->", "<!doctype html><?a b?></ c><![CDATA[ ]]><?start name=a><!--?end-->",
	`<a b="c" d='e' f=g h = i/></a j="</template>">`, "<p>a<b>b<i>c</b>d</p>e<a><div></a>", "<b><b><b><b>", "<font a><font b><font><font>",
	"<script><!-- <script> </script> --></script>", "<style></template></style>", "<table>a<tr><td><a>b</table>c",
	"<noscript><iframe></iframe><!-- </noscript> --></noscript>", "<table><caption>a<col><tbody><tr><th>b<td>c</table>",
	"<svg><title>a</title><style><![CDATA[ a > b < c ]]></style><foreignObject><p></svg><template>",
	"<math><mi>x</mi><annotation-xml encoding='text/html'><p></math><select><xmp></xmp></select><col>",
	"<" + strings.Repeat("x", maxName) + "><" + strings.Repeat("y", maxName+1) + "></" + strings.Repeat("x", maxName) + ">",
	"00<Col>  \x000",
	"<template><col><script></template></script><plaintext>", "<select><option>a<optgroup>b<hr></select><input>",
	"<ruby>a<rt>b<rp>c</ruby><form><input></form><search><li></search><dl><dd>a<dt>b</dl><h1>a<h2>b</h1>",
}

func TestFragmentReadsTheSameInAnyPieces(t *testing.T) {
	var f Fragment
	for _, text := range seeds {
		whole := read(&f, []byte(text), 0, true)
		for cuts := range uint64(8) {
			require.Equal(t, whole, read(&f, []byte(text), cuts*0x249249249249249+1, true), "%q in pieces of %d", text, cuts)
		}
	}
}

func TestNamesThatAreOddAreRefused(t *testing.T) {
	var f Fragment
	long := strings.Repeat("x", maxName)
	for text, want := range map[string]string{
		"<" + long + "></" + long + ">":         "",
		"<" + long + "y>":                       "has a name that",
		"</" + long + "y>":                      "has a name that",
		"<" + long + "><" + long + "y/>":        "has a name that",
		"<svg><" + long + "y></svg>":            "has a name that",
		"<select></" + long + "y>":              "has a name that",
		"<table><" + long + long + ">":          "has a name that",
		"<a\xff>":                               "has a name that",
		"<a\x00></a\x00>":                       "has a name that",
		"<b><" + long + "y></b></" + long + ">": "has a name that",
	} {
		for cuts := range uint64(3) {
			got := read(&f, []byte(text), cuts*0x249249249249249, true).problem
			if want == "" {
				assert.Empty(t, got, text)
			} else {
				assert.Contains(t, got, want, text)
			}
		}
	}
}

func TestReadingAFragmentAllocatesNothing(t *testing.T) {
	text := []byte(strings.Repeat("<p class='a'>text<!-- --><x-y><b>c</b></x-y></p><template></template><script>a<b</script>", 50))
	var f Fragment
	allocations := testing.AllocsPerRun(100, func() {
		f.Reset(true, 0)
		f.Write(text)
		if f.End() != "" {
			panic("refused")
		}
	})
	assert.Zero(t, allocations)
}

func TestEachFaultHasALine(t *testing.T) {
	require.Equal(t, int(faultLast)-1, wording.Faults)
}

func TestEachNameIsFound(t *testing.T) {
	var f Fragment
	f.Reset(true, 0)
	for _, text := range strings.Fields(wording.List(wording.ElementNames)) {
		h := uint8(0)
		for _, c := range []byte(text) {
			h = h*nameFactor + c
		}
		assert.Equal(t, text, f.spell(f.lookup([]byte(text), h)))
	}
	assert.Equal(t, nameCount-1, name(len(strings.Fields(wording.List(wording.ElementNames)))))
}

// FuzzFragment: pieces do not matter; what is mended needs no mending, and conflicts with no other place than before.
func FuzzFragment(f *testing.F) {
	for i, text := range seeds {
		f.Add([]byte(text), uint64(i)*0x9e3779b97f4a7c15|1, i%2 == 0)
	}
	var one Fragment
	f.Fuzz(func(t *testing.T, text []byte, cuts uint64, scripting bool) {
		whole := read(&one, text, 0, scripting)
		require.Equal(t, whole, read(&one, text, cuts, scripting))
		if whole.problem != "" {
			return
		}
		better := mended(string(text), whole.edits)
		again := read(&one, []byte(better), 0, scripting)
		require.Empty(t, again.problem, "%q of %q", better, text)
		require.Empty(t, again.edits, "%q of %q", better, text)

		// What may stand in a patch may stand in a template of a fragment.
		nested := read(&one, []byte("<template>"+better+"</template>"), 0, scripting)
		if nested.problem == "" {
			require.Empty(t, nested.edits)
			require.NotEmpty(t, read(&one, []byte("<template>"+better), 0, scripting).problem)
		}
		require.NotEmpty(t, read(&one, []byte(better+"</template>"), 0, scripting).problem)
	})
}
