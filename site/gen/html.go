package main

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markup builds HTML. What it is given as text is escaped; only tags are
// written as they are. Its output is also well-formed XML, which is how the
// tests check that nothing is left open.
type markup struct{ strings.Builder }

// tag writes literal HTML: a constant of this program, never a text.
func (m *markup) tag(parts ...string) {
	for _, part := range parts {
		m.WriteString(part)
	}
}

// text writes s escaped, in content or inside a quoted attribute.
func (m *markup) text(s string) { m.WriteString(escape(s)) }

// link writes an anchor around text; no anchor where href is empty.
func (m *markup) link(href, text string) {
	if href == "" {
		m.text(text)
		return
	}
	m.tag(`<a href="`, escape(href), `">`, escape(text), `</a>`)
}

func escape(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if !allowed(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError))))
}

// allowed says whether a document may contain r: neither controls other than
// white space nor noncharacters (HTML standard, section 13.2.3.5).
func allowed(r rune) bool {
	if r == '\n' || r == '\t' {
		return true
	}
	return !unicode.IsControl(r) && r&0xFFFE != 0xFFFE && (r < 0xFDD0 || r > 0xFDEF)
}

// href is the address of a package's page, or of a name on it, as seen from the
// page of package from. It is empty if there is no such page.
func (known linkTarget) href(from, importPath, name string) string {
	if importPath == "" {
		importPath = from
	}
	ids, ok := known[importPath]
	switch {
	case !ok:
		return ""
	case name == "":
		return "/pkg/" + importPath
	case !ids[name]:
		if importPath == from {
			return ""
		}
		return "/pkg/" + importPath
	case importPath == from:
		return "#" + name
	}
	return "/pkg/" + importPath + "#" + name
}
