package main

import (
	"go/ast"
	"go/doc"
	"go/token"
)

// anchors is the set of ids that the index of p carries: every symbol, and the
// exported fields and methods inside type declarations.
func (p *pkg) anchors() map[string]bool {
	ids := map[string]bool{}
	for _, name := range p.symbols() {
		ids[name] = true
	}
	for _, t := range p.doc.Types {
		for _, name := range members(t.Decl) {
			ids[t.Name+"."+name.Name] = true
		}
	}
	return ids
}

// symbols names each constant, variable, function, type ("Client") and method
// ("Client.Do") once.
func (p *pkg) symbols() []string {
	var names []string
	add := func(prefix string, consts, vars []*doc.Value, funcs []*doc.Func) {
		for _, values := range [][]*doc.Value{consts, vars} {
			for _, v := range values {
				for _, name := range valueNames(v) {
					names = append(names, prefix+name)
				}
			}
		}
		for _, f := range funcs {
			names = append(names, prefix+f.Name)
		}
	}
	add("", p.doc.Consts, p.doc.Vars, p.doc.Funcs)
	for _, t := range p.doc.Types {
		names = append(names, t.Name)
		add("", t.Consts, t.Vars, t.Funcs)
		add(t.Name+".", nil, nil, t.Methods)
	}
	return names
}

func valueNames(v *doc.Value) []string {
	var names []string
	for _, name := range v.Names {
		if name != "_" {
			names = append(names, name)
		}
	}
	return names
}

// members finds the exported fields and interface methods that a type
// declaration names itself, not those that it embeds.
func members(decl *ast.GenDecl) []*ast.Ident {
	if decl == nil || decl.Tok != token.TYPE {
		return nil
	}
	var found []*ast.Ident
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		var fields *ast.FieldList
		switch t := spec.Type.(type) {
		case *ast.StructType:
			fields = t.Fields
		case *ast.InterfaceType:
			fields = t.Methods
		}
		if fields == nil {
			continue
		}
		for _, field := range fields.List {
			for _, name := range field.Names {
				if name.IsExported() {
					found = append(found, name)
				}
			}
		}
	}
	return found
}
