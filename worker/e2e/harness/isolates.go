package harness

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// Beyond is what lies beyond the memory of isolates that StartIsolates runs. What is nil is not bound.
type Beyond struct {
	Log  *Log // the purge log, in a process of its own
	Home bool // the purge log, in the isolates' workerd; nothing is counted, and nothing can be stopped
	Colo *Colo
	KV   *KV

	Region     *Region // a region's objects, in a process of their own
	RegionHome bool    // they, in the isolates' workerd

	Isolates int                        // 0: two
	Pages    []edge.Page                // in place of the site's
	Change   func(config string) string // of the configuration; nil: none
}

// relay is the Durable Object by which isolates reach a log in another process.
const relay = `export class PurgeLog {
  constructor(ctx, env) { this.env = env; }
  fetch(request) { return this.env.LOG.fetch(request); }
}
export default { fetch: () => new Response(null, { status: 404 }) };`

// StartIsolates runs one bare workerd with several services of the same Worker, each of which is an isolate with a socket of
// its own: one data centre of which a test can choose who answers. env are variables, as NAME=VALUE.
func StartIsolates(t *testing.T, b Beyond, env ...string) []*Server {
	t.Helper()
	config := builtConfig(t)
	if b.Pages != nil {
		config = EmbedPages(t, b.Pages...)(config)
	}
	var services, sockets, bindings []string
	var names []string
	for i := range cmp.Or(b.Isolates, 2) {
		name := fmt.Sprintf("isolate%d", i)
		names = append(names, name)
		services = append(services, `(name = "`+name+`", worker = .worker)`)
		sockets = append(sockets, `(name = "`+name+`", address = "127.0.0.1:0", http = (), service = "`+name+`")`)
	}
	external := func(name, addr string) {
		services = append(services, `(name = "`+name+`", external = (address = "`+addr+`", http = ()))`)
	}
	hub := ""
	if b.Log != nil {
		external("log", b.Log.Addr)
		hub = `const hub :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [(name = "relay.mjs", esModule = ` + capnpText(relay) + `)],
  durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "relay", enableSql = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "LOG", service = "log")],
);
`
	}
	if b.Home {
		services = append(services, `(name = "state", disk = (path = `+capnpText(t.TempDir())+`, writable = true))`)
		_, worker, ok := strings.Cut(config, "const worker :Workerd.Worker = (")
		require.True(t, ok)
		hub = "const hub :Workerd.Worker = (\n" + `  durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "log", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),` + worker
	}
	if b.Log != nil || b.Home {
		services = append(services, `(name = "hub", worker = .hub)`)
		bindings = append(bindings, `(name = "INLAY_LOG", durableObjectNamespace = (className = "PurgeLog", serviceName = "hub"))`)
	}
	if b.Region != nil {
		external("region", b.Region.Addr)
		bindings = append(bindings, `(name = "INLAY_REGION", service = "region")`)
	}
	if b.RegionHome {
		hub += regionHome(t, config)
		services = append(services, `(name = "shards", worker = .shards)`)
		bindings = append(bindings, `(name = "INLAY_REGION", durableObjectNamespace = (className = "RegionFill", serviceName = "shards"))`)
	}
	outbound := ""
	if b.Colo != nil {
		external("colo", b.Colo.Addr)
		outbound = "  cacheApiOutbound = \"colo\",\n"
	}
	if b.KV != nil {
		external("kv", b.KV.Addr)
		bindings = append(bindings, `(name = "INLAY_KV", kvNamespace = "kv")`)
	}

	before, _, ok := strings.Cut(config, "  services = [")
	require.True(t, ok)
	_, after, ok := strings.Cut(config, "const worker :Workerd.Worker = (")
	require.True(t, ok)
	after = replace(t, after, "  bindings = [", outbound+"  bindings = [\n    "+strings.Join(append(bindings, ""), ",\n    "))
	config = before + `  services = [
    ` + strings.Join(services, ",\n    ") + `,
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [` + strings.Join(sockets, ", ") + `],
);

const worker :Workerd.Worker = (` + after + hub
	if b.Change != nil {
		config = b.Change(config)
	}
	process, urls := serveSockets(t, Build+"/test/"+TestFile(t, "workerd.capnp", []byte(config)), env, names)
	var isolates []*Server
	for _, name := range names {
		one := *process
		one.URL = urls[name]
		isolates = append(isolates, &one)
	}
	return isolates
}

// builtConfig is the configuration of the tests' site with the core that has exports for tests.
func builtConfig(t *testing.T) string {
	t.Helper()
	built, err := os.ReadFile(Build + "/test/workerd.capnp")
	require.NoError(t, err)
	return string(built)
}

// replace replaces what a text has once.
func replace(t *testing.T, text, old, with string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q in:\n%s", old, text)
	return strings.Replace(text, old, with, 1)
}
