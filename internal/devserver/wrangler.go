package devserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"inlay/internal/build"
	"inlay/internal/project"
	tool "inlay/internal/wrangler"
	"inlay/worker"
)

// worked serves the site as a Worker, in wrangler dev, which has all that a
// Worker may be bound to, and which this server stands before.
//
// wrangler looks at a folder of its own, build/dev/: a copy of build/ in which
// worker.mjs is worker/dev.mjs. There pages.bin stays as it is while the Worker
// runs. Newer shells the Worker fetches, since wrangler needs more than a second
// to start it anew.
type worked struct {
	out    *printer
	shells *shelf
	env    string // of wrangler.toml; "" is the top level
	vars   map[string]string
	args   []string // further options for wrangler
	client *http.Client
	// everywhere: with all of inlay's bindings, by a configuration of its own, which is a file beside wrangler.toml.
	everywhere bool
	config     string

	search  *tool.Search // for wrangler; nil: none has begun
	running *process
	at      *url.URL
	last    lastLines    // of what wrangler wrote
	starts  atomic.Int64 // how often it has said that it serves something new
	modules []string     // what the Worker consists of
	serving int          // the number of the shells that the Worker began with
}

const (
	// startsWithin is how long a new version may take until it is served: wrangler
	// takes 1 s for it, and several on a busy machine.
	startsWithin = 30 * time.Second
	askAgain     = 20 * time.Millisecond
	// answersWithin bounds one question, so that one that is lost is asked again.
	answersWithin = 10 * time.Second
	// trapsAfter is how long wrangler may take to end.
	trapsAfter = 5 * time.Second
)

