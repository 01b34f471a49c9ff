package wrangler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"inlay/internal/project"
)

// Wrangler is the tool of one project.
type Wrangler struct {
	Node    string   // the program that runs it
	Script  string   // its first argument
	Dir     string   // where it runs: the project's folder
	Env     []string // whole
	Version string   // as its package says
}

// Find looks for wrangler in the project's node_modules, or in that of a folder
// above as Node does. What package-lock.json or package.json wants and is not
// there, npm installs first, and log gets a line about it.
func Find(ctx context.Context, p *project.Project, log io.Writer) (*Wrangler, error) {
	if err := Install(ctx, p.Root, log); err != nil {
		return nil, err
	}
	folder, err := locate(p.Root)
	if err != nil {
		return nil, err
	}
	return open(ctx, p.Root, folder)
}

// Search is a Find that runs beside something else: npm may take as long as a
// build.
type Search struct {
	done  chan struct{}
	found *Wrangler
	err   error
}

// Begin begins one.
func Begin(ctx context.Context, p *project.Project, log io.Writer) *Search {
	s := &Search{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.found, s.err = Find(ctx, p, log)
	}()
	return s
}

// Result waits for its end.
func (s *Search) Result() (*Wrangler, error) {
	<-s.done
	return s.found, s.err
}

// Installed is the wrangler that is there, as it is; nil if there is none that
// can run.
func Installed(ctx context.Context, p *project.Project) *Wrangler {
	folder, err := locate(p.Root)
	if err != nil {
		return nil
	}
	w, err := open(ctx, p.Root, folder)
	if err != nil {
		return nil
	}
	return w
}

// locate is the nearest node_modules, from a folder upwards, that has wrangler.
func locate(from string) (string, error) {
	for folder := from; ; folder = filepath.Dir(folder) {
		modules := filepath.Join(folder, "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "wrangler", "package.json")); err == nil {
			return modules, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("there is no wrangler in %s; to add it: npm install --save-dev wrangler", filepath.Join(from, "node_modules"))
		}
	}
}

// manifest is what is read of a package.json.
type manifest struct {
	Version string
	Bin     json.RawMessage
	Engines struct{ Node string }
	Scripts map[string]string
}

func readManifest(folder string) (*manifest, error) {
	path := filepath.Join(folder, "package.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &m, nil
}

// HasTest tells whether the package.json of a folder has a script test, which
// npm runs; what npm init writes there is none.
func HasTest(root string) bool {
	m, err := readManifest(root)
	return err == nil && m.Scripts["test"] != "" && !strings.Contains(m.Scripts["test"], "no test specified")
}

// script is the file that a package runs under a name.
func (m *manifest) script(name string) (string, error) {
	var one string
	var many map[string]string
	if json.Unmarshal(m.Bin, &one) == nil && one != "" {
		return one, nil
	}
	if json.Unmarshal(m.Bin, &many) == nil && many[name] != "" {
		return many[name], nil
	}
	return "", errors.New("its package.json names no program " + name)
}

// open makes ready the wrangler of a node_modules.
func open(ctx context.Context, root, modules string) (*Wrangler, error) {
	folder := filepath.Join(modules, "wrangler")
	m, err := readManifest(folder)
	if err != nil {
		return nil, err
	}
	script, err := m.script("wrangler")
	if err != nil {
		return nil, fmt.Errorf("%s is not whole, remove it and run again: %w", folder, err)
	}
	node, err := findNode(ctx, modules, m.Engines.Node)
	if err != nil {
		return nil, err
	}
	return &Wrangler{
		Node: node, Script: filepath.Join(folder, filepath.FromSlash(script)), Dir: root, Version: m.Version,
		Env: environment(os.Environ(), filepath.Dir(node)),
	}, nil
}

// environment is quiet and without metrics, where the caller does not say otherwise, and has Node first on PATH: wrangler
// starts programs by its name.
func environment(env []string, node string) []string {
	quiet := map[string]string{
		"WRANGLER_SEND_METRICS":       "false",
		"WRANGLER_SEND_ERROR_REPORTS": "false",
		"WRANGLER_HIDE_BANNER":        "true",
		// Where the nearest data center is does not matter here, and asking takes a connection.
		"CLOUDFLARE_CF_FETCH_ENABLED": "false",
	}
	path := ""
	var kept []string
	for _, one := range env {
		name, value, _ := strings.Cut(one, "=")
		delete(quiet, name)
		if name == "PATH" {
			path = value
			continue
		}
		kept = append(kept, one)
	}
	for _, name := range slices.Sorted(maps.Keys(quiet)) {
		kept = append(kept, name+"="+quiet[name])
	}
	return append(kept, "PATH="+node+string(os.PathListSeparator)+path)
}

// Command is wrangler with arguments, not yet started.
func (w *Wrangler) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.Node, append([]string{w.Script}, args...)...)
	cmd.Dir, cmd.Env = w.Dir, w.Env
	return cmd
}
