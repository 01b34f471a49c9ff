package build

import (
	"fmt"
	"strings"

	"inlay/internal/project"
)

// capnp is the configuration of a bare workerd, for a folder from which up leads to build/; core is core.wasm's path there.
func capnp(p *project.Project, modules []module, file, up, core string) ([]byte, error) {
	names, err := variables(p)
	if err != nil {
		return nil, err
	}
	rules := newRules(p)
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by inlay build. Run it from anywhere: workerd serve %s\n", file)
	b.WriteString("# Another port: --socket-addr http=127.0.0.1:PORT. Variables are taken from the environment, not from wrangler.toml:\n")
	for _, line := range wrap(strings.Join(names, ", ")+".", 118) {
		b.WriteString("# " + line + "\n")
	}
	b.WriteString(`# Nothing else that wrangler.toml has is there: no files of [assets], no KV, no D1, no R2, no Durable Object, no service.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const worker :Workerd.Worker = (
`)
	fmt.Fprintf(&b, "  compatibilityDate = %s,\n", text(p.Wrangler.CompatibilityDate))
	var flags []string
	for _, flag := range p.Wrangler.CompatibilityFlags {
		flags = append(flags, text(flag))
	}
	fmt.Fprintf(&b, "  compatibilityFlags = [%s],\n  modules = [\n", strings.Join(flags, ", "))
	for _, m := range modules { // the entry comes first
		path := up + m.name
		if m.name == "core.wasm" {
			path = up + core
		}
		fmt.Fprintf(&b, "    (name = %s, %s = embed %s),\n", text(m.name), capnpKind(rules.kind(m.name)), text(path))
	}
	b.WriteString("  ],\n  bindings = [\n")
	for _, name := range names {
		fmt.Fprintf(&b, "    (name = %s, fromEnvironment = %s),\n", text(name), text(name))
	}
	b.WriteString("  ],\n);\n")
	return []byte(b.String()), nil
}

// capnpKind is what workerd calls what wrangler uploads as a kind.
func capnpKind(kind string) string {
	switch kind {
	case "ESModule":
		return "esModule"
	case "CommonJS":
		return "commonJsModule"
	case "CompiledWasm":
		return "wasm"
	case "Text":
		return "text"
	}
	return "data"
}

// text is a string as Cap'n Proto writes it.
func text(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// wrap breaks a line at its spaces, so that none is longer than width if it need not be.
func wrap(s string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
