// Command inlay makes, runs, tests and deploys sites: inlay help.
//
// Each command is a file of its own, and thin: what it does is in internal/.
// main.go has the list of them, and what they share: -C, help, how an error is
// told, and the exit status (0; 1 for an error; 2 for a wrong use; 3 and 4 as
// commands have it; that of a program that was run in the command's place).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"inlay/internal/build"
)

// commands in the order of the help.
func commands() []*command {
	return []*command{
		newCommand,
		devCommand,
		buildCommand,
		serveCommand,
		testCommand,
		deployCommand,
		purgeCommand,
		invalidateCommand,
		statsCommand,
		topCommand,
		entriesCommand,
		versionCommand,
		helpCommand,
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main, for tests too. It gives the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	c := &call{ctx: ctx, in: in, out: out, errs: errs}
	err := c.dispatch(args)
	var status exitStatus
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 130 // as after SIGINT
	case errors.As(err, &usage):
		see := "inlay help"
		if c.command != nil && c.command != helpCommand {
			see += " " + c.command.name
		}
		fmt.Fprintf(errs, "inlay: %s; see %s\n", usage, see)
		return 2
	}
	c.tell(err)
	return 1
}

// dispatch finds the command and runs it.
func (c *call) dispatch(args []string) error {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, has := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		args = args[1:]
		switch {
		case name == "h" || name == "help":
			return c.start(helpCommand, args)
		case name == "version":
			return c.start(versionCommand, args)
		case name != "C":
			return usageErrorf("there is no option -%s before the command", name)
		case !has && len(args) == 0:
			return usageErrorf("-C lacks its folder")
		case !has:
			value, args = args[0], args[1:]
		}
		c.dir = filepath.Join(c.dir, value)
		if filepath.IsAbs(value) {
			c.dir = value
		}
	}
	if len(args) == 0 {
		printCommands(c.errs)
		return exitStatus(2)
	}
	found := lookup(args[0])
	if found == nil {
		return usageErrorf("there is no command %s", args[0])
	}
	return c.start(found, args[1:])
}

func (c *call) start(found *command, args []string) error {
	c.command, c.args = found, args
	return found.run(c)
}

// lookup is the command of a name, nil if there is none.
func lookup(name string) *command {
	for _, one := range commands() {
		if one.name == name {
			return one
		}
	}
	return nil
}

// tell prints an error: mistakes in the site's files a line each, as compilers do, with paths as seen from here.
func (c *call) tell(err error) {
	var problems build.Problems
	if !errors.As(err, &problems) {
		fmt.Fprintf(c.errs, "inlay: %v\n", err)
		return
	}
	for _, one := range problems {
		if c.root != "" && one.File != "" && !filepath.IsAbs(one.File) {
			one.File = c.fromHere(filepath.Join(c.root, filepath.FromSlash(one.File)))
		}
		fmt.Fprintln(c.errs, one)
	}
	many := "mistakes"
	if len(problems) == 1 {
		many = "mistake"
	}
	fmt.Fprintf(c.errs, "inlay: %d %s in the site's files; see above\n", len(problems), many)
}

// fromHere is a path as seen from the working directory, where that is shorter.
func (c *call) fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(here, path)
	if err != nil || len(rel) > len(path) {
		return path
	}
	return rel
}
