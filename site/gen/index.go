package main

import (
	"go/ast"
	"go/doc"
	"strconv"
	"strings"
)

// index lists the exported names with their signatures; each entry unfolds to
// its documentation, without a script. The anchor of a name lies inside the
// part that folds, because browsers unfold it when they are sent there.
func (r *renderer) index() string {
	var m markup
	r.values(&m, "Constants", "const", r.doc.Consts)
	r.values(&m, "Variables", "var", r.doc.Vars)
	if len(r.doc.Funcs) > 0 {
		m.tag("<h3>Functions</h3>\n")
		for _, f := range r.doc.Funcs {
			r.function(&m, f)
		}
	}
	if len(r.doc.Types) > 0 {
		m.tag("<h3>Types</h3>\n")
		for _, t := range r.doc.Types {
			r.typ(&m, t)
		}
	}
	if m.Len() == 0 {
		m.tag("<p class=\"none\">The package exports no names.</p>\n")
	}
	return m.String()
}

// entry writes one unfolding line. summary and body write what is in it.
func entry(m *markup, id, doc string, summary, body func()) {
	m.tag("<details><summary><code>")
	summary()
	m.tag("</code>")
	if deprecated(doc) {
		m.tag(` <b class="dep">deprecated</b>`)
	}
	m.tag("</summary><div")
	if id != "" {
		m.tag(` id="`, escape(id), `"`)
	}
	m.tag(">\n")
	body()
	m.tag("</div></details>\n")
}

func (r *renderer) explain(m *markup, doc string) {
	if strings.TrimSpace(doc) == "" {
		m.tag("<p class=\"none\">No comment.</p>\n")
		return
	}
	r.comment(m, doc, 4, false)
}

func (r *renderer) values(m *markup, title, keyword string, values []*doc.Value) {
	if len(values) == 0 {
		return
	}
	m.tag("<h3>", title, "</h3>\n")
	for _, v := range values {
		r.value(m, keyword, v)
	}
}

// shownNames is how many names of a group its line shows.
const shownNames = 3

func (r *renderer) value(m *markup, keyword string, v *doc.Value) {
	names := valueNames(v)
	if len(names) == 0 {
		return
	}
	entry(m, "", v.Doc, func() {
		m.tag(keyword, " ")
		for i, name := range names {
			if i == shownNames && len(names) > shownNames+1 {
				m.tag(", … <i>", strconv.Itoa(len(names)-i), " more</i>")
				break
			}
			if i > 0 {
				m.tag(", ")
			}
			m.tag("<b>")
			m.text(name)
			m.tag("</b>")
		}
	}, func() {
		m.tag("<pre><code>")
		r.declaration(m, v.Decl, style{imports: r.importsAt(v.Decl.Pos()), anchors: true})
		m.tag("</code></pre>\n")
		if v.Doc != "" {
			r.comment(m, v.Doc, 4, false)
		}
	})
}

func (r *renderer) function(m *markup, f *doc.Func) {
	id := f.Name
	if f.Recv != "" {
		id = strings.TrimLeft(f.Recv, "*")
		id, _, _ = strings.Cut(id, "[")
		id += "." + f.Name
	}
	entry(m, id, f.Doc, func() {
		r.declaration(m, f.Decl, style{imports: r.importsAt(f.Decl.Pos())})
	}, func() {
		r.explain(m, f.Doc)
	})
}

func (r *renderer) typ(m *markup, t *doc.Type) {
	m.tag("<div class=\"type\">\n")
	imports := r.importsAt(t.Decl.Pos())
	folded := false
	entry(m, t.Name, t.Doc, func() {
		var line markup
		spec := t.Decl.Specs[0].(*ast.TypeSpec)
		r.declaration(&line, headline(spec), style{imports: imports, self: t.Name})
		short := line.String()
		if folded = hasBody(spec); folded {
			short = strings.TrimSuffix(short, "{}")
		}
		m.tag(short)
	}, func() {
		if folded {
			m.tag("<pre><code>")
			r.declaration(m, t.Decl, style{imports: imports, self: t.Name, prefix: t.Name + ".", anchors: true})
			m.tag("</code></pre>\n")
		}
		r.explain(m, t.Doc)
	})
	if len(t.Consts)+len(t.Vars)+len(t.Funcs)+len(t.Methods) > 0 {
		m.tag("<div class=\"of\">\n")
		for _, v := range t.Consts {
			r.value(m, "const", v)
		}
		for _, v := range t.Vars {
			r.value(m, "var", v)
		}
		for _, f := range t.Funcs {
			r.function(m, f)
		}
		for _, f := range t.Methods {
			r.function(m, f)
		}
		m.tag("</div>\n")
	}
	m.tag("</div>\n")
}

// hasBody says that a type's line leaves something out.
func hasBody(spec *ast.TypeSpec) bool {
	switch t := spec.Type.(type) {
	case *ast.StructType:
		return t.Fields.NumFields() > 0 || t.Incomplete
	case *ast.InterfaceType:
		return t.Methods.NumFields() > 0 || t.Incomplete
	}
	return false
}
