package browsertest

import "syscall"

// ownGroup lets end reach a process's children and nobody else's. The process ends with the test's, should that be killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
