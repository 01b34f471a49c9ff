package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// readyWithin is how long a server may take until it answers.
const readyWithin = 60 * time.Second

// process is a server with all processes that it starts.
type process struct {
	addr  string // host and port
	cmd   *exec.Cmd
	log   syncBuffer
	guard *exec.Cmd
	alive func() error
}

// start runs a command in a process group of its own. What it says is in log.
func start(cmd *exec.Cmd) (*process, error) {
	s := &process{cmd: cmd}
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// The process does not outlive this one, however that ends: its guard reads the end of its input.
	s.guard = exec.Command("sh", "-c", "read -r _; kill -9 -"+strconv.Itoa(cmd.Process.Pid))
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := s.guard.StdinPipe()
	if err == nil {
		s.alive = input.Close
		err = s.guard.Start()
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// stop ends the server and all that it has started.
func (s *process) stop() {
	pids := s.pids()
	if s.guard != nil && s.guard.Process != nil {
		_ = s.guard.Process.Kill()
		_ = s.alive()
		_ = s.guard.Wait()
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	for _, pid := range pids { // a child may have a group of its own
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = s.cmd.Wait()
}

// listens waits until the server takes connections.
func (s *process) listens() error {
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.addr)
		if err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("%s does not listen at %s: %s", s.cmd.Path, s.addr, s.log.String())
}

// says waits until the server has said what follows a prefix at the beginning of a line.
func (s *process) says(prefix string) (string, error) {
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for line := range strings.Lines(s.log.String()) {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(rest, "\n") {
				return strings.TrimSpace(rest), nil
			}
		}
	}
	return "", fmt.Errorf("%s does not say %q: %s", s.cmd.Path, prefix, s.log.String())
}

// pids are the server's processes: the one that was started, and its descendants.
func (s *process) pids() (all []int) {
	all = []int{s.cmd.Process.Pid}
	for i := 0; i < len(all); i++ {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		for _, file := range files {
			text, _ := os.ReadFile(file) // it may have ended
			for _, word := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(word); err == nil {
					all = append(all, pid)
				}
			}
		}
	}
	return all
}

// cpu is the time that the server has run so far, in all threads of all its processes: what utime and stime of /proc/PID/stat say
// in steps of 10 ms, to the nanosecond where the kernel tells.
func (s *process) cpu() (total time.Duration, err error) {
	for _, pid := range s.pids() {
		files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(files) == 0 {
			return s.ticks()
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // the thread ended in between
			}
			ran, _, _ := strings.Cut(string(text), " ")
			n, err := strconv.ParseInt(ran, 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(n)
		}
	}
	return total, nil
}

// ticks is the same as cpu, as /proc/PID/stat has it.
func (s *process) ticks() (total time.Duration, err error) {
	for _, pid := range s.pids() {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third, see proc_pid_stat(5)
		for _, i := range []int{14 - 3, 15 - 3} {                                 // utime, stime
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(n) * 10 * time.Millisecond // Linux counts 100 a second, on every machine
		}
	}
	return total, nil
}

// syncBuffer is a buffer that a process writes while another reads.
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
