package project

import (
	"fmt"
	"regexp"
	"strings"

	"inlay/internal/toml"
)

// Files is what [assets] says of which requests reach the Worker: without it those for which there is no file.
type Files struct {
	// NotFound is not_found_handling, and where that stands.
	NotFound   string
	NotFoundAt toml.Position
	// WorkerFirst are the paths of run_worker_first, which the Worker gets whether there is a file or not; All: it gets all.
	WorkerFirst   []string
	All           bool
	WorkerFirstAt toml.Position
}

func (r *reader) files(t *toml.Table) (f Files) {
	f.NotFound = r.text(t, "not_found_handling", "none")
	if v := t.Get("not_found_handling"); v != nil {
		f.NotFoundAt = v.At
	}
	v := t.Get("run_worker_first")
	if v == nil {
		return f
	}
	f.WorkerFirstAt = v.At
	if v.Kind == toml.Boolean {
		f.All = v.Text == "true"
	} else {
		f.WorkerFirst = r.texts(t, "run_worker_first", nil)
	}
	return f
}

// CheckFiles refuses what keeps requests for pages from the Worker, or for files from who has them. patterns are those of the
// site's pages, as ServeMux has them.
func (w *Wrangler) CheckFiles(patterns []string) Problems {
	f := &w.Files
	if w.Assets == "" {
		return nil
	}
	if f.All {
		return Problems{{ConfigName, f.WorkerFirstAt.Line, f.WorkerFirstAt.Column,
			"run_worker_first = true gives all requests to the Worker, and no file would be served; leave it out: then those reach it for which there is no file"}}
	}
	if f.NotFound == "none" {
		return nil
	}
	where := Problem{ConfigName, f.NotFoundAt.Line, f.NotFoundAt.Column, ""}
	if len(f.WorkerFirst) == 0 {
		where.Msg = fmt.Sprintf("not_found_handling = %q answers browsers in place of the Worker, so that no page would be seen; leave it out, or let run_worker_first list the paths of all that the site answers", f.NotFound)
		return Problems{where}
	}
	where.Line, where.Column = f.WorkerFirstAt.Line, f.WorkerFirstAt.Column
	var problems Problems
	for _, pattern := range append(patterns, "/_inlay/") {
		path, add := sampleOf(pattern)
		if f.reachesWorker(path) {
			continue
		}
		what := "the page " + pattern
		if pattern == "/_inlay/" {
			what = "administration, /_inlay/*"
		}
		where.Msg = fmt.Sprintf("no pattern of run_worker_first takes %s, and with not_found_handling = %q it would answer 404; add %q", what, f.NotFound, add)
		problems = append(problems, where)
	}
	return problems
}

// reachesWorker tells whether run_worker_first takes a path. In its patterns * is anything, and those that begin with ! are
// exceptions.
func (f *Files) reachesWorker(path string) (reaches bool) {
	for _, pattern := range f.WorkerFirst {
		glob, except := strings.CutPrefix(pattern, "!")
		expression := "^" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, ".*") + "$"
		if !regexp.MustCompile(expression).MatchString(path) {
			continue
		}
		if except {
			return false
		}
		reaches = true
	}
	return reaches
}

var parameter = regexp.MustCompile(`\{[^{}]*\}`)

// sampleOf is a path that a pattern answers, and a pattern of run_worker_first that takes all of them.
func sampleOf(pattern string) (path, glob string) {
	pattern, exact := strings.CutSuffix(pattern, "{$}")
	path = parameter.ReplaceAllString(pattern, "x")
	glob = parameter.ReplaceAllString(pattern, "*")
	if strings.HasSuffix(pattern, "/") && !exact {
		path, glob = path+"x", glob+"*"
	}
	return path, glob
}
