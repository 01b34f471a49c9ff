package build

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"inlay/internal/project"
)

// Size is how large a module is, in bytes. Gzipped is as Go's gzip makes it at
// its best; wrangler counts 1% more or less.
type Size struct {
	Name         string
	Raw, Gzipped int
}

// Sizes are those of modules in build/, in the order of their names.
func Sizes(p *project.Project, modules []string) ([]Size, error) {
	sizes := make([]Size, len(modules))
	errs := make([]error, len(modules))
	known := knownSizes(p)
	var wait sync.WaitGroup
	for i, name := range modules {
		path := filepath.Join(p.Build(), name)
		if size, ok := known[name+" "+contentOf(path)]; ok {
			sizes[i] = size
			continue
		}
		wait.Go(func() { sizes[i], errs[i] = weigh(name, path) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(sizes, func(a, b Size) int { return strings.Compare(a.Name, b.Name) })
	var lines strings.Builder
	for _, s := range sizes {
		fmt.Fprintf(&lines, "%d\t%d\t%s %s\n", s.Raw, s.Gzipped, s.Name, contentOf(filepath.Join(p.Build(), s.Name)))
	}
	return sizes, remember(p, "sizes", lines.String())
}

// knownSizes are those of the last time, by name and what tells two versions of a file apart.
func knownSizes(p *project.Project) map[string]Size {
	known := map[string]Size{}
	for line := range strings.Lines(remembered(p, "sizes")) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(fields) < 3 {
			continue
		}
		name, _, _ := strings.Cut(fields[2], " ")
		raw, err1 := strconv.Atoi(fields[0])
		gzipped, err2 := strconv.Atoi(fields[1])
		if err1 == nil && err2 == nil {
			known[fields[2]] = Size{name, raw, gzipped}
		}
	}
	return known
}

func weigh(name, path string) (Size, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Size{}, err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return Size{}, err
	}
	if _, err := w.Write(data); err != nil {
		return Size{}, err
	}
	if err := w.Close(); err != nil {
		return Size{}, err
	}
	return Size{name, len(data), b.Len()}, nil
}
