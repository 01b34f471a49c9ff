package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"inlay/internal/project"
)

// command is one of inlay's commands.
type command struct {
	name  string
	args  string // what follows the name, for the usage line
	short string // what it does, in a line
	long  string // the rest of its help, with its options
	run   func(*call) error
}

// call is one use of a command.
type call struct {
	ctx     context.Context // ends with SIGINT and SIGTERM
	command *command
	args    []string // what follows the command's name
	in      io.Reader
	out     io.Writer
	errs    io.Writer

	dir  string // what -C says; "" is the working directory
	root string // of the project, once it is loaded
}

// exitStatus is an error that has been told already, or the status of a program that ran in the command's place.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is a wrong use of a command: exit status 2, with a pointer to its help.
type usageError string

func (e usageError) Error() string { return string(e) }

func usageErrorf(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// flags are the options that every command has: -C. A command adds its own and calls parse.
func (c *call) flags() *flag.FlagSet {
	flags := flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("C", "the `folder` of the site", c.chdir)
	return flags
}

// chdir goes to a folder, as seen from that of an earlier -C.
func (c *call) chdir(dir string) error {
	if dir == "" {
		return errors.New("it has to name a folder")
	}
	if filepath.IsAbs(dir) {
		c.dir = dir
	} else {
		c.dir = filepath.Join(c.dir, dir)
	}
	return nil
}

// parse reads the command's options, which may stand before, between and behind its other arguments, and gives those; all
// behind -- are such. max is how many there may be.
func (c *call) parse(flags *flag.FlagSet, max int) (rest []string, err error) {
	args := c.args
	for {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			printHelp(c.out, c.command)
			return nil, exitStatus(0)
		case err != nil:
			return nil, usageError(wrongFlag(err))
		}
		left := flags.Args()
		if n := len(args) - len(left); n > 0 && args[n-1] == "--" || len(left) == 0 {
			rest = append(rest, left...)
			break
		}
		rest = append(rest, left[0])
		args = left[1:]
	}
	if len(rest) > max {
		return nil, usageErrorf("%s does not take %q", c.command.name, rest[max])
	}
	return rest, nil
}

// wrongFlag is what package flag says of an option, in the words of this program.
func wrongFlag(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		return "there is no option " + name
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return name + " lacks its value"
	}
	return text
}

// passed are the arguments without -C and help, for a command that gives them to another program. All behind -- goes there
// as it is.
func (c *call) passed() (rest []string, err error) {
	for args := c.args; len(args) > 0; args = args[1:] {
		name, value, has := strings.Cut(args[0], "=")
		switch name {
		case "--":
			return append(rest, args[1:]...), nil
		case "-h", "-help", "--help":
			printHelp(c.out, c.command)
			return nil, exitStatus(0)
		case "-C", "--C":
			if !has {
				if len(args) == 1 {
					return nil, usageErrorf("-C lacks its folder")
				}
				args = args[1:]
				value = args[0]
			}
			if err := c.chdir(value); err != nil {
				return nil, usageErrorf("-C: %v", err)
			}
		default:
			rest = append(rest, args[0])
		}
	}
	return rest, nil
}

// project is the site that the command is about: where -C says, or where the command was called.
func (c *call) project() (*project.Project, error) {
	p, err := project.Load(c.dir)
	if err != nil {
		return nil, err
	}
	c.root = p.Root
	return p, nil
}
