package harness

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Log is the purge log in a workerd of its own, which a test stops, kills and robs of its storage while the isolates go on. They
// reach it by a Durable Object that hands on what it is asked, to a server of the test that counts it and knows where the
// process is.
type Log struct {
	Addr string // host and port of that server

	t      *testing.T
	config string // the name of a file
	folder string // its storage

	mu      sync.Mutex
	process *Server // nil while it is killed
	polls   int
	purges  int
	delay   time.Duration // of each answer
	loseAck int           // answers to purges that do not arrive
}

// logEntry is what hands requests on to the one object.
const logEntry = `import { PurgeLog } from "main.mjs";
export { PurgeLog };
export default { fetch: (request, env) => env.LOG.get(env.LOG.idFromName("")).fetch(request) };`

// NewLog runs a log with an empty storage, for the length of a test.
func NewLog(t *testing.T) *Log {
	t.Helper()
	l := &Log{t: t, folder: t.TempDir()}
	config := builtConfig(t)
	config = replace(t, config, `(name = "main", worker = .worker),`,
		`(name = "main", worker = .worker), (name = "state", disk = (path = `+capnpText(l.folder)+`, writable = true)),`)
	config = replace(t, config, "  modules = [", "  modules = [\n    (name = \"log-alone.mjs\", esModule = "+capnpText(logEntry)+"),")
	config = replace(t, config, "  bindings = [", `  durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "log", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
  bindings = [
    (name = "LOG", durableObjectNamespace = "PurgeLog"),`)
	l.config = TestFile(t, "workerd.capnp", []byte(config))
	l.start()
	l.Addr = serve(t, l)
	return l
}

func (l *Log) start() {
	l.t.Helper()
	process := ServeWorkerd(l.t, Build+"/test/"+l.config, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.process = process
}

// ServeHTTP hands a request on to the process. Where that cannot be reached the connection ends without an answer.
func (l *Log) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	l.mu.Lock()
	process, delay, lose := l.process, l.delay, false
	if r.Method == http.MethodPost {
		l.purges++
		if lose = l.loseAck > 0; lose {
			l.loseAck--
		}
	} else {
		l.polls++
	}
	l.mu.Unlock()
	if process == nil {
		panic(http.ErrAbortHandler)
	}
	to, err := url.Parse(process.URL)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	(&httputil.ReverseProxy{
		Rewrite:      func(p *httputil.ProxyRequest) { p.SetURL(to) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: func(*http.Response) error {
			if lose {
				return errors.New("the answer does not arrive")
			}
			select {
			case <-time.After(delay):
				return nil
			case <-r.Context().Done():
				return r.Context().Err()
			}
		},
	}).ServeHTTP(w, r)
}

// Asked is how often the log was polled and how often it was asked to purge, by all isolates together.
func (l *Log) Asked() (polls, purges int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.polls, l.purges
}

// Slow delays each answer from now on.
func (l *Log) Slow(delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = delay
}

// LoseAnswer lets the log do what it is asked by the next purge, and the answer not arrive.
func (l *Log) LoseAnswer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loseAck++
}

// Stop stops the process as a machine does that has no time for it: connections stay, and nothing is answered.
func (l *Log) Stop() { l.signal(syscall.SIGSTOP) }

// Continue lets it go on after Stop.
func (l *Log) Continue() { l.signal(syscall.SIGCONT) }

// Kill ends the process in the midst of whatever it does.
func (l *Log) Kill() {
	l.t.Helper()
	l.signal(syscall.SIGKILL)
	l.mu.Lock()
	process := l.process
	l.process = nil
	l.mu.Unlock()
	_ = process.Cmd.Wait()
}

// Restart runs the process again after Kill, with what its storage has.
func (l *Log) Restart() {
	l.t.Helper()
	l.start()
}

// Lose removes the storage, after Kill.
func (l *Log) Lose() {
	l.t.Helper()
	require.NoError(l.t, os.RemoveAll(l.folder))
	require.NoError(l.t, os.Mkdir(l.folder, 0o700))
}

// Keep is a copy of the storage, after Kill; what is returned puts it back, after another.
func (l *Log) Keep() (putBack func()) {
	l.t.Helper()
	kept := l.t.TempDir()
	require.NoError(l.t, os.CopyFS(kept, os.DirFS(l.folder)))
	return func() {
		l.Lose()
		require.NoError(l.t, os.CopyFS(l.folder, os.DirFS(kept)))
	}
}

func (l *Log) signal(s syscall.Signal) {
	l.t.Helper()
	l.mu.Lock()
	process := l.process
	l.mu.Unlock()
	require.NoError(l.t, syscall.Kill(-process.Cmd.Process.Pid, s))
}

// capnpText is a text in a configuration.
func capnpText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
