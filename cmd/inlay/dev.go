package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"inlay/internal/devserver"
)

var devCommand = &command{
	name:  "dev",
	args:  "[--native] [--port N] [--ip ADDRESS] [--env NAME] [--everywhere] [--var NAME:VALUE]… [-- OPTION…]",
	short: "serve the site while it is being written, on http://localhost:8787",
	long: `It builds what is saved, and the pages that are open load it by themselves. A mistake is shown in the browser as long as
it is there, with its place. The site runs as a Worker, in wrangler dev; what follows -- are options of that.

  --native          as a program of this machine instead, without Wasm, wrangler and Node
  --port N          listen on another port; else on $PORT, if that is set. 0 is any that is free
  --ip ADDRESS      listen on another address than this machine's own, such as 0.0.0.0, so that others can look
  --env NAME        with the variables and bindings of [env.NAME] of wrangler.toml
  --everywhere      with the log of purges, the data centre's cache and KV, as if wrangler.toml had all of their bindings
  --var NAME:VALUE  with this variable, whatever files say; there may be several

Variables are those of [vars] in wrangler.toml, and of .dev.vars beside it in their place, which is the file for secrets;
of .dev.vars.NAME with --env NAME, if there is one. INLAY_DEV is 1 unless they say otherwise. Ctrl-C ends all of it.`,
	run: runDev,
}

func runDev(c *call) error {
	flags := c.flags()
	native := flags.Bool("native", false, "")
	port := flags.String("port", "", "")
	ip := flags.String("ip", "", "")
	env := flags.String("env", "", "")
	everywhere := flags.Bool("everywhere", false, "")
	vars := map[string]string{}
	flags.Func("var", "", func(text string) error {
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" {
			return errors.New("it is NAME:VALUE")
		}
		vars[name] = value
		return nil
	})
	args, err := c.parse(flags, 1<<20)
	if err != nil {
		return err
	}
	if len(args) > 0 && *native {
		return usageErrorf("--native runs no wrangler, so there are no options for it: %q", args[0])
	}
	if *native && *everywhere {
		return usageErrorf("--native runs one process, which has no bindings; leave out --everywhere")
	}
	for _, arg := range args {
		if name, _, _ := strings.Cut(arg, "="); *everywhere && (name == "--config" || name == "-c") {
			return usageErrorf("--everywhere gives wrangler a configuration of its own; leave out %s", name)
		}
	}
	if len(args) > 0 && args[0][0] != '-' {
		return usageErrorf("dev does not take %q; options of wrangler follow --", args[0])
	}
	n, err := portOf(*port, os.Getenv("PORT"))
	if err != nil {
		return err
	}
	p, err := c.project()
	if err != nil {
		return err
	}
	return devserver.Run(c.ctx, devserver.Options{
		Project: p, Native: *native, Host: *ip, Port: n, Env: *env, Vars: vars, Everywhere: *everywhere, Args: args, Out: c.out,
		Path: func(file string) string {
			if filepath.IsAbs(file) {
				return file
			}
			return c.fromHere(filepath.Join(p.Root, filepath.FromSlash(file)))
		},
	})
}

// defaultPort is the one that wrangler has too.
const defaultPort = 8787

// portOf is the port that an option or the environment names.
func portOf(option, variable string) (int, error) {
	name, text := "--port", option
	if text == "" {
		name, text = "PORT", variable
	}
	if text == "" {
		return defaultPort, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 65535 {
		return 0, usageErrorf("%s is %q, and has to be a port, from 0 to 65535", name, text)
	}
	return n, nil
}
