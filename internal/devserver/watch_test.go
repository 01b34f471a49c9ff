package devserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is a folder that is watched.
type tree struct {
	t   *testing.T
	dir string
	w   *watcher
}

func newTree(t *testing.T, files ...string) *tree {
	t.Helper()
	tr := &tree{t: t, dir: t.TempDir()}
	for _, f := range files {
		tr.write(f, "1")
		past := time.Now().Add(-time.Hour) // no two writes of a test are in one step of the clock
		require.NoError(t, os.Chtimes(tr.path(f), past, past))
	}
	tr.w = watch([]string{tr.dir}, passedOver)
	return tr
}

func (tr *tree) path(name string) string { return filepath.Join(tr.dir, filepath.FromSlash(name)) }

func (tr *tree) write(name, text string) {
	tr.t.Helper()
	require.NoError(tr.t, os.MkdirAll(filepath.Dir(tr.path(name)), 0o755))
	require.NoError(tr.t, os.WriteFile(tr.path(name), []byte(text), 0o644))
}

// sees wants the next change to be of these files.
func (tr *tree) sees(names ...string) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 20*time.Second)
	defer cancel()
	var want []string
	for _, n := range names {
		want = append(want, tr.path(n))
	}
	assert.Equal(tr.t, want, tr.w.next(ctx))
}

func TestAWatcherSeesWhatEditorsDo(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*tree)
		want []string
	}{
		"written":                     {func(tr *tree) { tr.write("pages/a.html", "22") }, []string{"pages/a.html"}},
		"written, with the same size": {func(tr *tree) { tr.write("pages/a.html", "2") }, []string{"pages/a.html"}},
		"another put in its place": {func(tr *tree) {
			tr.write("pages/.a.html.swp", "2")
			require.NoError(tr.t, os.Rename(tr.path("pages/.a.html.swp"), tr.path("pages/a.html")))
		}, []string{"pages/a.html"}},
		"another put in its place, with its size and time": {func(tr *tree) {
			info, err := os.Stat(tr.path("pages/a.html"))
			require.NoError(tr.t, err)
			tr.write("pages/a.html~", "2")
			require.NoError(tr.t, os.Chtimes(tr.path("pages/a.html~"), info.ModTime(), info.ModTime()))
			require.NoError(tr.t, os.Rename(tr.path("pages/a.html~"), tr.path("pages/a.html")))
		}, []string{"pages/a.html"}},
		"moved away and written anew, as vim does": {func(tr *tree) {
			tr.write("pages/4913", "")
			require.NoError(tr.t, os.Remove(tr.path("pages/4913")))
			require.NoError(tr.t, os.Rename(tr.path("pages/a.html"), tr.path("pages/a.html~")))
			tr.write("pages/a.html", "2")
			require.NoError(tr.t, os.Remove(tr.path("pages/a.html~")))
		}, []string{"pages/a.html"}},
		"renamed": {func(tr *tree) { require.NoError(tr.t, os.Rename(tr.path("pages/a.html"), tr.path("pages/b.html"))) },
			[]string{"pages/a.html", "pages/b.html"}},
		"removed":             {func(tr *tree) { require.NoError(tr.t, os.Remove(tr.path("pages/a.html"))) }, []string{"pages/a.html"}},
		"new, in new folders": {func(tr *tree) { tr.write("pages/docs/api/c.html", "1") }, []string{"pages/docs/api/c.html"}},
		"a folder removed":    {func(tr *tree) { require.NoError(tr.t, os.RemoveAll(tr.path("pages"))) }, []string{"pages/a.html"}},
		"a folder renamed":    {func(tr *tree) { require.NoError(tr.t, os.Rename(tr.path("pages"), tr.path("p"))) }, []string{"p/a.html", "pages/a.html"}},
		"several at once": {func(tr *tree) {
			tr.write("main.go", "22")
			tr.write("pages/a.html", "22")
			tr.write(".dev.vars", "A=1")
		}, []string{".dev.vars", "main.go", "pages/a.html"}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTree(t, "main.go", "pages/a.html")
			c.do(tr)
			tr.sees(c.want...)
		})
	}
}

func TestAWatcherPassesOverWhatNoSiteIsMadeOf(t *testing.T) {
	tr := newTree(t, "main.go")
	for _, name := range []string{".git/index", "node_modules/a/index.js", ".wrangler/state/x", "main_test.go", "testdata/a.html", "main.go~", "#main.go#", ".main.go.swp", "x.tmp", "dev.log", "nohup.out"} {
		tr.write(name, "1")
	}
	tr.write("main.go", "22")
	tr.sees("main.go")
}

func TestAChangeCountsWhenNothingFollows(t *testing.T) {
	tr := newTree(t, "big.html")
	pauses := []time.Duration{}
	tr.w.rest = func(_ context.Context, pause time.Duration) bool {
		if pauses = append(pauses, pause); len(pauses) <= 5 {
			tr.write("big.html", strings.Repeat("x", len(pauses)*100))
		}
		return true
	}
	tr.sees("big.html")
	assert.Equal(t, []time.Duration{leastPause, quiet, quiet, quiet, quiet, quiet}, pauses)
}

func TestAWatcherOfManyFilesTakesLittle(t *testing.T) {
	tr := newTree(t)
	for i := range 1500 {
		tr.write(fmt.Sprintf("d%d/f%d.go", i%50, i), "1")
	}
	tr.w.scan()
	tr.w.scan()
	t.Logf("a scan of 1500 files: %v", tr.w.spent)
	assert.Less(t, tr.w.spent, mostPause/2)
	tr.write("d7/f7.go", "22")
	tr.sees("d7/f7.go")
}

func TestAWatcherThatIsEndedEnds(t *testing.T) {
	tr := newTree(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Nil(t, tr.w.next(ctx))
}
