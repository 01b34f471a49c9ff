package devserver

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"inlay/internal/project"
)

// inTrace is a line of a trace of a goroutine: its file, whole or as -trimpath
// writes it (module, slash, path; or module@version), and line.
var inTrace = regexp.MustCompile(`(?m)^\t(\S.*\.go):(\d+)`)

// maxWords is how many lines of what a program said are shown.
const maxWords = 24

// trace makes a Problem of what a program said when it ended by itself: at the
// first place of its trace that is in the site's own files, if it has one.
func trace(p *project.Project, text string) project.Problems {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > maxWords {
		lines = append(lines[:maxWords], "…")
	}
	found := project.Problem{Msg: strings.Join(lines, "\n")}
	module := modulePath(p.Module)
	for _, m := range inTrace.FindAllStringSubmatch(text, -1) {
		path := filepath.FromSlash(m[1])
		if file, ok := strings.CutPrefix(m[1], module+"/"); ok && module != "" {
			path = filepath.Join(p.Module, filepath.FromSlash(file))
		}
		if _, err := os.Stat(path); err != nil || !isBelow(path, p.Module) {
			continue
		}
		found.File = p.Rel(path)
		found.Line, _ = strconv.Atoi(m[2])
		break
	}
	return project.Problems{found}
}

// modulePath is what a folder's go.mod says; "" if nothing.
func modulePath(folder string) string {
	if folder == "" {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module"); ok {
			name, _, _ = strings.Cut(name, "//")
			return strings.Trim(strings.TrimSpace(name), "\"`")
		}
	}
	return ""
}
