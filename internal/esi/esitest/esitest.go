// Package esitest has what tests of ESI share: documents and what must become of them, as data.
package esitest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Case is a page with what it includes, and what is made of it.
type Case struct {
	Name   string
	Target string            // of the page
	Cookie string            // of the visitor
	Parts  map[string]string // bodies by target, the page's own among them
	Plain  map[string]bool   // parts that do not say that they have ESI
	Failed map[string]bool   // parts that are answered with a 500
	Want   string            // the page, composed
	Log    []string          // lines for the log, of the page only: each begins with one of these
	// Varnish is what Varnish makes of it, where that is something else; Differs tells.
	Varnish string
	Differs bool
	// Why tells why they differ.
	Why string
	// Alone: Varnish has nothing of the kind, and is not asked.
	Alone bool
}

// Cases are those of internal/esi/testdata/cases.txt.
//
//	=== name                                 begins one
//	--- page /target [cookie]                the page's body follows, without the last line feed
//	--- part /target [plain|failed]          so do those of what it includes
//	--- want                                 what it becomes
//	--- log                                  a line each
//	--- varnish reason                       what Varnish makes of it; without a body after "alone": it is not asked
func Cases(t testing.TB) (all []Case) {
	t.Helper()
	return read(t, "cases.txt")
}

// Pages are whole pages, those of internal/esi/testdata/pages.txt, in the same form. They say nothing of what becomes of them: that is
// what Varnish makes.
func Pages(t testing.TB) []Case {
	t.Helper()
	return read(t, "pages.txt")
}

func read(t testing.TB, name string) (all []Case) {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "../testdata", name))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "\n=== ")
	require.True(t, ok)
	for _, block := range strings.Split(rest, "\n=== ") {
		name, body, _ := strings.Cut(block, "\n")
		c := Case{Name: name, Parts: map[string]string{}, Plain: map[string]bool{}, Failed: map[string]bool{}}
		for _, section := range strings.Split("\n"+strings.TrimSuffix(body, "\n"), "\n--- ")[1:] {
			head, content, _ := strings.Cut(section, "\n")
			words := strings.SplitN(head, " ", 3)
			switch words[0] {
			case "page":
				c.Target = words[1]
				c.Parts[c.Target] = content
				if len(words) > 2 {
					c.Cookie = words[2]
				}
			case "part":
				c.Parts[words[1]] = content
				if len(words) > 2 {
					c.Plain[words[1]], c.Failed[words[1]] = words[2] == "plain", words[2] == "failed"
				}
			case "want":
				c.Want = content
			case "log":
				c.Log = strings.Split(content, "\n")
			case "varnish":
				_, c.Why, _ = strings.Cut(head, " ")
				if c.Alone = strings.HasPrefix(c.Why, "alone"); !c.Alone {
					c.Varnish, c.Differs = content, true
				}
			default:
				require.Fail(t, "an unknown section", "%s: %s", name, head)
			}
		}
		require.NotEmpty(t, c.Target, name)
		all = append(all, c)
	}
	return all
}
