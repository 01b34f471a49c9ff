// Package routetest has tables of targets that try to be read as something else than they are. The tests of the router, of
// the native handler and of the Worker read them.
package routetest

import (
	"embed"
	"strconv"
	"strings"
	"testing"

	"inlay/internal/route"
)

//go:embed *.txt
var tables embed.FS

// Targets are those of a table: internal (inlay's own paths in every spelling), climbing (with dot segments in every
// spelling) or open (neither).
func Targets(t testing.TB, table string) (all []string) {
	t.Helper()
	text, err := tables.ReadFile(table + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		target, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, target)
	}
	if len(all) == 0 {
		t.Fatalf("the table %s is empty", table)
	}
	return all
}

// PathIn is the path of a target, in origin form or absolute form.
func PathIn(target string) string {
	if _, rest, ok := strings.Cut(target, "http://"); ok {
		_, target, _ = strings.Cut(rest, "/")
		target = "/" + target
	}
	path, _ := route.SplitTarget(target)
	return path
}
