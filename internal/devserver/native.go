package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"inlay/internal/build"
	"inlay/internal/project"
)

// native serves the site as a program of this machine. A new version is started
// beside the old one, and takes its place when it listens; the old one then ends
// what it has begun.
type native struct {
	out *printer
	env string // of wrangler.toml; "" is the top level
	// vars are in place of all others.
	vars map[string]string
	// inlay is this program, which serves sites that have no Go.
	inlay string

	running *process
	retired []*process // that may still have requests
	stamp   string     // of the program that runs
	last    *lastLines
}

// drains is how long a version that has been replaced may take for the requests
// that it has.
const drains = 10 * time.Second

func (n *native) what() string { return "building the site" }

func (n *native) build(ctx context.Context, p *project.Project, todo work) error {
	var inPages, inCode error
	var both sync.WaitGroup
	if p.Go != project.GoOrigin {
		// A mistake in a page is told with its place, and not by the program.
		both.Go(func() { _, inPages = build.ReadPages(p) })
	}
	if p.Go != project.NoGo && todo.code {
		both.Go(func() { inCode = build.Program(ctx, p, nativeProgram(p)) })
	}
	both.Wait()
	var problems, more project.Problems
	if errors.As(inPages, &problems) && errors.As(inCode, &more) {
		return append(problems, more...)
	}
	return cmp.Or(inPages, inCode)
}

func nativeProgram(p *project.Project) string { return filepath.Join(p.Build(), "native", "dev") }

// nativeListens is what a site's program writes once it listens.
var nativeListens = regexp.MustCompile(`^listening on (http://\S+)$`)

func (n *native) serve(ctx context.Context, p *project.Project, todo work, _ string) (served, error) {
	prog, stamp := program{path: nativeProgram(p), dir: p.Root}, ""
	if p.Go == project.NoGo {
		prog.path, prog.args = n.inlay, []string{"serve", "-C", p.Root}
	} else {
		info, err := os.Stat(prog.path)
		if err != nil {
			return served{}, err
		}
		stamp = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		if p.Go == project.GoMain {
			prog.args = []string{"-from", p.Pages()} // so that nothing is compiled for a shell
		} else {
			todo.shells = false // they are in the program
		}
		if n.running != nil && !n.running.over() && stamp == n.stamp && !todo.restart && !todo.shells {
			return served{}, nil
		}
	}
	prog.args = append(prog.args, "-listen", "127.0.0.1:0") // it says which port it got
	if public := publicOf(p); public != "" {
		prog.args = append(prog.args, "-public", public)
	}
	var err error
	if prog.env, err = n.environ(p); err != nil {
		return served{}, err
	}
	ready := make(chan *url.URL, 1)
	last, listens := &lastLines{}, false
	prog.line = func(text string) {
		found := nativeListens.FindStringSubmatch(text)
		switch {
		case listens:
			n.out.line(text)
		case found != nil:
			if at, err := url.Parse(found[1]); err == nil {
				if words := last.text(); words != "" {
					n.out.line(words)
				}
				listens = true
				ready <- at
				return
			}
		}
		last.add(text) // what it says before it listens may be why it does not
	}
	next, err := start(prog)
	if err != nil {
		return served{}, err
	}
	select {
	case at := <-ready:
		n.retire()
		n.running, n.stamp, n.last = next, stamp, last
		return served{at: at, changed: true}, nil
	case <-next.done:
		text := last.text()
		if text == "" {
			text = fmt.Sprint(next.err)
		}
		return served{}, trace(p, "the site's program has ended before it listened: "+text)
	case <-ctx.Done():
		next.stop(0)
		return served{}, ctx.Err()
	case <-time.After(startsWithin):
		next.stop(0)
		return served{}, errors.New("the site's program does not listen: main has to call app.Main(pages, handler)")
	}
}

// publicOf is the folder of files that are served as they are; "" if there is none.
func publicOf(p *project.Project) string {
	if p.Wrangler.Assets == "" {
		return ""
	}
	folder := filepath.Join(p.Root, filepath.FromSlash(p.Wrangler.Assets))
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return ""
	}
	return folder
}

// environ is what the program gets: the variables of wrangler.toml, those of
// .dev.vars in their place, and those of this process in place of both, and those it was called with.
func (n *native) environ(p *project.Project) ([]string, error) {
	vars := map[string]string{"INLAY_DEV": "1"}
	of, err := varsOf(p, n.env)
	if err != nil {
		return nil, err
	}
	maps.Copy(vars, of)
	for _, one := range os.Environ() {
		if name, value, ok := strings.Cut(one, "="); ok && name != "" {
			vars[name] = value
		}
	}
	maps.Copy(vars, n.vars)
	var env []string
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	return env, nil
}

// varsOf are the variables that wrangler.toml has for an environment, "" for its
// top level, with those of .dev.vars in their place.
func varsOf(p *project.Project, env string) (map[string]string, error) {
	of := p.Wrangler.Vars
	if env != "" {
		one, ok := p.Wrangler.Environments[env]
		if !ok {
			return nil, project.Problems{{File: project.ConfigName, Msg: "there is no [env." + env + "], which --env names"}}
		}
		of = one.Vars
	}
	secrets, err := p.DevVars(env)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(of)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, secrets)
	return all, nil
}

// retire lets what runs end what it has begun.
func (n *native) retire() {
	n.retired = slices.DeleteFunc(n.retired, (*process).over)
	if old := n.running; old != nil {
		n.running = nil
		n.retired = append(n.retired, old)
		go old.stop(drains)
	}
}

func (n *native) over() <-chan struct{} {
	if n.running == nil {
		return nil
	}
	return n.running.done
}

func (n *native) ended() error {
	text := n.last.text()
	if text == "" {
		text = fmt.Sprint(n.running.err)
	}
	return fmt.Errorf("the site's program has ended: %s", text)
}

func (n *native) stop() {
	for _, old := range n.retired {
		old.stop(0)
	}
	if n.running != nil {
		n.running.stop(hardAfter)
		n.running = nil
	}
}
