package shell

import (
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/markup"
)

// linkReader collects what the head of a shell will load, as values of a Link field (RFC 8288): stylesheets, scripts,
// preloads and connections.
type linkReader struct {
	found []string
	based bool
}

// values are none for a shell with <base href>: what is relative there means something else in a header.
func (l *linkReader) values() []string {
	if l.based {
		return nil
	}
	return l.found
}

// read is at a start tag in the head.
func (l *linkReader) read(t *markup.Token) {
	switch t.Name {
	case "base":
		_, has := t.Attr("href")
		l.based = l.based || has
	case "script":
		l.script(t)
	case "link":
		l.link(t)
	}
}

func (l *linkReader) script(t *markup.Token) {
	src, _ := t.Attr("src")
	if _, skip := t.Attr("nomodule"); skip {
		return
	}
	kind, _ := t.Attr("type")
	switch ascii.ToLower(kind) {
	case "module":
		l.add(src, "modulepreload", "", t)
	case "", "text/javascript", "application/javascript":
		l.add(src, "preload", "script", t)
	}
}

func (l *linkReader) link(t *markup.Token) {
	href, _ := t.Attr("href")
	rel, _ := t.Attr("rel")
	as, _ := t.Attr("as")
	rels := strings.Fields(ascii.ToLower(rel))
	_, disabled := t.Attr("disabled")
	switch {
	case slices.Contains(rels, "stylesheet"):
		if !slices.Contains(rels, "alternate") && !disabled {
			l.add(href, "preload", "style", t)
		}
	case slices.Contains(rels, "modulepreload"):
		l.add(href, "modulepreload", as, t)
	case slices.Contains(rels, "preload"):
		if as != "" {
			l.add(href, "preload", as, t)
		}
	case slices.Contains(rels, "preconnect"):
		l.add(href, "preconnect", "", t)
	}
}

// linkAttributes change how something is fetched; without them it would be fetched twice.
var linkAttributes = []string{"type", "media", "integrity", "referrerpolicy", "fetchpriority", "imagesrcset", "imagesizes"}

func (l *linkReader) add(href, rel, as string, t *markup.Token) {
	href = strings.Trim(href, " \t\r\n\f")
	if href == "" || hasPrefixFold(href, "data:") || strings.ContainsAny(href, marks) {
		return
	}
	value := "<" + headerURL(href) + ">; rel=" + rel
	if as != "" {
		if !ascii.Only(as, field.IsTokenChar) {
			return
		}
		value += "; as=" + ascii.ToLower(as)
	}
	if origin, ok := t.Attr("crossorigin"); ok {
		value += "; crossorigin"
		if ascii.ToLower(origin) == "use-credentials" {
			value += "=use-credentials"
		}
	}
	for _, name := range linkAttributes {
		v, ok := t.Attr(name)
		if !ok || v == "" || name == "type" && t.Name == "script" {
			continue
		}
		if !ascii.Only(v, func(b byte) bool { return 0x20 <= b && b < 0x7F && b != '"' && b != '\\' }) {
			return
		}
		value += "; " + name + `="` + v + `"`
	}
	l.found = append(l.found, value)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && ascii.ToLower(s[:len(prefix)]) == prefix
}

// headerURL percent-encodes what cannot stand in a header field, as a browser does before it asks.
func headerURL(url string) string {
	dst := make([]byte, 0, len(url))
	for i := 0; i < len(url); i++ {
		switch b := url[i]; {
		case b == '\t' || b == '\n' || b == '\r':
		case b <= 0x20 || b >= 0x7F || b == '<' || b == '>' || b == '"':
			dst = append(dst, '%', ascii.HexDigits[b>>4], ascii.HexDigits[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return string(dst)
}
