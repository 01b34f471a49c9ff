package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

var versionCommand = &command{
	name:  "version",
	short: "print the versions of inlay and of what it runs",
	run:   runVersion,
}

func runVersion(c *call) error {
	if _, err := c.parse(c.flags(), 0); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "inlay %s, built by %s\n", version(), runtime.Version())
	return nil
}

// version is that of the module inlay, which this program is built from or depends on.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	modules := append([]*debug.Module{&info.Main}, info.Deps...)
	for _, m := range modules {
		if m.Path == "inlay" {
			return m.Version
		}
	}
	return "(unknown)"
}
