package esmodule

import "strings"

// Import is one place where a module names another.
type Import struct {
	Specifier    string
	Line, Column int // where the specifier begins, from 1
	// Dynamic: import(), which may happen later or not at all.
	Dynamic bool
}

// Imports gives what a module imports, in the order of its text. What import()
// gets is known only where it is a literal. The error is an *Error.
func Imports(code string) (found []Import, err error) {
	f := &finder{l: lexer{code: code, context: newContext()}}
	for {
		t, err := f.token()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == end:
			return f.found, f.closed()
		case t.kind == name && f.l.before.kind == name && t.text == "import":
			err = f.importing()
		case t.kind == name && f.l.before.kind == name && t.text == "export" && f.l.depth() == 0:
			err = f.exporting()
		}
		if err != nil {
			return nil, err
		}
	}
}

// finder goes through the tokens; peeked is one that was looked at and not taken.
type finder struct {
	l      lexer
	peeked *token
	found  []Import
}

func (f *finder) token() (token, error) {
	if f.peeked != nil {
		t := *f.peeked
		f.peeked = nil
		return t, nil
	}
	return f.l.next()
}

func (f *finder) peek() (token, error) {
	t, err := f.token()
	f.peeked = &t
	return t, err
}

// closed is the bracket that lacks its other half, where the module ends.
func (f *finder) closed() error {
	if n := len(f.l.open); n > 0 {
		last := f.l.open[n-1]
		return f.l.errorAt(last.at, last.text+" is opened here and never closed")
	}
	return nil
}

// importing reads what follows the word import.
func (f *finder) importing() error {
	t, err := f.peek()
	if err != nil {
		return err
	}
	switch {
	case t.is("("):
		return f.dynamic()
	case t.is("."), t.is(":"), t.is("="), t.is(","), t.is("}"), f.l.depth() > 1 || f.l.depth() == 1 && !t.is("{"):
		return nil // import.meta, or a property of that name
	case t.kind == text:
		return f.static()
	}
	// Up to from and a string there are names, and braces with names and strings.
	for first := true; ; first = false {
		t, err := f.token()
		if err != nil {
			return err
		}
		if t.is("from") && !first {
			switch next, err := f.peek(); {
			case err != nil:
				return err
			case next.kind == text:
				return f.static()
			}
		}
		inBraces := f.l.depth() > 0
		switch {
		case t.kind == name, t.is(","), t.is("*"), t.is("{"), t.is("}"):
		case t.kind == text && inBraces:
		default:
			return f.l.errorAt(t.at, "an import needs from and a string, and here is "+shown(&t))
		}
	}
}

// exporting reads what follows the word export, as far as it may be from another module.
func (f *finder) exporting() error {
	t, err := f.peek()
	if err != nil {
		return err
	}
	if !t.is("*") && !t.is("{") {
		return nil
	}
	all := t.is("*")
	for {
		if t, err = f.token(); err != nil {
			return err
		}
		if f.l.depth() == 0 && t.is("from") {
			next, err := f.peek()
			if err != nil {
				return err
			}
			if next.kind == text {
				return f.static()
			}
		}
		switch {
		case t.is("}") && f.l.depth() == 0:
			next, err := f.peek()
			if err != nil {
				return err
			}
			if !next.is("from") {
				return nil
			}
		case t.kind == name, t.is(","), t.is("*") && all, t.is("{") && !all:
		case t.kind == text && (f.l.depth() > 0 || all):
		default:
			return f.l.errorAt(t.at, "an export list has names and commas, and here is "+shown(&t))
		}
	}
}

// static notes the string that comes next.
func (f *finder) static() error {
	t, err := f.token()
	if err == nil {
		f.note(&t, false)
	}
	return err
}

// dynamic notes the string in import("…"), if it is that alone, or followed by options.
func (f *finder) dynamic() error {
	if _, err := f.token(); err != nil { // (
		return err
	}
	t, err := f.peek()
	if err != nil || t.kind != text && (t.kind != template || !strings.HasSuffix(t.text, "`") || len(t.text) < 2) {
		return err
	}
	f.peeked = nil
	next, err := f.peek()
	if err == nil && (next.is(")") || next.is(",")) {
		f.note(&t, true)
	}
	return err
}

func (f *finder) note(t *token, dynamic bool) {
	line, column := position(f.l.code, t.at)
	f.found = append(f.found, Import{unquote(t.text), line, column, dynamic})
}

// shown is a token, for an error.
func shown(t *token) string {
	if t.kind == end {
		return "the end of the module"
	}
	return t.text
}
