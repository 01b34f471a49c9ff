package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"inlay/edge"
	"inlay/internal/build"
	"inlay/internal/project"
	"inlay/worker/app"
)

var serveCommand = &command{
	name:  "serve",
	args:  "[OPTION…]",
	short: "serve the site natively, without Wasm, on http://127.0.0.1:8787",
	long: `The port is $PORT, and the address $ADDR, if those are set. A variable is taken from the environment; what that lacks, from
.dev.vars, and then from [vars] of wrangler.toml. A site with Go becomes one program, in build/native/, whose options are:

  -listen ADDR  another address, such as :8080
  -health       ask the server that listens there whether it answers
  -origin       serve the site's handlers alone, for the INLAY_ORIGIN of a Worker
  -check        parse the pages and the variables, and say what is wrong

SIGTERM lets requests end, for 10 s at most; a second one does not wait.`,
	run: runServe,
}

func runServe(c *call) error {
	args, err := c.passed()
	if err != nil {
		return err
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	secrets, err := p.DevVars("")
	if err != nil {
		return err
	}
	env := environ(secrets, p.Wrangler.Vars)
	if assets := p.Wrangler.Assets; assets != "" {
		args = append([]string{"-public", filepath.Join(p.Root, filepath.FromSlash(assets))}, args...)
	}
	if p.Go == project.NoGo {
		return servePages(p, args, env, c.errs)
	}
	program := filepath.Join(p.Build(), "native", "site")
	if err := build.Program(c.ctx, p, program); err != nil {
		return err
	}
	// In this process, which so gets the signals that are meant for the server.
	return syscall.Exec(program, append([]string{program}, args...), env)
}

// servePages serves a site that has nothing to compile. It does not return.
func servePages(p *project.Project, args, env []string, errs io.Writer) error {
	all, err := build.ReadPages(p)
	if err != nil {
		return err
	}
	slots := 0
	for i := range all {
		for _, slot := range all[i].Slots {
			if strings.HasPrefix(slot.Src, "/") {
				slots++
			}
		}
	}
	os.Clearenv()
	for _, one := range env {
		name, value := cutVariable(one)
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	switch {
	case os.Getenv("INLAY_ORIGIN") != "":
	case len(all) == 0:
		return errNothing
	case slots > 0:
		fmt.Fprintln(errs, "inlay: INLAY_ORIGIN is not set, and the site has no Go: nobody answers its fragments")
	}
	os.Args = append([]string{"inlay serve"}, args...)
	if _, err := os.Stat(p.Pages()); errors.Is(err, fs.ErrNotExist) {
		app.MainOf(func() ([]edge.Page, error) { return nil, nil }, http.NotFoundHandler())
		return nil
	}
	app.Main(os.DirFS(p.Pages()), http.NotFoundHandler())
	return nil
}

// errNothing is told of a folder that has only a wrangler.toml, which does not say whose pages there are.
var errNothing = errors.New("nothing answers: the site has no pages and no Go, and INLAY_ORIGIN, the URL of the server that it is in front of, is not set; " +
	`in wrangler.toml: vars = { INLAY_ORIGIN = "https://…" }`)

// cutVariable takes NAME=VALUE apart; a name may begin with =, as on Windows.
func cutVariable(one string) (name, value string) {
	for i := 1; i < len(one); i++ {
		if one[i] == '=' {
			return one[:i], one[i+1:]
		}
	}
	return one, ""
}
