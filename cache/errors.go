package cache

import (
	"errors"
	"strings"

	"inlay/cache/internal/platform"
)

// The errors of this package. Each is returned wrapped, with the operation and the
// key in its message, so compare with errors.Is. The errors of fills and of contexts
// are returned as they are.
var (
	// ErrEmptyKey: the key is "". Nothing is ever stored under it.
	ErrEmptyKey = errors.New("cache: empty key")
	// ErrTooLarge: the entry cannot fit into Options.MaxBytes even alone, or is
	// larger than 4 GiB. Nothing was evicted for it.
	ErrTooLarge = errors.New("cache: entry larger than the budget")
	// ErrClosed: the flight had settled already, or its key was deleted,
	// cleared or purged while it was under way. The value was not stored.
	ErrClosed = errors.New("cache: flight closed")
	// ErrReentrant: a fill waited for a flight that waits for that fill.
	ErrReentrant = errors.New("cache: fill awaits its own flight")
	// ErrPanicked: the fill panicked or called runtime.Goexit. What is returned is a
	// *PanicError.
	ErrPanicked = errors.New("cache: fill panicked")
	// ErrOptions: an option has no meaning; the message names it.
	ErrOptions = errors.New("cache: bad options")
)

// opError says which operation on which key ran into err.
type opError struct {
	err error
	op  string
	key string
}

func (e *opError) Error() string {
	return e.err.Error() + ": " + e.op + " " + platform.Quote(e.key)
}

func (e *opError) Unwrap() error { return e.err }

func fail(err error, op, key string) error {
	return &opError{err: err, op: op, key: strings.Clone(key)}
}

// optionError says which option was refused and what it should be.
type optionError struct{ what string }

func (e *optionError) Error() string { return ErrOptions.Error() + ": " + e.what }

func (e *optionError) Unwrap() error { return ErrOptions }
