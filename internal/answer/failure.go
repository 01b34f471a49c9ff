package answer

import (
	"time"

	"inlay/internal/decimal"
	"inlay/internal/wording"
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
	// Type is the Content-Type of the origin's own page for a status of 404 or 410, Location where its redirect leads, if these are for
	// the visitor of a page that requires the fragment. Empty: there is none.
	Type, Location string
	// RetryAfter is how long the origin asked to be left alone: at most 5 minutes, 0 if it did not ask.
	RetryAfter time.Duration

	// TakenDown: the answer may not go to others, so what it was before may not either.
	TakenDown bool
	// HeldUp: the fill had not all of its time, so whoever asks next may have more luck.
	HeldUp bool
}

// Outage tells whether a stale fragment may stand in (RFC 5861, section 4): the origin was not reached, said nothing in
// time, or said 500, 502, 503 or 504, or what Cloudflare says in its place for an origin that it cannot reach (520 to 526
// and 530). An answer that is broken (markup, size, type, a 304 that nobody asked for) is an accident of the same kind.
func (e *FillError) Outage() bool {
	if e.Reason != StatusError {
		return !e.TakenDown
	}
	switch s := e.Status; {
	case s == 500, s >= 502 && s <= 504, s >= 520 && s <= 526, s == 530, s == 304:
		return true
	}
	return false
}

// Removes tells whether the failure is the origin's word that the fragment is not there any more, or not for others: then
// what it was before must not be shown either. An origin that has no time (408, 425, 429) or cannot (5xx) did not say so.
func (e *FillError) Removes() bool {
	if e.Reason != StatusError {
		return e.TakenDown
	}
	switch s := e.Status; {
	case s == 408, s == 425, s == 429, s >= 500, s == 304:
		return false
	}
	return true
}

// Error says what went wrong and, where it is known, what to do.
func (e *FillError) Error() string {
	text := e.Text
	if text == "" {
		text = wording.Of(e.Reason.text())
		if e.Reason == StatusError && e.Status != 0 {
			text += " " + decimal.String(e.Status)
		}
	}
	return wording.Of(wording.FillFailed, e.Reason.String(), text)
}

// Unusual tells a failure that somebody should look at from an origin's plain statement that there is no such fragment
// (404, 410), and from a redirect that is the visitor's.
func (e *FillError) Unusual() bool {
	if e.Location != "" && e.Location[0] == '/' {
		return false
	}
	return e.Reason != StatusError || e.Status != 404 && e.Status != 410
}

func (r Reason) text() wording.ID {
	if r == 0 || r > LostError {
		return wording.UnknownReason
	}
	return wording.WrongStatus + wording.ID(r-StatusError)
}
