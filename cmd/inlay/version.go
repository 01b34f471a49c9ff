package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"inlay/internal/corewasm"
	"inlay/internal/project"
	"inlay/internal/wrangler"
	"inlay/worker"
)

var versionCommand = &command{
	name:  "version",
	short: "print the versions of inlay and of what it runs",
	long: `That of the core is the begin of its digest in worker/core.record. Node is the one on PATH, and wrangler that of the site, if
there is one here.`,
	run: runVersion,
}

func runVersion(c *call) error {
	if _, err := c.parse(c.flags(), 0); err != nil {
		return err
	}
	record, err := corewasm.Core().ParseRecord(worker.Record)
	if err != nil {
		return err
	}
	line := func(name, what string) { fmt.Fprintf(c.out, "%-9s %s\n", name, what) }
	line("inlay", version())
	line("core.wasm", fmt.Sprintf("%.12s, by %s", record.Wasm, &record.Tools))
	line("go", strings.TrimPrefix(runtime.Version(), "go"))
	if node := wrangler.NodeVersion(c.ctx); node != "" {
		line("node", node)
	} else {
		line("node", "none on PATH")
	}
	p, err := project.Load(c.dir)
	if err != nil {
		return nil // there is no site here, which is no error
	}
	if w := wrangler.Installed(c.ctx, p); w != nil {
		line("wrangler", w.Version)
	} else {
		line("wrangler", "not installed; inlay dev and inlay deploy let npm bring it")
	}
	return nil
}

// version is that of the module inlay, which this program is built from or depends on.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != "inlay" {
			continue
		}
		if m.Replace != nil && m.Replace.Version == "" {
			return m.Version + ", from " + m.Replace.Path
		}
		return m.Version
	}
	return "(unknown)"
}
