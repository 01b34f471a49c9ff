package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"inlay/internal/build"
	"inlay/internal/project"
	"inlay/internal/wrangler"
)

var testCommand = &command{
	name:  "test",
	args:  "[OPTION…]",
	short: "check wrangler.toml, the pages and the modules, and run the site's own tests",
	long: `Of a site with Go, go vet and go test look at all packages in the site's folder and below, without build/ and node_modules/;
options are go test's, such as -run Hello or -race. If package.json has a script test, npm runs that too; options of a site
without Go are for it.`,
	run: runTest,
}

func runTest(c *call) error {
	args, err := c.passed()
	if err != nil {
		return err
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := checkConfiguration(p); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%-16s ok, %s\n", project.ConfigName, count(1+len(p.Wrangler.Environments), "environment"))
	if err := build.Generate(c.ctx, p); err != nil {
		return err
	}
	found, err := build.Check(c.ctx, p)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%-16s ok, %s\n", "pages", count(found.Pages, "page"))
	fmt.Fprintf(c.out, "%-16s ok, %s\n", "the Worker", count(found.Modules, "module"))
	if p.Go != project.NoGo {
		if err := c.testGo(p, args); err != nil {
			return err
		}
		args = nil // they were go test's
	} else if !wrangler.HasTest(p.Root) {
		fmt.Fprintf(c.out, "%-16s none: the site has no Go, and package.json no script test\n", "tests")
	}
	if !wrangler.HasTest(p.Root) {
		return nil
	}
	npm := exec.CommandContext(c.ctx, "npm", append([]string{"run", "--silent", "test", "--"}, args...)...)
	npm.Dir = p.Root
	if npm.Err != nil {
		return errors.New("package.json has a script test, and there is no npm on PATH; it comes with node, from https://nodejs.org/")
	}
	return c.hand(npm)
}

// testGo lets Go look at the site's packages: as a program of this machine, as app.wasm, and by their tests.
func (c *call) testGo(p *project.Project, args []string) error {
	packages, err := build.Packages(c.ctx, p)
	if err != nil {
		return err
	}
	vet := func(label string, packages []string, env ...string) error {
		cmd := exec.CommandContext(c.ctx, "go", append([]string{"vet"}, packages...)...)
		cmd.Dir, cmd.Env = p.Site, append(os.Environ(), env...)
		if err := c.hand(cmd); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%-16s ok, %s\n", label, count(len(packages), "package"))
		return nil
	}
	if err := vet("go vet", packages); err != nil {
		return err
	}
	// -trimpath is what app.wasm is built with: what the one has compiled the other need not.
	if err := vet("go vet for Wasm", []string{"."}, "GOOS=js", "GOARCH=wasm", "GOFLAGS="+os.Getenv("GOFLAGS")+" -trimpath"); err != nil {
		return err
	}
	// Options come last: what go test does not know is for the tests, and would take a package for its value.
	cmd := exec.CommandContext(c.ctx, "go", slices.Concat([]string{"test"}, packages, args)...)
	cmd.Dir = p.Site
	return c.hand(cmd)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
