package edge

import (
	"strconv"
	"time"
)

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
func (r Reason) String() string {
	switch r {
	case StatusError:
		return "status"
	case RefusedError:
		return "refused"
	case MarkupError:
		return "markup"
	case TooLargeError:
		return "too-large"
	case TimeoutError:
		return "timeout"
	case ConnectError:
		return "connect"
	case LostError:
		return "lost"
	}
	return "unknown"
}

// FillError says why a fill failed. It is kept and shared by everyone who waited; do not change it.
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
	text := e.Text
	if text == "" {
		text = e.Reason.text()
		if e.Reason == StatusError && e.Status != 0 {
			text += " " + strconv.Itoa(e.Status)
		}
	}
	return "edge: fill failed (" + e.Reason.String() + "): " + text
}

// Unusual tells a failure that somebody should look at from an origin's plain statement that there is no such fragment
// (404, 410).
func (e *FillError) Unusual() bool {
	return e.Reason != StatusError || e.Status != 404 && e.Status != 410
}

func (r Reason) text() string {
	switch r {
	case StatusError:
		return "the origin answered with the wrong status"
	case RefusedError:
		return "the answer may not be used as a fragment"
	case MarkupError:
		return "the fragment's HTML is not closed"
	case TooLargeError:
		return "the fragment is larger than INLAY_MAX_FRAGMENT"
	case TimeoutError:
		return "the origin took too long; make it faster, or raise the slot's timeout or INLAY_FILL_TIMEOUT"
	case ConnectError:
		return "the origin was not reached, or its answer broke off"
	case LostError:
		return "the request that led the fill ended too early"
	}
	return "for an unknown reason"
}

// quoteForMessage is s in quotes for a message: printable ASCII only, and not longer than a line can bear.
func quoteForMessage(s string) string {
	const limit = 64
	b := make([]byte, 0, min(len(s), limit)+5)
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if i == limit {
			b = append(b, "..."...)
			break
		}
		c := s[i]
		if c < 0x20 || c > 0x7e || c == '"' {
			c = '?'
		}
		b = append(b, c)
	}
	return string(append(b, '"'))
}
