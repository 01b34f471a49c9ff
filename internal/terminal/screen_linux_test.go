package terminal

import (
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

// pseudo is a terminal and who looks at it.
func pseudo(t *testing.T, width, height uint16) (master, tty *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = master.Close() })
	var unlock, number int32
	require.NoError(t, control(master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)))
	require.NoError(t, control(master, syscall.TIOCGPTN, unsafe.Pointer(&number)))
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tty.Close() })
	size := [4]uint16{height, width}
	require.NoError(t, control(master, syscall.TIOCSWINSZ, unsafe.Pointer(&size)))
	return master, tty
}

func attributes(t *testing.T, tty *os.File) (a syscall.Termios) {
	require.NoError(t, control(tty, getAttributes, unsafe.Pointer(&a)))
	return a
}

// shown is what was written until a text came.
func shown(t *testing.T, master *os.File, until string) string {
	t.Helper()
	require.NoError(t, master.SetReadDeadline(time.Now().Add(10*time.Second)))
	var all strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(all.String(), until) {
		n, err := master.Read(b)
		require.NoError(t, err, "%q", all.String())
		all.Write(b[:n])
	}
	return all.String()
}

func TestAScreenLeavesATerminalAsItWas(t *testing.T) {
	t.Setenv("TERM", "xterm")
	master, tty := pseudo(t, 20, 3)
	before := attributes(t, tty)
	s, err := Open(tty, tty)
	require.NoError(t, err)
	assert.NotEqual(t, before, attributes(t, tty))
	width, height := s.Size()
	assert.Equal(t, []int{20, 3}, []int{width, height})

	// when more is drawn than there is room for, and then less
	require.NoError(t, s.Draw([]string{"first", strings.Repeat("long ", 9), "third", "fourth"}))
	assert.Equal(t, begin+"\x1b[1;1H\x1b[2Kfirst\x1b[2;1H\x1b[2Klong long long long…\x1b[3;1H\x1b[2Kthird", shown(t, master, "third"))
	require.NoError(t, s.Draw([]string{"first"}))
	assert.Equal(t, "\x1b[1;1H\x1b[2Kfirst\x1b[2;1H\x1b[J", shown(t, master, "\x1b[J"))

	// then what is typed comes as keys, and does not show
	_, err = master.WriteString("\x1b[Aq")
	require.NoError(t, err)
	for _, want := range []byte("\x1b[Aq") {
		select {
		case got := <-s.Keys:
			assert.Equal(t, want, got)
		case <-time.After(10 * time.Second):
			require.FailNow(t, "no key has come")
		}
	}
	s.Close()
	s.Close()
	assert.Equal(t, end, shown(t, master, "1049l"))
	assert.Equal(t, before, attributes(t, tty))
}
