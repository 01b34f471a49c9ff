//go:build unix

package devserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script runs a shell script and gives its lines.
func script(t *testing.T, text string) (*process, <-chan string) {
	t.Helper()
	lines := make(chan string, 1000)
	p, err := start(program{path: "/bin/sh", args: []string{"-c", text}, dir: t.TempDir(), env: os.Environ(), line: func(l string) { lines <- l }})
	require.NoError(t, err)
	t.Cleanup(func() { p.stop(0) })
	return p, lines
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case l := <-lines:
		return l
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no line came")
		return ""
	}
}

// alive: whether a process is there, and is no zombie.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

func ends(t *testing.T, pid int) {
	t.Helper()
	assert.Eventually(t, func() bool { return !alive(pid) }, 20*time.Second, 10*time.Millisecond, "process %d is still there", pid)
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func TestLinesComeFromBothStreams(t *testing.T) {
	p, lines := script(t, `echo out; echo err >&2; printf 'no end'`)
	<-p.done
	assert.NoError(t, p.err)
	close := map[string]bool{next(t, lines): true, next(t, lines): true, next(t, lines): true}
	assert.Equal(t, map[string]bool{"out": true, "err": true, "no end": true}, close)
}

func TestALineThatIsTooLongIsCut(t *testing.T) {
	var got []string
	readLines(strings.NewReader(strings.Repeat("x", maxLine+10)+"\r\nrest"), func(l string) { got = append(got, l) })
	require.Len(t, got, 3)
	assert.Len(t, got[0], maxLine)
	assert.Equal(t, []string{"xxxxxxxxxx", "rest"}, got[1:])
}

func TestAnEndIsTold(t *testing.T) {
	p, _ := script(t, "exit 7")
	<-p.done
	var exit *exec.ExitError
	require.ErrorAs(t, p.err, &exit)
	assert.Equal(t, 7, exit.ExitCode())
	p.stop(time.Hour) // at once: nothing is there
}

func TestWhatAProcessLeavesBehindEndsWithIt(t *testing.T) {
	p, lines := script(t, "sleep 1000 & echo $!; exit 0")
	left := number(t, next(t, lines))
	<-p.done
	ends(t, left)
}

func TestAProcessIsAskedToEnd(t *testing.T) {
	p, lines := script(t, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done")
	require.Equal(t, "up", next(t, lines))
	p.stop(time.Hour)
	for next(t, lines) != "bye" { // the shell may tell of its sleep's end before
	}
}

func TestAProcessThatDoesNotListenIsEndedByForce(t *testing.T) {
	p, lines := script(t, "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait; while :; do sleep 1; done")
	child := number(t, next(t, lines))
	p.stop(50 * time.Millisecond)
	ends(t, child)
	assert.Error(t, p.err)
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	_, err := start(program{path: filepath.Join(t.TempDir(), "none")})
	assert.True(t, errors.Is(err, os.ErrNotExist))
}

// When the process that supervises is killed, what it supervises ends too. The test runs itself as that process.
func TestNothingOutlivesItsSupervisor(t *testing.T) {
	if os.Getenv("DEVSERVER_TEST_SUPERVISOR") == "1" {
		var once sync.Once
		_, err := start(program{path: "/bin/sh", args: []string{"-c", "trap '' TERM; sleep 1000 & echo $!; wait"}, line: func(l string) { once.Do(func() { fmt.Println("child", l) }) }})
		require.NoError(t, err)
		select {}
	}
	self, err := os.Executable()
	require.NoError(t, err)
	lines := make(chan string, 100)
	p, err := start(program{path: self, args: []string{"-test.run", "^TestNothingOutlivesItsSupervisor$", "-test.v"},
		env: append(os.Environ(), "DEVSERVER_TEST_SUPERVISOR=1"), line: func(l string) { lines <- l }})
	require.NoError(t, err)
	t.Cleanup(func() { p.stop(0) })
	child := 0
	for child == 0 {
		if text, ok := strings.CutPrefix(next(t, lines), "child "); ok {
			child = number(t, text)
		}
	}
	require.True(t, alive(child))
	require.NoError(t, syscall.Kill(p.cmd.Process.Pid, syscall.SIGKILL))
	ends(t, child)
}
