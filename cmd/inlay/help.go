package main

import (
	"fmt"
	"io"
)

var helpCommand = &command{
	name:  "help",
	args:  "[COMMAND]",
	short: "print this, or what a command does",
}

func init() { helpCommand.run = runHelp } // it looks the command up, so it cannot be named above

func runHelp(c *call) error {
	args, err := c.parse(c.flags(), 1)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		printCommands(c.out)
		return nil
	}
	found := lookup(args[0])
	if found == nil {
		return usageErrorf("there is no command %s", args[0])
	}
	printHelp(c.out, found)
	return nil
}

func printCommands(w io.Writer) {
	fmt.Fprint(w, "usage: inlay COMMAND [-C DIR] …\n\n")
	for _, one := range commands() {
		fmt.Fprintf(w, "  %-11s %s\n", one.name, one.short)
	}
	fmt.Fprint(w, "\nA command is about the site in the folder where it is called, or in the nearest above that has a wrangler.toml;\n-C DIR is as if it were called in DIR. What a command takes: inlay help COMMAND.\n")
}

func printHelp(w io.Writer, one *command) {
	fmt.Fprintf(w, "usage: inlay %s [-C DIR]", one.name)
	if one.args != "" {
		fmt.Fprint(w, " "+one.args)
	}
	fmt.Fprintf(w, "\n\n%s.\n", capital(one.short))
	if one.long != "" {
		fmt.Fprintf(w, "\n%s\n", one.long)
	}
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
