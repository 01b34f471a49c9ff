package main

import (
	"encoding/json"
	"go/doc/comment"
	"go/token"
	"strings"
)

// renderer renders the fragments of one package.
type renderer struct {
	*pkg
	known    linkTarget
	parser   *comment.Parser
	headings map[string]int // how often each anchor of a heading was wanted
}

// render gives every file that the site reads, by its name without ".z".
func (lib *library) render() map[string]string {
	files := map[string]string{
		"summary":       lib.summary(),
		"packages":      lib.list(),
		"most-imported": lib.mostImported(),
		"packages.json": lib.json(),
	}
	for _, p := range lib.packages {
		r := &renderer{pkg: p, known: lib.known, parser: p.doc.Parser(), headings: map[string]int{}}
		files["overview/"+p.path] = r.overview()
		files["index/"+p.path] = r.index()
		files["examples/"+p.path] = r.examples()
		files["importers/"+p.path] = strings.Join(p.importers, "\n")
	}
	files["upstream.json"] = forUpstream(files)
	return files
}

// forUpstream is what the Worker's upstream knows, by name: JavaScript cannot
// read what is embedded in Go.
func forUpstream(files map[string]string) string {
	known := map[string]string{}
	for name, text := range files {
		if name == "most-imported" || strings.HasPrefix(name, "importers/") {
			known[name] = text
		}
	}
	text, err := json.Marshal(known) // with its keys in order
	if err != nil {
		panic(err) // texts by name are JSON
	}
	return string(text)
}

// overview is the package's name, how to import it, and the package comment.
func (r *renderer) overview() string {
	var m markup
	m.tag("<header>\n<h1>")
	// A long path may break after each slash on a narrow screen.
	for i, element := range strings.Split(r.path, "/") {
		if i > 0 {
			m.tag("/<wbr/>")
		}
		m.text(element)
	}
	m.tag("</h1>\n<p class=\"sub\"><code>import &#34;")
	m.text(r.path)
	m.tag("&#34;</code>")
	if deprecated(r.doc.Doc) {
		m.tag(` <b class="dep">deprecated</b>`)
	}
	m.tag("</p>\n</header>\n<div class=\"doc\">\n")
	if strings.TrimSpace(r.doc.Doc) == "" {
		m.tag("<p class=\"none\">The package has no comment.</p>\n")
	}
	r.comment(&m, r.doc.Doc, 3, true)
	m.tag("</div>\n")
	return m.String()
}

// deprecated follows the convention of go.dev/wiki/Deprecated: a paragraph that
// starts with "Deprecated: ".
func deprecated(text string) bool {
	return strings.HasPrefix(text, "Deprecated: ") || strings.Contains(text, "\n\nDeprecated: ")
}

// importsAt is what the names of packages mean in the file that holds pos.
func (r *renderer) importsAt(pos token.Pos) map[string]string {
	return r.fileNames[r.fset.Position(pos).Filename]
}
