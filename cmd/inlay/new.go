package main

import (
	"fmt"
	"path/filepath"

	"inlay/internal/scaffold"
)

var newCommand = &command{
	name:  "new",
	args:  "[--no-go] [--module NAME] [--inlay PATH] DIR",
	short: "make a site of your own in a folder that is empty",
	long: `The Worker is called as the folder, in lower case and with hyphens.

  --no-go        a site without Go, whose fragments come from a server
  --module NAME  the path of its Go module, such as example.com/shop; else as the Worker
  --inlay PATH   the checkout of inlay that its go.mod names; else that of this program.
                 A relative path is written as seen from the site.`,
	run: runNew,
}

func runNew(c *call) error {
	flags := c.flags()
	noGo := flags.Bool("no-go", false, "")
	module := flags.String("module", "", "")
	inlay := flags.String("inlay", "", "")
	rest, err := c.parse(flags, 1)
	switch {
	case err != nil:
		return err
	case len(rest) == 0:
		return usageErrorf("new lacks the folder of the site")
	case *noGo && (*module != "" || *inlay != ""):
		return usageErrorf("--no-go goes with no --module and no --inlay: such a site has no Go")
	}
	dir := rest[0]
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.dir, dir)
	}
	made, err := scaffold.Make(scaffold.Options{Dir: dir, NoGo: *noGo, Module: *module, Inlay: *inlay})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is a site now; its Worker is called %s. To see it:\n\n", rest[0], made.Worker)
	if here := c.fromHere(made.Dir); here != "." {
		fmt.Fprintf(c.out, "  cd %s\n", scaffold.ShellQuote(here))
	}
	if *noGo {
		fmt.Fprint(c.out, "  node origin.mjs &    # stands in for your server\n  inlay dev            # http://localhost:8787\n")
	} else {
		fmt.Fprint(c.out, "  go tool inlay dev    # http://localhost:8787\n")
	}
	fmt.Fprint(c.out, "\nREADME.md there has the rest.\n")
	return nil
}
