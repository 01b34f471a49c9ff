package terminal

import "syscall"

const (
	getAttributes = syscall.TIOCGETA
	setAttributes = syscall.TIOCSETA
	disabled      = 0xff // _POSIX_VDISABLE
)
