package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ioctl asks a device, of a test.
func ioctl(t *testing.T, f *os.File, request uintptr, into unsafe.Pointer) {
	t.Helper()
	raw, err := f.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(into))
		assert.Zero(t, errno)
	}))
}

// top runs inlay top in a terminal of a size, until what is shown has a text.
func topIn(t *testing.T, width, height uint16, end func(master *os.File, stop context.CancelFunc), until ...string) (shown string, status int) {
	t.Helper()
	t.Chdir(t.TempDir())
	server, _ := fakeSite(t)
	t.Setenv("TERM", "xterm")
	t.Setenv("INLAY_URL", server.URL)
	t.Setenv("INLAY_TOKEN", siteToken)
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = master.Close() })
	var unlock, number int32
	ioctl(t, master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tty.Close() })
	size := [4]uint16{height, width}
	ioctl(t, master, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	var before, after syscall.Termios
	ioctl(t, tty, syscall.TCGETS, unsafe.Pointer(&before))

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() { ended <- run(ctx, []string{"top", "--interval", "200ms"}, tty, tty, &errs) }()
	var all strings.Builder
	written := make(chan string, 64)
	go func() { // a terminal's other side knows no deadlines
		b := make([]byte, 64<<10)
		for {
			n, err := master.Read(b)
			written <- string(b[:n])
			if err != nil {
				return
			}
		}
	}()
	late := time.After(20 * time.Second)
	read := func() bool {
		select {
		case text := <-written:
			all.WriteString(text)
			return true
		case <-late:
			return assert.Fail(t, "nothing more is shown", "%q %s", all.String(), errs.String())
		}
	}
	for _, text := range until {
		for !strings.Contains(all.String(), text) {
			if !read() {
				t.FailNow()
			}
		}
	}
	end(master, stop)
	select {
	case status = <-ended:
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it does not end")
	}
	for !strings.HasSuffix(all.String(), "\x1b[?1049l") {
		if !read() {
			t.FailNow()
		}
	}
	ioctl(t, tty, syscall.TCGETS, unsafe.Pointer(&after))
	assert.Equal(t, before, after, "what is typed shows again")
	assert.Empty(t, errs.String())
	return all.String(), status
}

func TestTopRefreshesInPlaceUntilQ(t *testing.T) {
	shown, status := topIn(t, 80, 24, func(master *os.File, _ context.CancelFunc) {
		_, err := master.WriteString("\x1b[Axq")
		require.NoError(t, err)
	}, "since it began", "in the last 0", "/s   warm 100.0%")
	assert.Zero(t, status)
	assert.True(t, strings.HasPrefix(shown, "\x1b[?1049h\x1b[?25l\x1b[1;1H"), shown)
	assert.True(t, strings.HasSuffix(shown, "\x1b[?25h\x1b[?1049l"), shown)
	assert.NotContains(t, shown, "\x1b]0;x")
	assert.NotContains(t, shown, "\x1b[2J")
}

// Control-C and SIGTERM end a context.
func TestTopLeavesTheTerminalAsItWasWhenItIsStopped(t *testing.T) {
	shown, status := topIn(t, 20, 5, func(_ *os.File, stop context.CancelFunc) { stop() }, "pages 2", "\x1b[5;1H")
	assert.Zero(t, status)
	assert.NotContains(t, shown, "\x1b[6;1H", "there is no sixth line")
}
