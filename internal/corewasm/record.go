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

// Limit is the most that core.wasm may weigh gzipped, in bytes.
const Limit = 92160

// Record is what stands in core.record, beside core.wasm.
type Record struct {
	Core    string // SHA-256 of core.wasm
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

// NewRecord describes a core: as TinyGo made it, with names, and as it is committed.
func NewRecord(s *Sources, t *Tools, named, core []byte, gzipped int) (*Record, error) {
	w, err := Weigh(named)
	if err != nil {
		return nil, err
	}
	if broken := Broken(s, w); len(broken) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(broken, "\n"))
	}
	if gzipped > Limit {
		return nil, fmt.Errorf("core.wasm has %d bytes gzipped, and its limit is %d", gzipped, Limit)
	}
	r := &Record{
		Core: sum(core), Size: len(core), Gzipped: gzipped, Sources: s.Digest, Tools: *t, Data: w.Data,
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

// Matches tells whether a core.wasm is the one that the record describes.
func (r *Record) Matches(core []byte) bool { return r.Core == sum(core) }

// Heads of the record's parts.
const (
	recordTitle  = "# What core.wasm consists of. ./build.sh core writes it; a test holds it against the sources.\n"
	packagesHead = "# inlay's packages and what they import: bytes of code in core.wasm, by function names"
	linkedHead   = "# what else is in it: TinyGo's runtime, and what belongs to no package"
	forbidsHead  = "# what must never be in it, and why"
	noPackage    = "(none)"
	dataName     = "(data)"
)

// String is the record's text.
func (r *Record) String() string {
	var b strings.Builder
	b.WriteString(recordTitle)
	fmt.Fprintf(&b, "core     sha256 %s\n", r.Core)
	fmt.Fprintf(&b, "size     %d bytes, %d gzipped, at most %d\n", r.Size, r.Gzipped, Limit)
	fmt.Fprintf(&b, "sources  sha256 %s\n", r.Sources)
	fmt.Fprintf(&b, "tools    %s\n", &r.Tools)
	fmt.Fprintf(&b, "flags    %s\n", strings.Join(Flags(), " "))
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
	weights(packagesHead, r.Packages)
	weights(linkedHead, r.Linked)
	fmt.Fprintf(&b, "%7d  %s\n", r.Data, dataName)
	b.WriteString("\n" + forbidsHead + "\n")
	for _, f := range ForbiddenPackages() {
		how := "not imported"
		if f.Code {
			how = "no code"
		}
		fmt.Fprintf(&b, "%-14s %-12s  %s\n", f.Package, how, f.Why)
	}
	return b.String()
}

// ParseRecord reads the text of a record.
func ParseRecord(text string) (*Record, error) {
	r := &Record{Packages: map[string]int{}, Linked: map[string]int{}}
	part := ""
	for number, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		wrong := fmt.Errorf("core.record:%d: %q is no line of a record; ./build.sh core writes one", number+1, line)
		switch {
		case len(fields) == 0:
		case fields[0] == "#":
			part = line
		case part == strings.TrimSpace(recordTitle):
			if err := r.head(fields); err != nil {
				return nil, wrong
			}
		case part == packagesHead || part == linkedHead:
			size, err := strconv.Atoi(fields[0])
			if err != nil || len(fields) != 2 {
				return nil, wrong
			}
			switch {
			case part == packagesHead:
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
	if r.Core == "" || r.Sources == "" || r.Tools.TinyGo == "" {
		return nil, fmt.Errorf("core.record is not whole; ./build.sh core writes one")
	}
	return r, nil
}

// head reads a line of the record's first part.
func (r *Record) head(fields []string) error {
	line := strings.Join(fields, " ")
	var err error
	switch fields[0] {
	case "core":
		_, err = fmt.Sscanf(line, "core sha256 %s", &r.Core)
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
