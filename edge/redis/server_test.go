package redis

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a real Redis, on a port of its own on the loopback.
type server struct {
	t    testing.TB
	dir  string
	port string
	cmd  *exec.Cmd
	log  *os.File
	args []string
}

// startServer starts a Redis that lasts as long as the test.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	s := &server{t: t, dir: dir, log: log, args: args}
	require.NoError(t, s.start())
	t.Cleanup(func() {
		if err := s.kill(); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *server) url() string { return "redis://127.0.0.1:" + s.port }

// start starts it, where it was before if it was.
func (s *server) start() error {
	for try := 0; ; try++ {
		if s.port == "" {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			_, s.port, _ = net.SplitHostPort(l.Addr().String())
			if err := l.Close(); err != nil {
				return err
			}
		}
		args := append([]string{"--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "everysec",
			"--save", "", "--daemonize", "no"}, s.args...)
		s.cmd = exec.Command("redis-server", args...)
		s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
		if err := s.cmd.Start(); err != nil {
			return fmt.Errorf("redis-server, of Debian's package of that name: %w", err)
		}
		err := s.answers()
		if err == nil {
			return nil
		}
		if err := s.kill(); err != nil {
			return err
		}
		if try == 5 {
			said, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("%w: %s", err, said)
		}
		if try > 1 {
			s.port = "" // somebody else has it
		}
	}
}

// answers waits until it does.
func (s *server) answers() error {
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", "127.0.0.1:"+s.port, time.Second); err != nil {
			continue
		}
		b := make([]byte, 64)
		_ = c.SetDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("PING\r\n"))
		n, _ := c.Read(b)
		_ = c.Close()
		if strings.HasPrefix(string(b[:n]), "+PONG") {
			return nil
		}
		err = fmt.Errorf("it says %q", b[:n])
	}
	return err
}

// kill ends it at once.
func (s *server) kill() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Kill()
	_ = s.cmd.Wait() // that it was killed
	s.cmd = nil
	return err
}

func (s *server) signal(sig syscall.Signal) { require.NoError(s.t, s.cmd.Process.Signal(sig)) }

// forget removes its data, while it is not running.
func (s *server) forget() {
	for _, name := range []string{"appendonlydir", "dump.rdb"} {
		require.NoError(s.t, os.RemoveAll(filepath.Join(s.dir, name)))
	}
}

// open opens a Store that ends with the test.
func (s *server) open(t testing.TB, o Options) *Store {
	t.Helper()
	store, err := Open(s.url(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// soon is a context of a call that should take no time.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
