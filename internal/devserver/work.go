package devserver

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inlay/internal/project"
)

// work is what has to be done until the site is served as its files say. It is
// owed until it has succeeded.
type work struct {
	shells  bool // pages have changed
	code    bool // anything else has that something is built of
	static  bool // files that are served as they are
	restart bool // what serves the site has to be started anew

	files []string // that changed
	since time.Time
}

func (w work) any() bool { return w.shells || w.code || w.static || w.restart }

// and is both.
func (w work) and(more work) work {
	w.shells, w.code = w.shells || more.shells, w.code || more.code
	w.static, w.restart = w.static || more.static, w.restart || more.restart
	for _, f := range more.files {
		if !slices.Contains(w.files, f) {
			w.files = append(w.files, f)
		}
	}
	w.since = more.since
	return w
}

// everything is what is to be done at first.
func everything(since time.Time) work {
	return work{shells: true, code: true, restart: true, since: since}
}

// served is what a backend has brought up.
type served struct {
	at      *url.URL // nil: where it was before
	pages   string   // see status
	changed bool     // something else is served than before
}

// savedAt is when a change began that was just seen: at the first time that its
// files have.
func savedAt(files []string, now time.Time) time.Time {
	const longAgo = 2 * time.Second // as of a file that was moved here
	first := now
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			if t := info.ModTime(); t.Before(first) && now.Sub(t) < longAgo {
				first = t
			}
		}
	}
	return first
}

// workOf tells what a change of files asks for. isInput tells of other files
// than those that are known by their names whether the code is made of them.
func workOf(p *project.Project, files []string, isInput func(string) bool, since time.Time) work {
	w := work{since: since}
	assets := ""
	if p.Wrangler.Assets != "" {
		assets = filepath.Join(p.Root, filepath.FromSlash(p.Wrangler.Assets))
	}
	for _, f := range files {
		switch {
		case f == filepath.Join(p.Root, project.ConfigName):
			w.code, w.restart = true, true
		case filepath.Dir(f) == p.Root && strings.HasPrefix(filepath.Base(f), ".dev.vars"):
			w.restart = true
		case isBelow(f, p.Pages()) && p.Go != project.GoOrigin && f != filepath.Join(p.Pages(), notFound):
			w.shells = true
		case assets != "" && isBelow(f, assets):
			w.static = true
		case isSource(p, f) || isInput(f) || isBelow(f, p.Pages()):
			w.code = true
		default:
			continue
		}
		w.files = append(w.files, p.Rel(f))
	}
	return w
}

// isSource: whether a file is by its name something that code is made of: Go, or
// a module of the Worker.
func isSource(p *project.Project, file string) bool {
	name := filepath.Base(file)
	switch name {
	case "go.mod", "go.sum", "go.work", "go.work.sum":
		return true
	}
	switch filepath.Ext(file) {
	case ".go", ".s":
		return true
	}
	if folder := filepath.Dir(file); folder != p.Site && folder != filepath.Join(p.Site, "data") {
		return false
	}
	for _, rule := range p.Wrangler.Rules {
		for _, glob := range rule.Globs {
			if ok, err := path.Match(path.Base(glob), name); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// notFound is the one page that is part of the site's code.
const notFound = "404.html"

func isBelow(path, folder string) bool {
	return strings.HasPrefix(path, folder+string(filepath.Separator))
}

// label names what changed, for a line.
func (w work) label(path func(string) string) string {
	switch len(w.files) {
	case 0:
		return "the site"
	case 1:
		return path(w.files[0])
	}
	return path(w.files[0]) + " and " + plural(len(w.files)-1, "other")
}

// crashes are the last times at which what serves the site ended by itself.
type crashes []time.Time

const (
	mostCrashes  = 3
	crashesCount = 30 * time.Second
)

// again notes one, and tells whether there are too many to go on.
func (c *crashes) again(now time.Time) bool {
	*c = slices.DeleteFunc(*c, func(t time.Time) bool { return now.Sub(t) > crashesCount })
	*c = append(*c, now)
	return len(*c) >= mostCrashes
}
