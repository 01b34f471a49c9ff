package corewasm

import (
	"slices"
	"strings"
)

// Forbidden is a package that a module must do without.
type Forbidden struct {
	// Package is its path; one that ends in /... stands for all below as well.
	Package string
	// Why it must not be there.
	Why string
	// Code: it may be imported by what the core does not call. Nothing of it
	// may be in the module.
	Code bool
}

// forbiddenInCore are those that a core has been seen to grow by, or that
// would need what it does not have.
func forbiddenInCore() []Forbidden {
	return []Forbidden{
		{Package: "encoding/...", Why: "reflects; frames and pages have readers of their own"},
		{Package: "fmt", Why: "brings reflect and strconv, and boxes each number: messages are put together"},
		{Package: "log/...", Why: "brings fmt and os; the host writes the log"},
		{Package: "math/rand/...", Why: "the seed comes from the host, so that a run can be repeated"},
		{Package: "net/...", Why: "brings os and reflect; URLs and header fields have readers of their own, and the host asks the origins"},
		{Package: "os/...", Why: "there is no system; variables come from the host"},
		{Package: "reflect", Why: "keeps types and methods that nothing calls"},
		{Package: "regexp/...", Why: "is larger than what it would read"},
		{Package: "sort", Why: "boxes what it sorts; slices does not"},
		{Package: "strconv", Why: "its tables for floats come along; internal/decimal writes numbers", Code: true},
		{Package: "syscall/js", Why: "the host interface is wasmimport and wasmexport"},
		{Package: "text/...", Why: "brings reflect; pages are parsed when they are built"},
		{Package: "html/...", Why: "its table of references is larger than the core; pages are parsed when they are built"},
		{Package: "unicode", Why: "its tables are larger than what they would answer; text is ASCII or passes through", Code: true},
	}
}

// forbiddenInShell are the same, but for what parsing a shell takes.
func forbiddenInShell() []Forbidden {
	return slices.DeleteFunc(forbiddenInCore(), func(f Forbidden) bool { return f.Package == "sort" || f.Package == "strconv" || f.Package == "unicode" })
}

// is: whether a package is the forbidden one.
func (f *Forbidden) is(path string) bool {
	whole, below := strings.CutSuffix(f.Package, "/...")
	return path == whole || below && strings.HasPrefix(path, whole+"/")
}

// Broken are the forbidden packages that are there all the same, with how: imported, by inlay's packages or by what they
// import, or with code in the module.
func (m *Module) Broken(s *Sources, w *Weights) (broken []string) {
	for _, path := range s.Needs {
		if f := m.forbids(path); f != nil && !f.Code {
			broken = append(broken, path+" is imported, and forbidden in "+m.File()+": "+f.Why)
		}
	}
	for path := range w.Code {
		if f := m.forbids(path); f != nil {
			broken = append(broken, path+" has code in "+m.File()+", and is forbidden there: "+f.Why)
		}
	}
	slices.Sort(broken)
	return broken
}
