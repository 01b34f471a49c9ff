package project

import (
	"fmt"
	"strconv"
	"strings"
)

// Problem is one mistake in the site's files.
type Problem struct {
	File         string // relative to the project's folder where it lies in it, with slashes; "" if no file is to blame
	Line, Column int    // from 1, Column in characters; 0 is unknown
	Msg          string // what is wrong, and what to do
}

func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			b.WriteString(":" + strconv.Itoa(p.Line))
			if p.Column > 0 {
				b.WriteString(":" + strconv.Itoa(p.Column))
			}
		}
		b.WriteString(": ")
	}
	return b.String() + p.Msg
}

// Problems are mistakes in the site's files, in the order in which they were
// found; never empty. errors.As tells them from what is wrong with the machine.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// problem is Problems of one.
func problem(file string, line, column int, format string, args ...any) Problems {
	return Problems{{file, line, column, fmt.Sprintf(format, args...)}}
}
