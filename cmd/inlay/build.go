package main

import "inlay/internal/build"

var buildCommand = &command{
	name:  "build",
	args:  "[--test | --native -o FILE]",
	short: "make build/, which is what a Worker runs",
	long: `  --native   compile the site into one program for this machine instead, which serves it without Wasm
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
	if *native != (*output != "") {
		return usageErrorf("--native and -o FILE go together")
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	if *native {
		return build.Native(c.ctx, p, *output)
	}
	_, err = build.Run(c.ctx, p, build.Options{Test: *test})
	return err
}
