package main

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/format"
	"go/printer"
	"go/token"
	"regexp"
	"strings"
)

// examples shows each example of the package with its output: of the package
// itself first, then of its functions and types in the order of the index.
func (r *renderer) examples() string {
	var m markup
	open := true
	add := func(of string, list []*doc.Example) {
		for _, e := range list {
			r.example(&m, of, e, open)
			open = false
		}
	}
	add("", r.doc.Examples)
	for _, f := range r.doc.Funcs {
		add(f.Name, f.Examples)
	}
	for _, t := range r.doc.Types {
		add(t.Name, t.Examples)
		for _, f := range t.Funcs {
			add(f.Name, f.Examples)
		}
		for _, f := range t.Methods {
			add(t.Name+"."+f.Name, f.Examples)
		}
	}
	if m.Len() == 0 {
		m.tag("<p class=\"none\">The package has no examples.</p>\n")
	}
	return m.String()
}

func (r *renderer) example(m *markup, of string, e *doc.Example, open bool) {
	m.tag("<details")
	if open {
		m.tag(` open="open"`)
	}
	m.tag("><summary>")
	if of == "" {
		m.text("Package")
	} else {
		m.tag("<code>")
		m.link(r.known.href(r.path, "", of), of)
		m.tag("</code>")
	}
	if e.Suffix != "" {
		m.tag(" <i>(")
		m.text(strings.ReplaceAll(e.Suffix, "_", " "))
		m.tag(")</i>")
	}
	m.tag("</summary><div>\n")
	if e.Doc != "" {
		r.comment(m, e.Doc, 4, false)
	}
	m.tag("<pre><code>")
	r.program(m, e)
	m.tag("</code></pre>\n")
	if e.Output != "" {
		m.tag("<p class=\"out\">Output")
		if e.Unordered {
			m.tag(", in any order")
		}
		m.tag("</p>\n<pre><samp>")
		m.text(strings.TrimRight(e.Output, "\n"))
		m.tag("</samp></pre>\n")
	}
	m.tag("</div></details>\n")
}

// outputComment is the comment at the end of an example that says what it
// prints; the page shows the output by itself.
var outputComment = regexp.MustCompile(`(?i)\n[ \t]*//[ \t]*(unordered )?output:[^\n]*(\n[ \t]*//[^\n]*)*(\n\}\n*$|\s*$)`)

// program writes the code of an example with its comments set apart.
func (r *renderer) program(m *markup, e *doc.Example) {
	var out bytes.Buffer
	var node any = &printer.CommentedNode{Node: e.Code, Comments: e.Comments}
	file, whole := e.Code.(*ast.File)
	if whole {
		node = file
	}
	if err := format.Node(&out, r.fset, node); err != nil {
		panic("formatting example " + e.Name + " of " + r.path + ": " + err.Error())
	}
	code := out.String()
	if e.Output != "" || e.EmptyOutput {
		code = outputComment.ReplaceAllStringFunc(code, func(s string) string {
			if strings.HasSuffix(strings.TrimRight(s, "\n"), "\n}") {
				return "\n}"
			}
			return ""
		})
	}
	if whole {
		// What stands above the package clause is the licence, and the example's
		// own comment, which is shown already.
		if _, below, ok := strings.Cut(code, "\npackage "); ok {
			code = "package " + below
		}
	} else if _, block := e.Code.(*ast.BlockStmt); block {
		code = unwrap(code)
	}
	code = strings.TrimSpace(code)
	weave(m, code, comments(code))
}

// unwrap takes a block out of its braces and one level of indentation.
func unwrap(code string) string {
	code = strings.TrimSpace(code)
	code = strings.TrimSuffix(strings.TrimPrefix(code, "{"), "}")
	lines := strings.Split(code, "\n")
	inRaw := false
	for i, line := range lines {
		// The lines of a raw string keep their indentation.
		if !inRaw {
			lines[i] = strings.TrimPrefix(line, "\t")
		}
		if strings.Count(line, "`")%2 == 1 {
			inRaw = !inRaw
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// comments finds the comments of a piece of code, whether it is a file or a
// list of statements.
func comments(code string) []mark {
	var marks []mark
	scan(code, func(start, end int, tok token.Token) {
		if tok == token.COMMENT {
			marks = append(marks, mark{start, end, "<i>", "</i>"})
		}
	})
	return marks
}
