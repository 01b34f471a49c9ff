package folder

import "strconv"

// Error is what is wrong with a file of a folder of pages, and where.
type Error struct {
	// File is the file's name in the folder's file system, with slashes.
	File string
	// Line and Col count from 1, Col in bytes. Both are 0 where the error is about the file as a whole, or its name.
	Line, Col int
	// Msg says what was found and, after a semicolon, what was expected.
	Msg string
}

// Error is "file:line:col: " and the message; without a position "file: " and the message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return e.File + ":" + strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Col) + ": " + e.Msg
}

// Errors are all mistakes in a folder of pages, in the order of its files.
type Errors []*Error

// Error is a line for each.
func (e Errors) Error() string {
	text := ""
	for i := range e {
		if i > 0 {
			text += "\n"
		}
		text += e[i].Error()
	}
	return text
}

// Unwrap gives each to errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i := range e {
		all[i] = e[i]
	}
	return all
}

// errorIn is an error at an offset of a text; at -1, of the file as a whole.
func errorIn(text string, offset int, msg string) *Error {
	if offset < 0 {
		return &Error{Msg: msg}
	}
	line, begin := lineOf(text, offset)
	return &Error{Line: line, Col: offset - begin + 1, Msg: msg}
}

// lineOf is the line of an offset, counted from 1, and where it begins. A carriage return ends a line, with a line feed after
// it or without.
func lineOf(text string, offset int) (line, begin int) {
	line = 1
	for i := 0; i < offset; i++ {
		if c := text[i]; c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			line, begin = line+1, i+1
		}
	}
	return line, begin
}
