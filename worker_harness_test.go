package inlay_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain makes what the tests run: the Worker, and the one whose core has exports for tests.
func TestMain(m *testing.M) {
	build := exec.Command("./build.sh", "build", "--test")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "./build.sh build --test: %v\n%s", err, output)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// readyWithin is how long a server may take until it listens: wrangler needs 3 s alone on two cores, and far longer beside
// other work.
const readyWithin = 60 * time.Second

// server is a Worker under test, listening on a port of its own on the loopback interface. It ends with its test.
type server struct {
	t   *testing.T
	URL string // http://127.0.0.1:PORT
	cmd *exec.Cmd
	log syncBuffer

	inspector int // its port, if the server was started with one
}

// startWorkerd runs the built Worker in a bare workerd. env are variables of the Worker, as NAME=VALUE.
func startWorkerd(t *testing.T, env ...string) *server {
	t.Helper()
	return serveWorkerd(t, "build/workerd.capnp", env)
}

// startTestWorkerd is startWorkerd with the core that has exports for tests.
func startTestWorkerd(t *testing.T, env ...string) *server {
	t.Helper()
	return serveWorkerd(t, "build/test/workerd.capnp", env)
}

func serveWorkerd(t *testing.T, config string, env []string, options ...string) *server {
	t.Helper()
	// workerd itself says which port it got, on a descriptor of its own: no other process can take it in between.
	control, controlEnd, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = control.Close() }()
	const controlFD = "3" // the first of ExtraFiles
	args := append([]string{"serve", config, "--socket-addr", "http=127.0.0.1:0", "--control-fd", controlFD}, options...)
	s := start(t, exec.Command("node_modules/.bin/workerd", args...), env, controlEnd)
	require.NoError(t, controlEnd.Close())

	require.NoError(t, control.SetReadDeadline(time.Now().Add(readyWithin)))
	for lines := bufio.NewScanner(control); lines.Scan(); {
		var message struct {
			Event, Socket string
			Port          int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &message), lines.Text())
		if message.Event == "listen-inspector" {
			s.inspector = message.Port
		}
		if message.Event == "listen" && message.Socket == "http" {
			s.URL = "http://127.0.0.1:" + strconv.Itoa(message.Port)
			return s
		}
	}
	require.FailNow(t, "workerd did not listen", s.Log())
	return nil
}

// wranglerReady is what wrangler dev prints once it listens.
var wranglerReady = regexp.MustCompile(`Ready on (http://127\.0\.0\.1:\d+)`)

// startWrangler runs the built Worker in wrangler dev. vars are variables of the Worker, as NAME=VALUE.
func startWrangler(t *testing.T, vars ...string) *server {
	t.Helper()
	return startWranglerWith(t, nil, vars...)
}

// startWranglerWith is startWrangler with more options.
func startWranglerWith(t *testing.T, options []string, vars ...string) *server {
	t.Helper()
	args := []string{"node_modules/wrangler/bin/wrangler.js", "dev", "--ip", "127.0.0.1", "--port", "0",
		"--inspector-port", "0", "--show-interactive-dev-session=false", "--persist-to", t.TempDir()}
	args = append(args, options...)
	for _, v := range vars {
		name, value, _ := strings.Cut(v, "=")
		args = append(args, "--var", name+":"+value)
	}
	node, err := filepath.Abs("node_modules/node/bin")
	require.NoError(t, err)
	s := start(t, exec.Command("node_modules/node/bin/node", args...), []string{
		"PATH=" + node + string(os.PathListSeparator) + os.Getenv("PATH"),
		"WRANGLER_SEND_METRICS=false", "WRANGLER_SEND_ERROR_REPORTS=false", "WRANGLER_HIDE_BANNER=true",
		"CLOUDFLARE_CF_FETCH_ENABLED=false", "NO_COLOR=1",
	})
	require.Eventually(t, func() bool {
		ready := wranglerReady.FindStringSubmatch(s.Log())
		if ready == nil {
			return false
		}
		s.URL = ready[1]
		return true
	}, readyWithin, 20*time.Millisecond, "wrangler dev did not listen")
	return s
}

// start runs a command in a process group of its own, and sees to it that nothing of the group outlives the test, however
// the test ends: when this process goes without a cleanup, as in a panic, the guard reads the end of its input.
func start(t *testing.T, cmd *exec.Cmd, env []string, files ...*os.File) *server {
	t.Helper()
	s := &server{t: t, cmd: cmd}
	cmd.Env = append(withoutVariables(os.Environ()), env...)
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
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
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(cmd.Args, " "), s.Log())
		}
	})
	require.NoError(t, err)
	return s
}

// withoutVariables leaves out what the machine sets for the Worker: a test says all that it depends on.
func withoutVariables(env []string) (kept []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, "INLAY_") && !strings.HasPrefix(v, "SITE_") {
			kept = append(kept, v)
		}
	}
	return kept
}

// Addr is the server's address without the scheme, for raw connections.
func (s *server) Addr() string { return strings.TrimPrefix(s.URL, "http://") }

// Dial opens a raw connection that ends with the test.
func (s *server) Dial() *net.TCPConn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// Log is everything that the server has written so far, to its output and its errors.
func (s *server) Log() string { return s.log.String() }

// RSS is the resident memory of the server's workerd, in bytes.
func (s *server) RSS() int64 {
	s.t.Helper()
	var pages int64
	for _, pid := range s.workerds() {
		statm, err := os.ReadFile(filepath.Join("/proc", pid, "statm"))
		require.NoError(s.t, err)
		resident, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
		require.NoError(s.t, err)
		pages += resident
	}
	return pages * int64(os.Getpagesize())
}

// CPU is the time that the server's workerd has run so far, in user and kernel mode, in steps of 10 ms.
func (s *server) CPU() time.Duration {
	s.t.Helper()
	var ticks int64
	for _, pid := range s.workerds() {
		stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		require.NoError(s.t, err)
		fields := statFields(stat)
		for _, i := range []int{statUser, statKernel} {
			n, err := strconv.ParseInt(fields[i], 10, 64)
			require.NoError(s.t, err)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond // Linux counts 100 a second, on every machine
}

// workerds are the ids of the server's own workerd processes: one when bare, more below wrangler dev.
func (s *server) workerds() (pids []string) {
	s.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(s.t, err)
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended in between
		}
		if bytes.Contains(stat, []byte("(workerd)")) && statFields(stat)[statGroup] == strconv.Itoa(s.cmd.Process.Pid) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	require.NotEmpty(s.t, pids, "no workerd is running")
	return pids
}

// Places in what statFields gives; see proc_pid_stat(5), where they count from 3.
const (
	statGroup  = 5 - 3
	statUser   = 14 - 3
	statKernel = 15 - 3
)

// statFields splits /proc/PID/stat after the program's name, which may have spaces in it.
func statFields(stat []byte) []string {
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

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
