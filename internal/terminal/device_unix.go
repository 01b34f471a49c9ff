//go:build linux || darwin

package terminal

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

func control(f *os.File, request uintptr, into unsafe.Pointer) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(into))
	}); err != nil {
		return err
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// Size is how many columns and lines a terminal has. It reports false for what is none.
func Size(f *os.File) (width, height int, ok bool) {
	var size struct{ rows, columns, x, y uint16 }
	if control(f, syscall.TIOCGWINSZ, unsafe.Pointer(&size)) != nil {
		return 0, 0, false
	}
	return int(size.columns), int(size.rows), true
}

// silence has a terminal show nothing that is typed, and hand it over at once. Control-C ends a program still; Control-Z, which would leave
// the terminal so, does nothing.
func silence(f *os.File) (restore func(), err error) {
	var before syscall.Termios
	if err := control(f, getAttributes, unsafe.Pointer(&before)); err != nil {
		return nil, err
	}
	quiet := before
	quiet.Lflag &^= syscall.ECHO | syscall.ICANON
	quiet.Cc[syscall.VMIN], quiet.Cc[syscall.VTIME] = 1, 0
	quiet.Cc[syscall.VSUSP] = disabled
	if err := control(f, setAttributes, unsafe.Pointer(&quiet)); err != nil {
		return nil, err
	}
	return func() { _ = control(f, setAttributes, unsafe.Pointer(&before)) }, nil
}

// watchSize tells of changes of a terminal's size.
func watchSize() (changed <-chan struct{}, stop func()) {
	signals, told := make(chan os.Signal, 1), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				select {
				case told <- struct{}{}:
				default:
				}
			case <-done:
				return
			}
		}
	}()
	return told, func() { signal.Stop(signals); close(done) }
}
