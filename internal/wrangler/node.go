package wrangler

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// findNode is the Node that wrangler runs under: that of the npm package node,
// if the project has it, else the one on PATH. wants is what wrangler's
// package.json says, such as >=22.12.0.
func findNode(ctx context.Context, modules, wants string) (string, error) {
	least := leastVersion(wants)
	found := ""
	for _, program := range []string{filepath.Join(modules, "node", "bin", "node"), "node"} {
		version, err := nodeVersion(ctx, program)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			continue
		case atLeast(version, least):
			return exec.LookPath(program)
		}
		found = version
	}
	if found == "" {
		return "", fmt.Errorf("there is no node on PATH, and wrangler needs one of at least %s; get it from https://nodejs.org/", least)
	}
	return "", fmt.Errorf("node is %s, and wrangler needs at least %s; get it from https://nodejs.org/, or let npm bring one into the project: npm install --save-dev node@%s",
		found, least, strings.SplitN(least, ".", 2)[0])
}

// fallbackLeast is for a wrangler that does not say what it needs.
const fallbackLeast = "22.12.0"

var leastPattern = regexp.MustCompile(`^\s*(?:>=|\^|~)?\s*v?(\d+(?:\.\d+){0,2})`)

// leastVersion is the lowest that a range of package.json's engines allows.
func leastVersion(wants string) string {
	if m := leastPattern.FindStringSubmatch(wants); m != nil {
		return m[1]
	}
	return fallbackLeast
}

// nodeVersion asks a node for its version.
func nodeVersion(ctx context.Context, program string) (string, error) {
	output, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(strings.TrimSpace(string(output)), "v"), nil
}

// NodeVersion is that of the node on PATH; "" if there is none.
func NodeVersion(ctx context.Context) string {
	version, err := nodeVersion(ctx, "node")
	if err != nil {
		return ""
	}
	return version
}

// atLeast compares versions of up to three numbers.
func atLeast(version, least string) bool {
	have, want := numbers(version), numbers(least)
	for i := range have {
		if have[i] != want[i] {
			return have[i] > want[i]
		}
	}
	return true
}

func numbers(version string) (all [3]int) {
	version, _, _ = strings.Cut(version, "-")
	for i, part := range strings.SplitN(version, ".", 3) {
		all[i], _ = strconv.Atoi(part)
	}
	return all
}

// exists: whether there is a file.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
