package corewasm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// section is a part of a Wasm module: core specification, section 5.5.2.
type section struct {
	id   byte
	name string // of a custom section
	all  []byte // with its head
	body []byte // without, and without a custom section's name
}

// Ids of sections.
const (
	customSection = 0
	importSection = 2
	exportSection = 7
	codeSection   = 10
	dataSection   = 11
)

var errWasm = errors.New("corewasm: this is no Wasm module, or it is cut off")

const wasmMagic = "\x00asm\x01\x00\x00\x00"

// sections takes a module apart.
func sections(wasm []byte) (all []section, err error) {
	if !bytes.HasPrefix(wasm, []byte(wasmMagic)) {
		return nil, errWasm
	}
	for r := (&reader{data: wasm, at: len(wasmMagic)}); r.at < len(wasm); {
		from := r.at
		s := section{id: r.byte()}
		s.body = r.bytes()
		if r.bad {
			return nil, errWasm
		}
		s.all = wasm[from:r.at]
		if s.id == customSection {
			inner := &reader{data: s.body}
			s.name = string(inner.bytes())
			if inner.bad {
				return nil, errWasm
			}
			s.body = s.body[inner.at:]
		}
		all = append(all, s)
	}
	return all, nil
}

// Strip leaves out the custom sections, which only name things: 3.7 KiB gzipped.
func Strip(wasm []byte) ([]byte, error) {
	all, err := sections(wasm)
	if err != nil {
		return nil, err
	}
	stripped := []byte(wasmMagic)
	for _, s := range all {
		if s.id != customSection {
			stripped = append(stripped, s.all...)
		}
	}
	return stripped, nil
}

// hostModule is the one that a module may import from, if it may at all.
const hostModule = "inlay"

// CheckImports refuses a module that needs more than the host interface gives.
func (m *Module) CheckImports(wasm []byte) error {
	imports, _, err := names(wasm)
	if err != nil {
		return err
	}
	var foreign []string
	for _, of := range imports {
		if !m.imports || of[0] != hostModule {
			foreign = append(foreign, of[0]+"."+of[1])
		}
	}
	if len(foreign) > 0 {
		return fmt.Errorf("%s imports what nothing gives it: %s", m.File(), strings.Join(foreign, ", "))
	}
	return nil
}

// CheckGlue refuses a module that is not the one which the glue was written for: the texts of the scripts that call it, and of
// the one that has what it asks; "" if it asks nothing. One gives what the other does not take, or lacks what it calls.
func CheckGlue(wasm []byte, calls, asks string) error {
	imports, exports, err := names(wasm)
	if err != nil {
		return err
	}
	for _, of := range imports {
		if !regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(of[1]) + `: `).MatchString(asks) {
			return fmt.Errorf("it imports %s, which the glue does not have", of[1])
		}
	}
	for _, call := range glueCalls.FindAllStringSubmatch(calls, -1) {
		if !slices.Contains(exports, call[1]) {
			return fmt.Errorf("it has no %s, which the glue calls", call[1])
		}
	}
	return nil
}

// glueCalls are calls of what a module has to export; what only one for tests has is called by ?.(.
var glueCalls = regexp.MustCompile(`\b(?:this|using)\.exports\.(\w+)\(`)

// names are what a module imports, each by the module it is of and its name, and what it exports.
func names(wasm []byte) (imports [][2]string, exports []string, err error) {
	all, err := sections(wasm)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		r := &reader{data: s.body}
		switch s.id {
		case importSection:
			for n := r.number(); n > 0 && !r.bad; n-- {
				imports = append(imports, [2]string{string(r.bytes()), string(r.bytes())})
				r.importType()
			}
		case exportSection:
			for n := r.number(); n > 0 && !r.bad; n-- {
				exports = append(exports, string(r.bytes()))
				r.byte() // its kind
				r.number()
			}
		}
		if r.bad {
			return nil, nil, errWasm
		}
	}
	return imports, exports, nil
}

// reader reads a module's numbers and names. What is cut off makes it bad, and is zero.
type reader struct {
	data []byte
	at   int
	bad  bool
}

func (r *reader) byte() byte {
	if r.at >= len(r.data) {
		r.bad = true
		return 0
	}
	r.at++
	return r.data[r.at-1]
}

// number is an unsigned one, of seven bits a byte.
func (r *reader) number() int {
	n, size := binary.Uvarint(r.data[min(r.at, len(r.data)):])
	if size <= 0 || n > 1<<32-1 {
		r.bad = true
		return 0
	}
	r.at += size
	return int(n)
}

// bytes are those whose number stands before them.
func (r *reader) bytes() []byte {
	n := r.number()
	if r.bad || n > len(r.data)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

// importType passes over what an import is, and says whether it is a function.
func (r *reader) importType() (function bool) {
	switch r.byte() {
	case 0:
		r.number()
		return true
	case 1: // a table: what is in it, and its limits
		r.byte()
		r.limits()
	case 2:
		r.limits()
	case 3: // a global: its type, and whether it changes
		r.byte()
		r.byte()
	default:
		r.bad = true
	}
	return false
}

func (r *reader) limits() {
	if r.byte()&1 != 0 {
		r.number()
	}
	r.number()
}
