package main

import (
	"encoding/xml"
	"go/doc"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzComment holds that no doc comment, however odd, gives broken HTML.
func FuzzComment(f *testing.F) {
	for _, seed := range []string{
		"", "Text.", "# Heading\n\nText", "  - a\n  - b", " 1. a\n\n 2. b", "\tcode\n\n\tmore", "[Find] [x.Y] [a/b.C.D]",
		"[l]\n\n[l]: javascript:alert(1)", "[l]\n\n[l]: https://e.com/\"><script>", "``a'' http://e.com/<b>", "\x00\xff\u2028<b>&amp;",
		"# <img src=x>\n\nx", "# A\n\nx\n\n# A\n\ny", "Deprecated: no.",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &renderer{pkg: &pkg{path: "p"}, known: linkTarget{"p": {"Find": true}, "a/b": {}}, headings: map[string]int{}}
		r.parser = (&doc.Package{ImportPath: "p"}).Parser()
		var m markup

		r.comment(&m, text, 3, true)

		found, err := readMarkup(m.String())
		require.NoError(t, err, m.String())
		for _, href := range found.hrefs {
			require.Regexp(t, `^(#|/pkg/|(?i:https?|mailto):)`, href)
		}
	})
}

// FuzzEscape holds that escaped text reads back as itself.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "plain", `<a href="x">&amp;'`, "\x00\x1f\x7f", "\xff", "]]>", "ünï ☃", "\ufffe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		escaped := escape(text)

		require.NotContains(t, escaped, "<")
		require.NotContains(t, escaped, `"`)
		var read struct {
			Attribute string `xml:"a,attr"`
			Text      string `xml:",chardata"`
		}
		require.NoError(t, xml.Unmarshal([]byte(`<x a="`+escaped+`">`+escaped+`</x>`), &read))
		if strings.ToValidUTF8(text, "") == text && !strings.ContainsFunc(text, func(r rune) bool { return !allowed(r) }) {
			require.Equal(t, text, read.Text)
			require.Equal(t, text, read.Attribute)
		}
	})
}

// FuzzWeave holds that highlighting comments changes no character of a program
// and leaves nothing open, whatever the program is.
func FuzzWeave(f *testing.F) {
	for _, seed := range []string{"", "x // y", "/* a", "`//`", "\"", "// a\r\n// b", "a /*b*/ c//\n", "#!x\n//d", "/*\r*/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		// Programs come from go/format: valid UTF-8 without carriage returns.
		code = strings.ReplaceAll(strings.ToValidUTF8(code, "?"), "\r", "")
		var m markup

		weave(&m, code, comments(code))

		_, err := readMarkup(m.String())
		require.NoError(t, err)
		require.Equal(t, escape(code), strings.NewReplacer("<i>", "", "</i>", "").Replace(m.String()))
		scan(code, func(start, end int, _ token.Token) { require.GreaterOrEqual(t, end, start) })
	})
}
