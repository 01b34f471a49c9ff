package terminal

import "syscall"

const (
	getAttributes = syscall.TCGETS
	setAttributes = syscall.TCSETS
	disabled      = 0 // _POSIX_VDISABLE
)
