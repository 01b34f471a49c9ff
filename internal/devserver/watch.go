package devserver

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// leastPause is how often files are looked at, at most. A scan of a thousand
	// files takes 1 to 2 ms, so that is 4% of a core.
	leastPause = 50 * time.Millisecond
	mostPause  = time.Second
	// restFactor is how much longer the watcher rests than it looks, so that a site
	// of many files takes no more of the machine than a small one.
	restFactor = 25
	// quiet is how long nothing may have changed before a change counts as whole:
	// editors write in several steps. It is longer than the steps of file systems'
	// clocks (4 ms, of HFS+ and FAT more), so that a later write has another time.
	quiet = 20 * time.Millisecond
)

// watcher looks for changes below folders, by polling: the standard library has
// nothing else, and it sees what editors do by renaming on every system.
type watcher struct {
	roots []string
	skip  func(path string, folder bool) bool

	files   map[string]fs.FileInfo
	folders map[string]listing
	spent   time.Duration // by the last scan
	now     func() time.Time
	rest    func(context.Context, time.Duration) bool // false: the context has ended
}

// listing is what a folder had when it was last read.
type listing struct {
	modified time.Time
	read     time.Time
	names    []string // of files that count
	inner    []string // paths of folders
}

// watch begins at what is there now.
func watch(roots []string, skip func(path string, folder bool) bool) *watcher {
	w := &watcher{skip: skip, files: map[string]fs.FileInfo{}, folders: map[string]listing{}, now: time.Now, rest: rest}
	w.add(roots)
	return w
}

// add watches more folders, from what is in them now on.
func (w *watcher) add(roots []string) {
	for _, root := range roots {
		if _, known := w.folders[root]; known || slices.Contains(w.roots, root) {
			continue
		}
		var ignored []string
		w.roots = append(w.roots, root)
		w.folder(root, w.files, w.folders, &ignored)
	}
}

// next waits for changes, and gives the paths of the files that came, went or
// are others, sorted; nil when ctx has ended.
func (w *watcher) next(ctx context.Context) []string {
	changed := map[string]bool{}
	for {
		pause := min(max(leastPause, restFactor*w.spent), mostPause)
		if len(changed) > 0 {
			pause = quiet
		}
		if !w.rest(ctx, pause) {
			return nil
		}
		more := w.scan()
		for _, path := range more {
			changed[path] = true
		}
		if len(changed) > 0 && len(more) == 0 {
			paths := make([]string, 0, len(changed))
			for path := range changed {
				paths = append(paths, path)
			}
			slices.Sort(paths)
			return paths
		}
	}
}

func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// scan looks at everything once and gives the paths that are not as before.
func (w *watcher) scan() []string {
	began := w.now()
	files := make(map[string]fs.FileInfo, len(w.files))
	folders := make(map[string]listing, len(w.folders))
	var changed []string
	for _, root := range w.roots {
		w.folder(root, files, folders, &changed)
	}
	for path := range w.files {
		if _, ok := files[path]; !ok {
			changed = append(changed, path)
		}
	}
	w.files, w.folders, w.spent = files, folders, w.now().Sub(began)
	return changed
}

func (w *watcher) folder(path string, files map[string]fs.FileInfo, folders map[string]listing, changed *[]string) {
	if _, seen := folders[path]; seen {
		return // of another root
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return
	}
	list, ok := w.folders[path]
	// What came into a folder within a step of the clock after it was read does not
	// show in its time.
	if !ok || !list.modified.Equal(info.ModTime()) || list.read.Sub(list.modified) < time.Second {
		list = w.list(path, info.ModTime())
	}
	folders[path] = list
	for _, name := range list.names {
		file := filepath.Join(path, name)
		info, err := os.Stat(file)
		if err != nil || info.IsDir() {
			continue
		}
		files[file] = info
		if before, ok := w.files[file]; !ok || !same(before, info) {
			*changed = append(*changed, file)
		}
	}
	for _, inner := range list.inner {
		w.folder(inner, files, folders, changed)
	}
}

func (w *watcher) list(path string, modified time.Time) listing {
	l := listing{modified: modified, read: w.now()}
	entries, _ := os.ReadDir(path)
	for _, e := range entries {
		inner := filepath.Join(path, e.Name())
		switch {
		case w.skip(inner, e.IsDir()):
		case e.IsDir():
			l.inner = append(l.inner, inner)
		default:
			l.names = append(l.names, e.Name())
		}
	}
	return l
}

// same: whether nothing was written between two looks at a path, and nothing
// put in its place.
func same(a, b fs.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode() && os.SameFile(a, b)
}

// passedOver: whether no site is made of what has such a name: what is hidden,
// what editors keep beside the files they write, dependencies, tests, and logs:
// inlay dev's own may be written there, and each line would make another.
func passedOver(path string, folder bool) bool {
	name := filepath.Base(path)
	if folder {
		return strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata"
	}
	return strings.HasPrefix(name, ".") && !strings.HasPrefix(name, ".dev.vars") || strings.HasSuffix(name, "~") ||
		strings.HasPrefix(name, "#") || name == "4913" || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".tmp") ||
		strings.HasSuffix(name, ".log") || name == "nohup.out"
}
