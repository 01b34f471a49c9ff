package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// readyWithin is how long workerd may take until all its sockets listen.
const readyWithin = 60 * time.Second

// workerd is a process with a socket for each of its Workers.
type workerd struct {
	cmd   *exec.Cmd
	log   bytes.Buffer
	addrs map[string]string // by Worker
	guard *exec.Cmd
	alive func() error
}

// startWorkerd runs the named Workers, each on a free port of its own, in one process.
func (p *places) startWorkerd(env []string, options []string, workers ...string) (w *workerd, err error) {
	config, err := p.writeConfig(workers)
	if err != nil {
		return nil, err
	}
	return p.serve(config, env, options, workers...)
}

// serve runs workerd with a configuration whose sockets are named.
func (p *places) serve(config string, env []string, options []string, sockets ...string) (w *workerd, err error) {
	// workerd itself says which ports it got, on a descriptor of its own.
	control, controlEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer control.Close()
	args := append([]string{"serve", config, "--control-fd", "3"}, options...)
	w = &workerd{cmd: exec.Command(p.workerd, args...), addrs: map[string]string{}}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "INLAY_") && !strings.HasPrefix(v, "SITE_") {
			w.cmd.Env = append(w.cmd.Env, v)
		}
	}
	w.cmd.Env = append(w.cmd.Env, env...)
	w.cmd.Stdout, w.cmd.Stderr = &w.log, &w.log
	w.cmd.ExtraFiles = []*os.File{controlEnd}
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = w.cmd.Start()
	controlEnd.Close()
	if err != nil {
		return nil, err
	}
	if err := w.watch(); err != nil {
		w.stop()
		return nil, err
	}
	_ = control.SetReadDeadline(time.Now().Add(readyWithin))
	for lines := bufio.NewScanner(control); len(w.addrs) < len(sockets) && lines.Scan(); {
		var message struct {
			Event, Socket string
			Port          int
		}
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			w.stop()
			return nil, err
		}
		if message.Event == "listen" {
			w.addrs[message.Socket] = "127.0.0.1:" + strconv.Itoa(message.Port)
		}
	}
	if len(w.addrs) < len(sockets) {
		w.stop()
		return nil, fmt.Errorf("workerd does not listen:\n%s", w.log.Bytes())
	}
	return w, nil
}

// watch sees to it that the process does not outlive this one, however that ends: its guard reads the end of its input.
func (w *workerd) watch() error {
	w.guard = exec.Command("sh", "-c", "read -r _; kill -9 -"+strconv.Itoa(w.cmd.Process.Pid))
	w.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := w.guard.StdinPipe()
	if err != nil {
		return err
	}
	w.alive = input.Close
	return w.guard.Start()
}

// stop ends the process. A workerd with a request that hangs ignores SIGTERM.
func (w *workerd) stop() {
	if w.guard.Process != nil {
		_ = w.guard.Process.Kill()
		_ = w.alive()
		_ = w.guard.Wait()
	}
	_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	_ = w.cmd.Wait()
}

// cpu is the time that the process has run so far, in all its threads: what utime and stime of /proc/PID/stat say in steps
// of 10 ms, to the nanosecond where the kernel tells.
func (w *workerd) cpu() (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", w.cmd.Process.Pid))
	if err != nil || len(files) == 0 {
		return w.ticks()
	}
	var total time.Duration
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
	return total, nil
}

// ticks is the same as cpu, as /proc/PID/stat has it.
func (w *workerd) ticks() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third, see proc_pid_stat(5)
	user, err := strconv.ParseInt(fields[14-3], 10, 64)
	if err != nil {
		return 0, err
	}
	kernel, err := strconv.ParseInt(fields[15-3], 10, 64)
	return time.Duration(user+kernel) * 10 * time.Millisecond, err // Linux counts 100 a second, on every machine
}

// memory is a figure of /proc/PID/status in bytes: VmHWM, the most that was resident, or VmRSS, what is.
func (w *workerd) memory(field string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == field+":" {
			kib, err := strconv.Atoi(words[1])
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/PID/status", field)
}
