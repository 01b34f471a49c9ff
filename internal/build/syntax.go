package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"inlay/internal/project"
)

// checkSyntax lets Node look at the site's own modules, each once for as long
// as it is the same, so that a mistake shows here and not when the Worker
// starts. Where there is no Node, it is left to wrangler.
func checkSyntax(ctx context.Context, p *project.Project, modules []module) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil
	}
	const step = "syntax"
	known := strings.Fields(remembered(p, step))
	digests, problems := make([]string, len(modules)), make([]*Problem, len(modules))
	var wait sync.WaitGroup
	for i, m := range modules {
		if m.from == "" || !isScript(m.name) {
			continue
		}
		sum := sha256.Sum256(m.data)
		digests[i] = hex.EncodeToString(sum[:])
		if !slices.Contains(known, digests[i]) {
			wait.Go(func() { problems[i] = checkModule(ctx, node, m) })
		}
	}
	wait.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var all Problems
	for _, one := range problems {
		if one != nil {
			all = append(all, *one)
		}
	}
	if len(all) > 0 {
		return all
	}
	return remember(p, step, strings.Join(slices.DeleteFunc(digests, func(s string) bool { return s == "" }), "\n"))
}

var (
	nodeLine  = regexp.MustCompile(`(?m)^\[stdin\]:(\d+)\r?\n`)
	nodeError = regexp.MustCompile(`(?m)^(\w*Error: .*)$`)
)

// checkModule is what is wrong with a module, nil if nothing is.
func checkModule(ctx context.Context, node string, m module) *Problem {
	cmd := exec.CommandContext(ctx, node, "--check", "--input-type=module", "-")
	cmd.Stdin = bytes.NewReader(m.data)
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return nil // Node cannot run, or all is well
	}
	text := nodeError.FindString(said.String())
	if text == "" {
		return nil // an old one, which has no such option
	}
	problem := &Problem{File: m.from, Msg: text}
	if at := nodeLine.FindStringSubmatchIndex(said.String()); at != nil {
		problem.Line, _ = strconv.Atoi(said.String()[at[2]:at[3]])
		// The line of code follows, and then one with ^ where the mistake is.
		lines := strings.SplitN(said.String()[at[1]:], "\n", 3)
		if len(lines) > 1 && strings.Contains(lines[1], "^") {
			problem.Column = 1 + utf8.RuneCountInString(lines[1][:strings.IndexByte(lines[1], '^')])
		}
	}
	return problem
}
