package browsertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that a test has started.
type process struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	said strings.Builder
	done chan struct{}
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = write, write
	cmd.SysProcAttr = ownGroup()
	err = cmd.Start()
	_ = write.Close()
	if err != nil {
		_ = read.Close()
		return nil, err
	}
	go func() {
		// Children may hold the pipe open for longer than the process lives.
		lines := bufio.NewReader(read)
		for {
			line, err := lines.ReadString('\n')
			p.mu.Lock()
			p.said.WriteString(line)
			p.mu.Unlock()
			if err != nil {
				_ = read.Close()
				return
			}
		}
	}()
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// says waits until the process has written a line with prefix in it, and gives what follows there.
func (p *process) says(prefix string) (string, error) {
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		said := p.said.String()
		p.mu.Unlock()
		if _, rest, ok := strings.Cut(said, prefix); ok {
			if line, _, whole := strings.Cut(rest, "\n"); whole {
				return strings.TrimSpace(line), nil
			}
		}
		select {
		case <-p.done:
			return "", fmt.Errorf("%s ended; it said: %s", p.cmd.Path, said)
		case <-deadline:
			return "", fmt.Errorf("%s did not say %q; it said: %s", p.cmd.Path, prefix, said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// end ends the process and those that it has started.
func (p *process) end() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.done
}
