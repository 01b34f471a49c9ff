//go:build unix

package devserver

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup lets what a command starts be one group, which a terminal's Ctrl-C
// does not reach: it is ended by this process, in order.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func askGroup(pid int)  { _ = syscall.Kill(-pid, syscall.SIGTERM) }
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// guard ends a group when this process has ended without doing so, as after a
// kill -9: it reads from a pipe that nobody writes to, whose end then comes.
type guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

func guardGroup(pid int) *guard {
	cmd := exec.Command("/bin/sh", "-c", "read -r _; kill -9 -"+strconv.Itoa(pid))
	ownGroup(cmd)
	pipe, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return nil // then only that case is not covered
	}
	return &guard{cmd, pipe}
}

// end lets the guard go, before anything else may have the group's number.
func (g *guard) end() {
	if g == nil {
		return
	}
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
	_ = g.pipe.Close()
}
