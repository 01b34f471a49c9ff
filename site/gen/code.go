package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"sort"
	"strings"
)

// mark is a pair of tags around src[start:end] of a piece of code. Marks never
// overlap.
type mark struct {
	start, end  int
	open, close string
}

// style says what a piece of code is decorated with.
type style struct {
	imports map[string]string // name → import path, for links of qualified names
	self    string            // name of the declared thing: bold, and never a link
	prefix  string            // of the anchors of members: "Client."
	anchors bool              // give declared names their ids
}

// declaration prints a declaration as go/format would, escaped, with links to
// the types it mentions, its comments set apart and, if asked for, an id at each
// name it declares.
func (r *renderer) declaration(m *markup, decl ast.Decl, s style) {
	src := r.format(decl)
	const head = "package p\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", head+src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		// go/printer's own output parses unless the declaration was filtered
		// into something odd; plain text is then good enough.
		m.text(src)
		return
	}
	offset := func(pos token.Pos) int { return fset.Position(pos).Offset - len(head) }
	var marks []mark
	put := func(n ast.Node, open, close string) {
		marks = append(marks, mark{offset(n.Pos()), offset(n.End()), open, close})
	}
	taken := map[*ast.Ident]bool{}
	declare := func(name *ast.Ident, prefix string) {
		taken[name] = true
		if s.anchors && r.known[r.path][prefix+name.Name] {
			put(name, `<b id="`+escape(prefix+name.Name)+`">`, `</b>`)
		}
	}

	for _, group := range file.Comments {
		for _, c := range group.List {
			put(c, "<i>", "</i>")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.File:
			taken[n.Name] = true
		case *ast.GenDecl:
			for _, name := range members(n) {
				declare(name, s.prefix)
			}
		case *ast.FuncDecl:
			taken[n.Name] = true
			put(n.Name, "<b>", "</b>")
		case *ast.TypeSpec:
			taken[n.Name] = true
			put(n.Name, "<b>", "</b>")
		case *ast.ValueSpec:
			for _, name := range n.Names {
				declare(name, "")
			}
		case *ast.Field:
			for _, name := range n.Names {
				taken[name] = true
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				taken[x], taken[n.Sel] = true, true
				if imported := s.imports[x.Name]; imported != "" {
					if href := r.known.href(r.path, imported, n.Sel.Name); href != "" {
						put(n, `<a href="`+escape(href)+`">`, `</a>`)
					}
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				taken[key] = true
			}
		case *ast.Ident:
			if !taken[n] && n.IsExported() && n.Name != s.self && r.known[r.path][n.Name] {
				put(n, `<a href="#`+escape(n.Name)+`">`, `</a>`)
			}
		}
		return true
	})
	weave(m, src, marks)
}

// weave writes src escaped, with the tags of its marks.
func weave(m *markup, src string, marks []mark) {
	sort.Slice(marks, func(i, j int) bool { return marks[i].start < marks[j].start })
	at := 0
	for _, k := range marks {
		if k.start < at || k.end > len(src) {
			continue
		}
		m.text(src[at:k.start])
		m.tag(k.open)
		m.text(src[k.start:k.end])
		m.tag(k.close)
		at = k.end
	}
	m.text(src[at:])
}

// format prints a declaration without its doc comment, which is rendered as
// HTML beside it.
func (r *renderer) format(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		bare := *d
		bare.Doc, bare.Body = nil, nil
		decl = &bare
	case *ast.GenDecl:
		bare := *d
		bare.Doc = nil
		if !bare.Lparen.IsValid() && len(bare.Specs) == 1 {
			if spec, ok := bare.Specs[0].(*ast.TypeSpec); ok && spec.Doc != nil {
				inner := *spec
				inner.Doc = nil
				bare.Specs = []ast.Spec{&inner}
			}
		}
		decl = &bare
	}
	var out bytes.Buffer
	if err := format.Node(&out, r.fset, decl); err != nil {
		// Only a syntax tree that no parser makes is refused.
		panic("formatting a declaration of " + r.path + ": " + err.Error())
	}
	return strings.TrimSpace(out.String())
}

// headline is a type declaration with nothing between its braces.
func headline(spec *ast.TypeSpec) *ast.GenDecl {
	short := *spec
	short.Doc, short.Comment = nil, nil
	none := &ast.FieldList{Opening: spec.Pos(), Closing: spec.Pos()}
	switch short.Type.(type) {
	case *ast.StructType:
		short.Type = &ast.StructType{Struct: spec.Pos(), Fields: none}
	case *ast.InterfaceType:
		short.Type = &ast.InterfaceType{Interface: spec.Pos(), Methods: none}
	}
	return &ast.GenDecl{Tok: token.TYPE, TokPos: spec.Pos(), Specs: []ast.Spec{&short}}
}
