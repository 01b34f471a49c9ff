//go:build !linux && !darwin

package terminal

import "os"

// Size reports false: where it is not known how to ask, nothing counts as a terminal.
func Size(*os.File) (width, height int, ok bool) { return 0, 0, false }

func silence(*os.File) (restore func(), err error) { return nil, ErrNone }

func watchSize() (changed <-chan struct{}, stop func()) { return nil, func() {} }
