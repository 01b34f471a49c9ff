package main

import (
	"fmt"
	"io"
	"path/filepath"

	"inlay/internal/build"
)

var buildCommand = &command{
	name:  "build",
	args:  "[--test | --native -o FILE]",
	short: "make build/, which is what a Worker runs",
	long: `It prints what the Worker consists of. What is up to date is left as it is. Programs of the site's own that
//go:generate go run ./DIR names are run first, if they or the release of Go have changed.

  --native   compile the site into one program for this machine instead, which serves it without Wasm
  -o FILE    where that goes
  --test     make build/test/ as well, a Worker whose core has exports for tests; in inlay's own repository alone`,
	run: runBuild,
}

func runBuild(c *call) error {
	flags := c.flags()
	test := flags.Bool("test", false, "")
	native := flags.Bool("native", false, "")
	output := flags.String("o", "", "")
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	if *native != (*output != "") || *native && *test {
		return usageErrorf("--native and -o FILE go together, and without --test")
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	if *native {
		program := *output
		if !filepath.IsAbs(program) {
			program = filepath.Join(c.dir, program)
		}
		if program, err = filepath.Abs(program); err != nil {
			return err
		}
		return build.Release(c.ctx, p, program)
	}
	result, err := build.Run(c.ctx, p, build.Options{Test: *test})
	if err != nil {
		return err
	}
	sizes, err := build.Sizes(p, result.Modules)
	if err != nil {
		return err
	}
	printSizes(c.out, sizes)
	return nil
}

func printSizes(w io.Writer, sizes []build.Size) {
	all := build.Size{Name: "all"}
	for _, s := range sizes {
		all.Raw += s.Raw
		all.Gzipped += s.Gzipped
	}
	for _, s := range append(sizes, all) {
		fmt.Fprintf(w, "  %-20s%8.1f KiB%8.1f KiB gzipped\n", s.Name, float64(s.Raw)/1024, float64(s.Gzipped)/1024)
	}
}
