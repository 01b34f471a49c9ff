package corewasm

import "strings"

// Weights are bytes in a module by what they are for.
type Weights struct {
	// Code is the code of each package, by its path. A generic function counts
	// for the package that declares it, main for that package. What belongs to
	// no package, such as methods called through an interface and what the
	// compiler adds, is under "".
	Code map[string]int
	// Data is what the module puts into memory at its start: texts, tables, types.
	Data int
}

// Weigh reads a module whose functions have names.
func (m *Module) Weigh(wasm []byte) (*Weights, error) {
	all, err := sections(wasm)
	if err != nil {
		return nil, err
	}
	w := &Weights{Code: map[string]int{}}
	imported := 0
	var sizes []int
	names := map[int]string{}
	for _, s := range all {
		r := &reader{data: s.body}
		switch {
		case s.id == importSection:
			for n := r.number(); n > 0 && !r.bad; n-- {
				r.bytes()
				r.bytes()
				if r.importType() {
					imported++
				}
			}
		case s.id == codeSection:
			for n := r.number(); n > 0 && !r.bad; n-- {
				sizes = append(sizes, len(r.bytes()))
			}
		case s.id == dataSection:
			w.Data = len(s.body)
		case s.id == customSection && s.name == "name":
			r.functionNames(names)
		}
		if r.bad {
			return nil, errWasm
		}
	}
	for i, size := range sizes {
		w.Code[m.packageOf(names[imported+i])] += size
	}
	return w, nil
}

// functionNames reads the names of functions out of a name section: core specification, appendix on custom sections.
func (r *reader) functionNames(names map[int]string) {
	const functions = 1
	for r.at < len(r.data) && !r.bad {
		id := r.byte()
		inner := &reader{data: r.bytes()}
		if id != functions {
			continue
		}
		for n := inner.number(); n > 0 && !inner.bad; n-- {
			i := inner.number()
			names[i] = string(inner.bytes())
		}
		r.bad = r.bad || inner.bad
	}
}

// packageOf is the package of a function by the name that TinyGo gives it, such as (*inlay/cache.tagTable).make,
// slices.Contains[[]string string] and interface:{…}.String$invoke; "" if it has none.
func (m *Module) packageOf(name string) string {
	name, _, _ = strings.Cut(name, "[")
	name = strings.TrimLeft(name, "(*")
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot <= 0 || strings.HasPrefix(name, "interface:") {
		return ""
	}
	path := name[:slash+1+dot]
	if path == "main" {
		return m.Path()
	}
	return path
}
