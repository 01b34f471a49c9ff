package build

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"inlay/internal/project"
)

// inFile is a line of what Go writes that tells of a place: ./answer.go:12:3: undefined: x.
var inFile = regexp.MustCompile(`^(?:vet: )?((?:[A-Za-z]:)?[^:\s][^:]*\.(?:go|mod|sum|work)):(\d+)(?::(\d+))?: (.*)$`)

// goProblems makes Problems of what go build wrote before it failed with err. Go names files as seen from the site's folder.
func goProblems(p *project.Project, output string, err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	var problems Problems
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		m := inFile.FindStringSubmatch(line)
		switch {
		case m != nil:
			file := filepath.FromSlash(m[1])
			if !filepath.IsAbs(file) {
				file = filepath.Join(p.Site, file)
			}
			row, _ := strconv.Atoi(m[2])
			column, _ := strconv.Atoi(m[3])
			problems = append(problems, Problem{File: p.Rel(file), Line: row, Column: column, Msg: m[4]})
		case strings.HasPrefix(line, "\t") && len(problems) > 0: // more about the one before
			problems[len(problems)-1].Msg += "\n" + line
		}
	}
	if len(problems) > 0 {
		return problems
	}
	// What has no place, such as a module that is not there.
	return Problems{{File: p.Rel(p.Site), Msg: "go build failed: " + strings.TrimSpace(output)}}
}

// programProblems makes Problems of what a site's own program wrote before it failed to write its pages.
func programProblems(p *project.Project, output string, err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	output = strings.TrimPrefix(strings.TrimSpace(output), "inlay: ")
	var problems Problems
	for line := range strings.Lines(output) {
		m := inPage.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			return Problems{{Msg: fmt.Sprintf("the site's pages cannot be made: %s", output)}}
		}
		row, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		problems = append(problems, Problem{File: m[1], Line: row, Column: column, Msg: m[4]})
	}
	return problems
}

// inPage is a line in which a site's program tells of a mistake in a page.
var inPage = regexp.MustCompile(`^([^:\s][^:]*): ?(\d+):(\d+): (.*)$`)
