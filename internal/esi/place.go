package esi

import "inlay/internal/decimal"

// at is a place in the source.
type at struct {
	offset, line, begin int // begin is the offset of the line
}

// String is line:col, both from 1, columns in bytes.
func (a at) String() string {
	return decimal.String(a.line+1) + ":" + decimal.String(a.offset-a.begin+1)
}

// place counts lines. A carriage return ends one, with a line feed after it or without.
type place struct {
	here at
	cr   bool // the byte before here is a carriage return
}

// reach goes on to an offset; p has the bytes from start on.
func (l *place) reach(p []byte, start, offset int) {
	for i := l.here.offset - start; i < offset-start; i++ {
		switch c := p[i]; {
		case c == '\n' && l.cr:
			l.here.begin = start + i + 1
		case c == '\n' || c == '\r':
			l.here.line, l.here.begin = l.here.line+1, start+i+1
		}
		l.cr = p[i] == '\r'
	}
	l.here.offset = offset
}
