package edge

import (
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/folder"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// ParseError is what is wrong with a page, and where.
type ParseError struct {
	// Line and Col count from 1, Col in bytes. Both are 0 where the error is about the page's pattern.
	Line, Col int
	// Msg says what was found and, after a semicolon, what was expected.
	Msg string
}

// Error is "line:col: " and the message; without a position it is the message.
func (e *ParseError) Error() string { return (*shell.Error)(e).Error() }

// PageError is what is wrong with a file of a folder of pages, and where.
type PageError struct {
	// File is the file's name in the folder's file system, with slashes.
	File string
	// Line and Col count from 1, Col in bytes. Both are 0 where the error is about the file as a whole, or its name.
	Line, Col int
	// Msg says what was found and, after a semicolon, what was expected.
	Msg string
}

// Error is "file:line:col: " and the message; without a position "file: " and the message.
func (e *PageError) Error() string { return (*folder.Error)(e).Error() }

// PageErrors are all mistakes in a folder of pages, in the order of its files.
type PageErrors []*PageError

// Error is a line for each.
func (e PageErrors) Error() string { return lines(e.Unwrap()) }

// Unwrap gives each to errors.As.
func (e PageErrors) Unwrap() []error { return mapped(e, func(one *PageError) error { return one }) }

// RequestError is why a request that a page would answer gets 400. Its text holds nothing of the request.
type RequestError struct {
	// Reason is what is wrong with the request, for its sender.
	Reason string
}

// Error is the reason.
func (e *RequestError) Error() string { return (*route.RequestError)(e).Error() }

// FillError says why a fill failed: what [Options].Logger gets as "error".
type FillError struct {
	Reason Reason
	// Status is what the origin answered, 0 if it did not.
	Status int
	// Text is what went wrong, for people who run the site. Empty: what the Reason says.
	Text string
	// RetryAfter is how long the origin asked to be left alone: at most 5 minutes, 0 if it did not ask.
	RetryAfter time.Duration
}

// Error says what went wrong and, where it is known, what to do.
func (e *FillError) Error() string {
	return (&answer.FillError{Reason: answer.Reason(e.Reason), Status: e.Status, Text: e.Text, RetryAfter: e.RetryAfter}).Error()
}

// Reason is why a fill failed. The zero value is no reason and is used for none.
type Reason uint8

const (
	// StatusError: the origin answered with a status other than 200.
	StatusError Reason = iota + 1
	// RefusedError: the answer may not be used as a fragment, by the storing rules.
	RefusedError
	// MarkupError: the answer's HTML would end its patch early or leave it open.
	MarkupError
	// TooLargeError: the answer has more bytes than a fragment may have.
	TooLargeError
	// TimeoutError: the fill took longer than its slot allows.
	TimeoutError
	// ConnectError: the origin was not reached, or its answer broke off.
	ConnectError
	// LostError: the fill's own request ended before the fill did, and nobody could take it over.
	LostError
)

// String is the reason in one word, fit for a token of Cache-Status.
func (r Reason) String() string { return answer.Reason(r).String() }

// outer is an error of the rooms below as this package's.
func outer(err error) error {
	switch err := err.(type) {
	case *shell.Error:
		return (*ParseError)(err)
	case *config.Error:
		return (*ConfigError)(err)
	case config.Errors:
		return ConfigErrors(mapped(err, func(e *config.Error) *ConfigError { return (*ConfigError)(e) }))
	case folder.Errors:
		return PageErrors(mapped(err, func(e *folder.Error) *PageError { return (*PageError)(e) }))
	case *route.RequestError:
		return (*RequestError)(err)
	case *answer.FillError:
		return &FillError{Reason(err.Reason), err.Status, err.Text, err.RetryAfter}
	}
	return err
}

// lines is a line for each error.
func lines(errs []error) string {
	return strings.Join(mapped(errs, error.Error), "\n")
}
