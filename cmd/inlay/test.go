package main

import (
	"fmt"
	"os/exec"
	"slices"

	"inlay/internal/build"
	"inlay/internal/project"
)

var testCommand = &command{
	name:  "test",
	args:  "[OPTION…]",
	short: "check wrangler.toml, the pages and the modules, and run the site's own tests",
	long: `Options are go test's, such as -run Hello or -race. Of a site with Go, go vet and go test look at all packages in the
site's folder and below, without build/ and node_modules/.`,
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
	if err := checkVariables(p); err != nil {
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
	if p.Go == project.NoGo {
		fmt.Fprintf(c.out, "%-16s none: the site has no Go\n", "go test")
		return nil
	}
	packages, err := build.Packages(c.ctx, p)
	if err != nil {
		return err
	}
	vet := exec.CommandContext(c.ctx, "go", append([]string{"vet"}, packages...)...)
	vet.Dir = p.Site
	if err := c.hand(vet); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%-16s ok, %s\n", "go vet", count(len(packages), "package"))
	test := exec.CommandContext(c.ctx, "go", slices.Concat([]string{"test"}, args, packages)...)
	test.Dir = p.Site
	return c.hand(test)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
