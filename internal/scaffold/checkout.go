package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// checkout is inlay's, which a site's go.mod names.
type checkout struct {
	shown     string // as go.mod names it
	goVersion string // that it needs
	workers   string // the version of syumai/workers that it needs
	goSum     []byte
}

// module is the path of inlay's own.
const module = "inlay"

var (
	moduleLine  = regexp.MustCompile(`(?m)^module\s+` + module + `\s*(//.*)?$`)
	goLine      = regexp.MustCompile(`(?m)^go\s+(\S+)`)
	workersLine = regexp.MustCompile(`(?m)^\s*(?:require\s+)?github\.com/syumai/workers\s+(v\S+)`)
)

// findCheckout finds inlay's checkout: where said says, else where this program was built from, else where the module inlay
// is for Go, which is in a site that has it.
func findCheckout(said, dir string) (*checkout, error) {
	if said != "" {
		c, err := readCheckout(said)
		if err != nil {
			return nil, err
		}
		if c.shown, err = shownFrom(said, dir); err != nil {
			return nil, err
		}
		return c, nil
	}
	for _, find := range []func() string{builtFrom, knownToGo} {
		found := find()
		if found == "" {
			continue
		}
		if c, err := readCheckout(found); err == nil {
			c.shown = filepath.ToSlash(found)
			return c, nil
		}
	}
	return nil, errors.New("where inlay's checkout is cannot be told; say it: --inlay PATH")
}

// readCheckout reads what a site has to know of a checkout.
func readCheckout(path string) (*checkout, error) {
	text, err := os.ReadFile(filepath.Join(path, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no checkout of inlay: there is no go.mod in it", path)
	}
	if err != nil {
		return nil, err
	}
	version, workers := goLine.FindSubmatch(text), workersLine.FindSubmatch(text)
	if !moduleLine.Match(text) || version == nil || workers == nil {
		return nil, fmt.Errorf("%s is no checkout of inlay: its go.mod is that of another module", path)
	}
	c := &checkout{goVersion: string(version[1]), workers: string(workers[1])}
	c.goSum, err = os.ReadFile(filepath.Join(path, "go.sum"))
	return c, err
}

// shownFrom is a checkout as a go.mod in dir names it: by its whole path if it was said so, else as seen from dir.
func shownFrom(said, dir string) (string, error) {
	if filepath.IsAbs(said) {
		return filepath.ToSlash(filepath.Clean(said)), nil
	}
	whole, err := filepath.Abs(said)
	if err != nil {
		return "", err
	}
	// Go and the system follow .. from where a folder really is.
	if whole, err = filepath.EvalSymlinks(whole); err != nil {
		return "", err
	}
	seen, err := filepath.Rel(real(dir), whole)
	if err != nil {
		return filepath.ToSlash(whole), nil // on another disk
	}
	if seen = filepath.ToSlash(seen); !strings.HasPrefix(seen, "../") && seen != ".." {
		seen = "./" + seen
	}
	return seen, nil
}

// real is where a folder really is, of which the last parts need not be there yet.
func real(dir string) string {
	if found, err := filepath.EvalSymlinks(dir); err == nil {
		return found
	}
	up := filepath.Dir(dir)
	if up == dir {
		return dir
	}
	return filepath.Join(real(up), filepath.Base(dir))
}

// builtFrom is the checkout that this program was compiled in; empty if it does not know, as with -trimpath.
func builtFrom() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// knownToGo is where Go finds the module inlay from the working directory; empty if it does not.
func knownToGo() string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
