package corewasm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Record is what stands in a module's record, core.record beside core.wasm.
type Record struct {
	Of      *Module
	Wasm    string // SHA-256 of the module
	Size    int    // its bytes
	Gzipped int    // the same as zlib at level 9 makes it, which is what a deployment is measured by
	Sources string // the digest of what it was made of
	Tools   Tools
	// Packages are inlay's own and what these import, each with the bytes of its
	// code; Linked are others with code in it, "" among them for what belongs to
	// none.
	Packages, Linked map[string]int
	Data             int
}

// NewRecord describes a module: as TinyGo made it, with names, and as it is committed.
func (m *Module) NewRecord(s *Sources, t *Tools, named, wasm []byte, gzipped int) (*Record, error) {
	w, err := m.Weigh(named)
	if err != nil {
		return nil, err
	}
	if broken := m.Broken(s, w); len(broken) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(broken, "\n"))
	}
	if err := m.Fits(gzipped); err != nil {
		return nil, err
	}
	r := &Record{
		Of: m, Wasm: sum(wasm), Size: len(wasm), Gzipped: gzipped, Sources: s.Digest, Tools: *t, Data: w.Data,
		Packages: map[string]int{}, Linked: map[string]int{},
	}
	for _, path := range slices.Concat(s.Packages, s.Imports) {
		r.Packages[path] = w.Code[path]
	}
	for path, size := range w.Code {
		if _, own := r.Packages[path]; !own {
			r.Linked[path] = size
		}
	}
	return r, nil
}

// sum is SHA-256 of some bytes, in hexadecimal digits.
func sum(data []byte) string {
	all := sha256.Sum256(data)
	return hex.EncodeToString(all[:])
}

// Matches tells whether a module is the one that the record describes.
func (r *Record) Matches(wasm []byte) bool { return r.Wasm == sum(wasm) }

// Heads of the record's parts.
const (
	linkedHead  = "# what else is in it: TinyGo's runtime, and what belongs to no package"
	forbidsHead = "# what must never be in it, and why"
	noPackage   = "(none)"
	dataName    = "(data)"
)

func (m *Module) recordTitle() string {
	return "# What " + m.File() + " consists of. ./build.sh core writes it; a test holds it against the sources.\n"
}

func (m *Module) packagesHead() string {
	return "# inlay's packages and what they import: bytes of code in " + m.File() + ", by function names"
}

// String is the record's text.
func (r *Record) String() string {
	var b strings.Builder
	b.WriteString(r.Of.recordTitle())
	fmt.Fprintf(&b, "%-8s sha256 %s\n", r.Of.Name, r.Wasm)
	fmt.Fprintf(&b, "size     %d bytes, %d gzipped, at most %d\n", r.Size, r.Gzipped, r.Of.Limit)
	fmt.Fprintf(&b, "sources  sha256 %s\n", r.Sources)
	fmt.Fprintf(&b, "tools    %s\n", &r.Tools)
	fmt.Fprintf(&b, "flags    %s\n", strings.Join(r.Of.Flags(), " "))
	weights := func(head string, of map[string]int) {
		b.WriteString("\n" + head + "\n")
		paths := slices.Sorted(maps.Keys(of))
		slices.SortStableFunc(paths, func(x, y string) int { return of[y] - of[x] })
		for _, path := range paths {
			name := path
			if path == "" {
				name = noPackage
			}
			fmt.Fprintf(&b, "%7d  %s\n", of[path], name)
		}
	}
	weights(r.Of.packagesHead(), r.Packages)
	weights(linkedHead, r.Linked)
	fmt.Fprintf(&b, "%7d  %s\n", r.Data, dataName)
	b.WriteString("\n" + forbidsHead + "\n")
	for _, f := range r.Of.Forbidden {
		how := "not imported"
		if f.Code {
			how = "no code"
		}
		fmt.Fprintf(&b, "%-14s %-12s  %s\n", f.Package, how, f.Why)
	}
	return b.String()
}

// ParseRecord reads the text of a module's record.
func (m *Module) ParseRecord(text string) (*Record, error) {
	r := &Record{Of: m, Packages: map[string]int{}, Linked: map[string]int{}}
	part := ""
	for number, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		wrong := fmt.Errorf("%s.record:%d: %q is no line of a record; ./build.sh core writes one", m.Name, number+1, line)
		switch {
		case len(fields) == 0:
		case fields[0] == "#":
			part = line
		case part == strings.TrimSpace(m.recordTitle()):
			if err := r.head(fields); err != nil {
				return nil, wrong
			}
		case part == m.packagesHead() || part == linkedHead:
			size, err := strconv.Atoi(fields[0])
			if err != nil || len(fields) != 2 {
				return nil, wrong
			}
			switch {
			case part == m.packagesHead():
				r.Packages[fields[1]] = size
			case fields[1] == dataName:
				r.Data = size
			case fields[1] == noPackage:
				r.Linked[""] = size
			default:
				r.Linked[fields[1]] = size
			}
		case part != forbidsHead:
			return nil, wrong
		}
	}
	if r.Wasm == "" || r.Sources == "" || r.Tools.TinyGo == "" {
		return nil, fmt.Errorf("%s.record is not whole; ./build.sh core writes one", m.Name)
	}
	return r, nil
}

// head reads a line of the record's first part.
func (r *Record) head(fields []string) error {
	line := strings.Join(fields, " ")
	var err error
	switch fields[0] {
	case r.Of.Name:
		_, err = fmt.Sscanf(line, r.Of.Name+" sha256 %s", &r.Wasm)
	case "sources":
		_, err = fmt.Sscanf(line, "sources sha256 %s", &r.Sources)
	case "size":
		_, err = fmt.Sscanf(line, "size %d bytes, %d gzipped", &r.Size, &r.Gzipped)
	case "tools":
		_, err = fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "tools tinygo %s go %s LLVM %s binaryen %s",
			&r.Tools.TinyGo, &r.Tools.Go, &r.Tools.LLVM, &r.Tools.Binaryen)
	case "flags":
	default:
		err = fmt.Errorf("unknown")
	}
	return err
}