func newWorked(out *printer, shells *shelf, o Options) *worked {
	return &worked{
		out: out, shells: shells, env: o.Env, vars: o.Vars, args: o.Args, everywhere: o.Everywhere,
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

func (w *worked) what() string { return "building the site, and starting wrangler dev" }

// build makes build/ anew, or its pages alone.
func (w *worked) build(ctx context.Context, p *project.Project, todo work) error {
	if !todo.code {
		_, err := build.Pages(ctx, p)
		return err
	}
	if at, ok := p.Wrangler.Builds(); ok {
		return project.Problems{{File: project.ConfigName, Line: at.Line, Column: at.Column, Msg: "[build] would let wrangler build the site a second time; take it out: inlay dev and inlay deploy build by themselves"}}
	}
	if problems := p.Wrangler.CheckBindings(); len(problems) > 0 {
		return problems
	}
	if w.running == nil {
		w.look(ctx, p)
	}
	result, err := build.Run(ctx, p, build.Options{Everywhere: w.everywhere})
	if err != nil {
		return err
	}
	w.modules = result.Modules
	return nil
}

func (w *worked) serve(ctx context.Context, p *project.Project, todo work, version string) (served, error) {
	pages, err := os.ReadFile(filepath.Join(p.Build(), "pages.bin"))
	if err != nil {
		return served{}, err
	}
	newShells := w.shells.put(pages)
	runs := w.running != nil && !w.running.over()
	newModules := true
	if runs && !todo.static && !todo.restart {
		if newModules, err = w.differs(p); err != nil {
			return served{}, err
		}
	}
	switch {
	case runs && !newModules:
		return served{at: w.at, pages: w.shells.name(w.serving), changed: newShells}, nil
	case runs && todo.restart:
		w.stop()
		runs = false
	}
	before := w.starts.Load()
	if err := w.copy(p, version); err != nil {
		return served{}, err
	}
	if !runs {
		if err := w.start(ctx, p); err != nil {
			return served{}, err
		}
	}
	got, err := w.wait(ctx, version, before)
	if err != nil {
		return served{}, err
	}
	if got.Ended != "" {
		return served{}, trace(p, got.Ended)
	}
	return served{at: w.at, pages: w.shells.name(w.serving), changed: true}, nil
}

// look begins to look for wrangler, which npm may have to bring first, unless
// that has begun.
func (w *worked) look(ctx context.Context, p *project.Project) {
	if w.search == nil {
		w.search = tool.Begin(ctx, p, w.out)
	}
}

// folder is what wrangler looks at.
func folder(p *project.Project) string { return filepath.Join(p.Build(), "dev") }

const (
	workerModule   = "worker.mjs"
	settingsModule = "dev-settings.mjs"
	pagesModule    = "pages.bin"
)

// wanted is what a module is to be in wrangler's folder.
func (w *worked) wanted(p *project.Project, name string) ([]byte, error) {
	if name == workerModule {
		return worker.Dev, nil
	}
	return os.ReadFile(filepath.Join(p.Build(), name))
}

// differs tells whether a module is another than the Worker has; its shells
// aside, and the build's id, which is of them too.
func (w *worked) differs(p *project.Project) (bool, error) {
	for _, name := range w.modules {
		if name == pagesModule || name == build.IDModule {
			continue
		}
		same, err := w.sameAsThere(p, name)
		if !same || err != nil {
			return true, err
		}
	}
	return false, nil
}

func (w *worked) sameAsThere(p *project.Project, name string) (bool, error) {
	want, err := w.wanted(p, name)
	if err != nil {
		return false, err
	}
	have, err := os.ReadFile(filepath.Join(folder(p), name))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return string(have) == string(want), err
}

// copy puts the modules into wrangler's folder, and what else lies there away.
// The settings come last: the Worker whose version they say has all the others.
func (w *worked) copy(p *project.Project, version string) error {
	to := folder(p)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	number := w.shells.number()
	settings, err := json.Marshal(map[string]any{"version": version, "shells": number, "from": w.shells.url})
	if err != nil {
		return err
	}
	keep := map[string]bool{settingsModule: true}
	for _, name := range w.modules {
		keep[name] = true
		same, err := w.sameAsThere(p, name)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		data, err := w.wanted(p, name)
		if err != nil {
			return err
		}
		if err := replace(filepath.Join(to, name), data); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(to)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !keep[e.Name()] && !e.IsDir() {
			if err := os.Remove(filepath.Join(to, e.Name())); err != nil {
				return err
			}
		}
	}
	w.serving = number
	return replace(filepath.Join(to, settingsModule), []byte("export const settings = "+string(settings)+";\n"))
}

// replace writes a file in one step.
func replace(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// wranglerReady is what wrangler dev writes once it listens, wranglerNew when
// it serves another version.
var (
	wranglerReady = regexp.MustCompile(`Ready on (http://\S+)`)
	wranglerNew   = regexp.MustCompile(`Local server updated and ready`)
)

// escapes are those of terminals, which wrangler uses whatever it writes to.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// chatter are lines of wrangler's that say nothing to who runs inlay dev: its
// tables of modules and bindings, and that it reloads, which is said here.
var chatter = regexp.MustCompile(`^\s*(⎔ .*|[┌├│└].*|Attaching additional modules.*|Your Worker has access to the following.*|Binding +Resource.*|env\..* local|Using secrets defined in .*|\[wrangler:info\] (Ready on|\w+ ` + ownPath + `).*|🪵.*)?$`)

// start runs wrangler, and waits until it listens.
func (w *worked) start(ctx context.Context, p *project.Project) error {
	w.look(ctx, p)
	found, err := w.search.Result()
	w.search = nil
	if errors.Is(err, context.Canceled) && ctx.Err() == nil { // it was of a build that a newer one has replaced
		found, err = tool.Find(ctx, p, w.out)
	}
	if err != nil {
		return err
	}
	entry := filepath.Join(folder(p), filepath.Base(p.Wrangler.Main))
	args := []string{found.Script, "dev", entry, "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0",
		"--show-interactive-dev-session=false"}
	if w.env != "" {
		args = append(args, "--env", w.env)
	}
	if w.everywhere {
		if err := w.configure(p); err != nil {
			return err
		}
		args = append(args, "--config", w.config)
	}
	vars, err := w.variables(p)
	if err != nil {
		return err
	}
	for name, value := range vars {
		args = append(args, "--var", name+":"+value)
	}
	// Which file changed when is known here; and colours are for terminals.
	env := append(found.Env, "WRANGLER_CI_DISABLE_CONFIG_WATCHING=true", "NO_COLOR=1", "FORCE_COLOR=0")
	ready := make(chan *url.URL, 1)
	w.last.clear()
	w.running, err = start(program{path: found.Node, args: append(args, w.args...), dir: found.Dir, env: env, line: func(text string) {
		text = strings.TrimRight(escapes.ReplaceAllString(text, ""), " ")
		if found := wranglerReady.FindStringSubmatch(text); found != nil {
			if at, err := url.Parse(found[1]); err == nil {
				select {
				case ready <- at:
				default:
				}
			}
			w.starts.Add(1)
		}
		if wranglerNew.MatchString(text) {
			w.starts.Add(1)
		}
		if !chatter.MatchString(text) {
			w.last.add(text)
			w.out.line(text)
		}
	}})
	if err != nil {
		return err
	}
	select {
	case w.at = <-ready:
		return nil
	case <-w.running.done:
		return w.ended()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// variables are those that wrangler is told, which are in place of those it reads itself, from wrangler.toml and .dev.vars:
// INLAY_DEV is 1 where neither says.
func (w *worked) variables(p *project.Project) (map[string]string, error) {
	of, err := varsOf(p, w.env)
	if err != nil {
		return nil, err
	}
	vars := map[string]string{"INLAY_DEV": "1"}
	if _, said := of["INLAY_DEV"]; said {
		delete(vars, "INLAY_DEV")
	}
	maps.Copy(vars, w.vars)
	return vars, nil
}

// over is closed when wrangler has ended; nil, if it does not run.
func (w *worked) over() <-chan struct{} {
	if w.running == nil {
		return nil
	}
	return w.running.done
}

// ended is the error of a wrangler that has ended by itself.
func (w *worked) ended() error {
	text := w.last.text()
	if text == "" {
		text = fmt.Sprint(w.running.err)
	}
	return fmt.Errorf("wrangler dev has ended: %s", text)
}

func (w *worked) stop() {
	if w.running != nil {
		w.running.stop(trapsAfter)
		w.running = nil
	}
	if w.config != "" {
		_ = os.Remove(w.config)
		w.config = ""
	}
}

// configure writes the configuration that has all bindings. It lies beside wrangler.toml, since all paths in that are seen from
// there, those that wrangler alone knows too, and so are .dev.vars and what wrangler dev keeps between runs.
func (w *worked) configure(p *project.Project) error {
	text, err := p.Wrangler.Everywhere(w.env)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(p.Root, ".wrangler-everywhere-*.json")
	if err != nil {
		return err
	}
	w.config = file.Name()
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// told is what the Worker says of itself; see worker/dev.mjs.
type told struct {
	Version string // of its modules
	Ended   string // what its program ended of; "" if it starts
}

// wait asks the Worker until it is of a version. wrangler holds requests back
// while it starts a Worker anew, so most of the wait is in one of them. A Worker
// whose entry answers the question itself is believed to be of the version once
// wrangler has said so more often than before.
func (w *worked) wait(ctx context.Context, version string, before int64) (told, error) {
	within, cancel := context.WithTimeout(ctx, startsWithin)
	defer cancel()
	go func() {
		select { // no question is of use to a wrangler that is gone
		case <-w.running.done:
			cancel()
		case <-within.Done():
		}
	}()
	var failed error
	for {
		got, err := w.ask(within)
		switch {
		case err == nil && got.Version == version:
			return got, nil
		case errors.Is(err, errNotTold) && w.starts.Load() > before:
			return told{}, nil
		case err == nil:
			failed = nil
		case within.Err() == nil:
			failed = err
		}
		if rest(within, askAgain) {
			continue
		}
		switch {
		case ctx.Err() != nil:
			return told{}, ctx.Err()
		case w.running.over():
			return told{}, w.ended()
		case failed != nil:
			return told{}, failed
		}
		return told{}, fmt.Errorf("wrangler dev has not served what is new within %v; the last that it wrote:\n%s", startsWithin, w.last.text())
	}
}

// fromField shows who asks for the version: nobody else knows where shells are fetched from.
const fromField = "Inlay-Dev-From"

// errNotTold: the Worker does not hand to inlay what it is asked for.
var errNotTold = errors.New("the Worker does not say its version")

func (w *worked) ask(ctx context.Context) (told, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.at.JoinPath(ownPath, "version").String(), nil)
	if err != nil {
		return told{}, err
	}
	r.Header.Set(fromField, w.shells.url)
	answer, err := w.client.Do(r)
	if err != nil {
		return told{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	var got told
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&got); err != nil {
		return told{}, errNotTold
	}
	return got, nil
}
