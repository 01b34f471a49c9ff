package devserver

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// program is what to run, and where its lines go.
type program struct {
	path string
	args []string
	dir  string
	env  []string // whole
	// line gets each line that it writes, on either stream, without its end.
	line func(string)
}

// process is a program that runs, with all that it starts: on Unix a process
// group. None of it outlives this process, however this one ends.
type process struct {
	cmd   *exec.Cmd
	guard *guard
	done  chan struct{}
	err   error // of its end; to be read when done is closed
}

const (
	// maxLine is where a line is cut in two.
	maxLine = 64 << 10
	// hardAfter is how long a process may take to end when it is told to.
	hardAfter = 3 * time.Second
)

// start runs a program.
func start(p program) (*process, error) {
	cmd := exec.Command(p.path, p.args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	ownGroup(cmd)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, reader.Close(), writer.Close())
	}
	_ = writer.Close()
	started := &process{cmd: cmd, guard: guardGroup(cmd.Process.Pid), done: make(chan struct{})}
	var lines sync.WaitGroup
	lines.Go(func() { readLines(reader, p.line) })
	go func() {
		err := cmd.Wait()
		killGroup(cmd.Process.Pid) // what it started and did not end
		// What left the group may still have the pipe.
		late := time.AfterFunc(time.Second, func() { _ = reader.Close() })
		lines.Wait()
		late.Stop()
		_ = reader.Close()
		started.guard.end()
		started.err = err
		close(started.done)
	}()
	return started, nil
}

// readLines gives each line of what is written to a pipe, until its end.
func readLines(from io.Reader, line func(string)) {
	buffered := bufio.NewReaderSize(from, maxLine)
	for {
		text, err := buffered.ReadSlice('\n')
		if len(text) > 0 {
			line(strings.ToValidUTF8(string(bytes.TrimRight(text, "\r\n")), "�"))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// stop ends a process: by asking, and by force when it has not ended after a
// while. It returns when all of it has ended.
func (p *process) stop(hard time.Duration) {
	select {
	case <-p.done:
		return
	default:
	}
	askGroup(p.cmd.Process.Pid)
	timer := time.NewTimer(hard)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		killGroup(p.cmd.Process.Pid)
		<-p.done
	}
}

// over tells whether it has ended.
func (p *process) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
