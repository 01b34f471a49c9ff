package harness

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ReadyWithin is how long a server may take until it listens: wrangler needs 3 s alone on two cores, and far longer beside
// other work.
const ReadyWithin = 60 * time.Second

// Server is a server under test, listening on a port of its own on the loopback interface. It ends with its test.
type Server struct {
	URL       string    // http://127.0.0.1:PORT
	Cmd       *exec.Cmd // what Start ran; nil for one that At was told of
	Inspector int       // the port of its inspector, if it was started with one

	t   *testing.T
	log *syncBuffer
}

// At is a server that the test itself runs, in its own process.
func At(t *testing.T, url string) *Server { return &Server{URL: url, t: t, log: &syncBuffer{}} }

// Start runs a command in a process group of its own, and sees to it that nothing of the group outlives the test, however
// the test ends: when this process goes without a cleanup, as in a panic, the guard reads the end of its input.
//
// env is added to Environ, as NAME=VALUE; files are the command's descriptors from 3 on.
func Start(t *testing.T, cmd *exec.Cmd, env []string, files ...*os.File) *Server {
	t.Helper()
	s := &Server{t: t, Cmd: cmd, log: &syncBuffer{}}
	cmd.Env = append(Environ(), env...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.ExtraFiles = files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	require.NoError(t, cmd.Start())

	group := cmd.Process.Pid
	guard := exec.Command("sh", "-c", "read -r _; kill -9 -"+strconv.Itoa(group))
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := guard.StdinPipe()
	if err == nil {
		err = guard.Start()
	}
	t.Cleanup(func() {
		if guard.Process != nil {
			_ = guard.Process.Kill()
			_ = alive.Close()
			_ = guard.Wait()
		}
		// A workerd with a request that hangs ignores SIGTERM.
		_ = syscall.Kill(-group, syscall.SIGKILL)
		_ = cmd.Wait()
		assert.NotContains(t, s.Log(), "the engine itself", "the engine keeps its own rules: see worker/core/inlaytest.go")
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(cmd.Args, " "), s.Log())
		}
	})
	require.NoError(t, err)
	return s
}

// ServeReady is what ./build.sh serve prints once it listens.
var ServeReady = regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`)

// Listens waits until the server has said where, in the first group of ready.
func (s *Server) Listens(ready *regexp.Regexp) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		at := ready.FindStringSubmatch(s.Log())
		if at != nil {
			s.URL = at[1]
		}
		return at != nil
	}, ReadyWithin, 20*time.Millisecond, "it did not listen")
}

// End ends the server as one at a terminal does, and waits for it.
func (s *Server) End() {
	s.t.Helper()
	require.NoError(s.t, syscall.Kill(-s.Cmd.Process.Pid, syscall.SIGTERM))
	ended := make(chan struct{})
	go func() {
		_ = s.Cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(ReadyWithin):
		require.FailNow(s.t, "it does not end", s.Log())
	}
}

// Addr is the server's address without the scheme, for raw connections.
func (s *Server) Addr() string { return strings.TrimPrefix(s.URL, "http://") }

// Dial opens a raw connection that ends with the test.
func (s *Server) Dial() *net.TCPConn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// Log is everything that the server has written so far, to its output and its errors.
func (s *Server) Log() string { return s.log.String() }

// syncBuffer is a buffer that a process writes while a test reads.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
