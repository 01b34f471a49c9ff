package esi

import (
	"time"

	"inlay/internal/route"
)

// Kind says what an Event is.
type Kind uint8

const (
	// Text is a range of the source that goes on as it stands. Neighbours may both be Text: it is cut where writes were.
	Text Kind = iota + 1
	// Included is an <esi:include>.
	Included
	// Tried is an <esi:try>, when its end tag has come.
	Tried
	// Refused is what was wrong, or is not supported. Nothing of the page hangs on it: what is left in place of such markup
	// comes as Text of its own.
	Refused
)

// Event is something that was read. From and To are offsets in all bytes written so far: of the text, or of the tags that are
// not part of what is sent (for Tried from <esi:try> to behind </esi:try>, for Refused of the tag it is about).
type Event struct {
	Kind     Kind
	From, To int
	// Include is set for Included.
	Include *Include
	// Attempt and Except are what stands in those elements of a Tried, in its order: Text, Included and Tried, no Refused. Except
	// is shown when something that Attempt includes fails and neither its alt nor onerror helps.
	Attempt, Except []Event
	// Message is of Refused: "line:col: what; what to do", counted from 1 in all bytes, columns in bytes.
	Message string
}

// Include is an <esi:include>.
type Include struct {
	Src Source
	// Alt is what is included when Src fails; nil: nothing.
	Alt *Source
	// Continue is onerror="continue": what fails leaves nothing in its place.
	Continue bool
	// TTL is [duration.Unset] where the tag has none.
	TTL time.Duration
	// MaxWait is how long it may take; 0 where the tag says nothing.
	MaxWait time.Duration
}

// Source is where an include comes from.
type Source struct {
	// Text is for people: resolved and canonical, variables as they were written.
	Text string
	// Template is the src, resolved and canonical as [route.ParseSrc] has it. Param of a hole is an index into Variables. The
	// holes have Path false, so that no value brings a slash into a path.
	Template  route.Template
	Variables []Variable
}

// Variable is something of the visitor's request in a src: $(QUERY_STRING{x}), $(HTTP_COOKIE{x}), $(HTTP_ACCEPT_LANGUAGE),
// $(HTTP_HOST).
type Variable struct {
	Input route.Input
	// Default stands in where the request has none, or an empty one: $(QUERY_STRING{x}|default). Percent-encoded as a value is.
	Default string

	written string
}
