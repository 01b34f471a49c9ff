package main

import (
	"go/scanner"
	"go/token"
)

// scan calls visit with the place of each token of code.
func scan(code string, visit func(start, end int, tok token.Token)) {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(code))
	var s scanner.Scanner
	s.Init(file, []byte(code), func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		start := file.Offset(pos)
		visit(start, start+len(lit), tok)
	}
}
