//go:build !linux

package browsertest

import "syscall"

// ownGroup lets end reach a process's children and nobody else's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
