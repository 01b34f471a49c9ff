package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// isolate is one of several services of inlay's Worker in one workerd, each with a socket of its name: what is bound to it,
// and its variables.
type isolate struct {
	name string
	log  string // host and port of the purge log; empty: none is bound
	colo bool   // the data centre's cache
	kv   bool
	app  string // app.wasm answers the fragments, no remote origin: that of workers/app or workers/serve
	vars map[string]string
}

// startIsolates runs them in one workerd. colo and kv are hosts and ports.
func (p *places) startIsolates(o *origin, colo, kv string, isolates ...isolate) (*workerd, error) {
	built, err := p.built()
	if err != nil {
		return nil, err
	}
	var services, sockets, consts strings.Builder
	var names []string
	external := func(name, addr string) {
		fmt.Fprintf(&services, "    (name = %q, external = (address = %q, http = ())),\n", name, addr)
	}
	external("the cache", colo)
	external("the store", kv)
	for i, of := range isolates {
		id := "isolate" + strconv.Itoa(i)
		names = append(names, of.name)
		fmt.Fprintf(&services, "    (name = %q, worker = .%s),\n", of.name, id)
		fmt.Fprintf(&sockets, "    (name = %q, address = \"127.0.0.1:0\", http = (), service = %q),\n", of.name, of.name)
		var bound string
		if of.log != "" {
			external("log of "+of.name, of.log)
			bound += fmt.Sprintf("    (name = \"INLAY_LOG\", service = %q),\n", "log of "+of.name)
		}
		if of.kv {
			bound += "    (name = \"INLAY_KV\", kvNamespace = \"the store\"),\n"
		}
		outbound := ""
		if of.colo {
			outbound = "  cacheApiOutbound = \"the cache\",\n"
		}
		worker, err := replaceOnce(built.inlay, "  bindings = [\n", outbound+"  bindings = [\n"+bound)
		if err != nil {
			return nil, err
		}
		vars := map[string]string{"INLAY_ORIGIN": o.URL}
		for name, value := range of.vars {
			vars[name] = value
		}
		if of.app != "" {
			delete(vars, "INLAY_ORIGIN")
			if worker, err = of.withApp(p, worker); err != nil {
				return nil, err
			}
		}
		for name, value := range vars {
			if worker, err = replaceOnce(worker, fmt.Sprintf("fromEnvironment = %q", name), fmt.Sprintf("text = %q", value)); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&consts, "\nconst %s :Workerd.Worker = %s", id, worker)
	}
	text := "using Workerd = import \"/workerd/workerd.capnp\";\n\nconst config :Workerd.Config = (\n  services = [\n" + services.String() +
		"    (name = \"internet\", network = (allow = [\"public\", \"private\"])),\n  ],\n  sockets = [\n" + sockets.String() + "  ],\n);\n" + consts.String()
	config := filepath.Join(p.out, "isolates.capnp")
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return p.serve(config, nil, nil, names...)
}

var appModule = regexp.MustCompile(`wasm = embed "[^"]*app\.wasm"`)

// withApp has the Worker answer fragments with the handlers of workers/handlers.
func (of *isolate) withApp(p *places, worker string) (string, error) {
	name := of.app + ".wasm"
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(p.out, name), "./workers/"+of.app)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return replaceOnce(worker, appModule.FindString(worker), fmt.Sprintf("wasm = embed %q", name))
}

// logEntry is what hands requests on to the one object.
const logEntry = `import { PurgeLog } from "purge-log.mjs";
export { PurgeLog };
export default { fetch: (request, env) => env.LOG.get(env.LOG.idFromName("log")).fetch(request) };`

// startLog runs the purge log in a workerd of its own, with an empty storage on disk, on the socket "log".
func (p *places) startLog() (*workerd, error) {
	built, err := p.built()
	if err != nil {
		return nil, err
	}
	state := filepath.Join(p.out, "log")
	if err := os.RemoveAll(state); err != nil {
		return nil, err
	}
	if err := os.Mkdir(state, 0o755); err != nil {
		return nil, err
	}
	module, err := filepath.Rel(p.out, filepath.Join(p.root, "build", "purge-log.mjs"))
	if err != nil {
		return nil, err
	}
	config := filepath.Join(p.out, "log.capnp")
	text := fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "log", worker = .log), (name = "state", disk = (path = %q, writable = true))],
  sockets = [(name = "log", address = "127.0.0.1:0", http = (), service = "log")],
);

const log :Workerd.Worker = (
  compatibilityDate = %s,
  modules = [(name = "main.mjs", esModule = %q), (name = "purge-log.mjs", esModule = embed %q)],
  durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "log", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
  bindings = [(name = "LOG", durableObjectNamespace = "PurgeLog")],
);
`, state, built.date, logEntry, filepath.ToSlash(module))
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return p.serve(config, nil, nil, "log")
}
