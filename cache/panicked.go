package cache

import (
	"runtime"
	"strconv"

	"inlay/cache/internal/platform"
)

// PanicError is what those who wait for a fill get when it panicked, or called
// runtime.Goexit. It is ErrPanicked to errors.Is, and the panic's value too if that
// is an error.
type PanicError struct {
	// Key is what was being filled.
	Key string
	// Value is what the fill panicked with; nil if it called runtime.Goexit.
	Value any
	// Stack is the stack of the fill at that moment, as runtime.Stack writes it, of
	// at most 16 KiB.
	Stack []byte
}

// newPanicError is to be called where the fill panicked, by what it deferred.
func newPanicError(key string, value any) *PanicError {
	stack := make([]byte, 16<<10)
	return &PanicError{Key: key, Value: value, Stack: stack[:runtime.Stack(stack, false)]}
}

func (e *PanicError) Error() string {
	what := "runtime.Goexit"
	switch v := e.Value.(type) {
	case nil:
	case error:
		what = v.Error()
	case interface{ String() string }:
		what = v.String()
	case string:
		what = v
	case int:
		what = strconv.Itoa(v)
	default:
		what = "a value of another type"
	}
	return ErrPanicked.Error() + ": fill " + platform.Quote(e.Key) + ": " + what
}

// Unwrap gives ErrPanicked, and Value if it is an error.
func (e *PanicError) Unwrap() []error {
	if err, is := e.Value.(error); is {
		return []error{ErrPanicked, err}
	}
	return []error{ErrPanicked}
}
