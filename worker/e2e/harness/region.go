package harness

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Region is a region's objects in a workerd of their own, which a test stops and kills while the isolates go on. They reach it as
// a service, by a server of the test that counts their calls.
type Region struct {
	Addr string // host and port of that server

	t      *testing.T
	config string // the name of a file
	env    []string

	mu      sync.Mutex
	process *Server // nil while it is killed
	calls   int
}

// regionEntry is what hands requests on to the object that their path names.
const regionEntry = `import { RegionFill } from "main.mjs";
export { RegionFill };
export default { fetch: (request, env) => env.REGION.get(env.REGION.idFromName(new URL(request.url).pathname)).fetch(request) };`

// NewRegion runs the objects for the length of a test. env are variables, as NAME=VALUE.
func NewRegion(t *testing.T, env ...string) *Region {
	t.Helper()
	r := &Region{t: t, env: env}
	config := builtConfig(t)
	config = replace(t, config, "  modules = [", "  modules = [\n    (name = \"region-alone.mjs\", esModule = "+capnpText(regionEntry)+"),")
	config = replace(t, config, "  bindings = [", `  durableObjectNamespaces = [(className = "RegionFill", uniqueKey = "region")],
  durableObjectStorage = (inMemory = void),
  bindings = [
    (name = "REGION", durableObjectNamespace = "RegionFill"),`)
	r.config = TestFile(t, "workerd.capnp", []byte(config))
	r.Restart()
	r.Addr = serve(t, r)
	return r
}

// Restart runs the process, again after Kill.
func (r *Region) Restart() {
	r.t.Helper()
	process := ServeWorkerd(r.t, Build+"/test/"+r.config, r.env)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process = process
}

// ServeHTTP hands a call on to the process, and each frame as it comes. Where that cannot be reached the connection ends.
func (r *Region) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.mu.Lock()
	process := r.process
	r.calls++
	r.mu.Unlock()
	if process == nil {
		panic(http.ErrAbortHandler)
	}
	to, err := url.Parse(process.URL)
	if err != nil {
		panic(err)
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	(&httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0), // that a process which was killed breaks off is no news
	}).ServeHTTP(w, q)
}

// Calls is how often the objects were asked.
func (r *Region) Calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// Log is what the process has written.
func (r *Region) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process.Log()
}

// Stop stops the process: connections stay, and nothing is answered.
func (r *Region) Stop() { r.signal(syscall.SIGSTOP) }

// Continue lets it go on after Stop.
func (r *Region) Continue() { r.signal(syscall.SIGCONT) }

// Kill ends the process in the midst of whatever it does.
func (r *Region) Kill() {
	r.t.Helper()
	r.signal(syscall.SIGKILL)
	r.mu.Lock()
	process := r.process
	r.process = nil
	r.mu.Unlock()
	_ = process.Cmd.Wait()
}

func (r *Region) signal(s syscall.Signal) {
	r.t.Helper()
	r.mu.Lock()
	process := r.process
	r.mu.Unlock()
	require.NoError(r.t, syscall.Kill(-process.Cmd.Process.Pid, s))
}

// regionHome is a Worker of the same modules, for a configuration, that has the objects in the isolates' own workerd.
func regionHome(t *testing.T, config string) string {
	t.Helper()
	_, worker, ok := strings.Cut(config, "const worker :Workerd.Worker = (")
	require.True(t, ok)
	return "const shards :Workerd.Worker = (\n" + `  durableObjectNamespaces = [(className = "RegionFill", uniqueKey = "region")],
  durableObjectStorage = (inMemory = void),` + worker
}
