package admin

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/field"
)

// Prefix begins the paths of administration.
const Prefix = "/_inlay/"

// Ask is what a request asks for.
type Ask uint8

// What can be asked for. The names are those of the paths.
const (
	Nothing Ask = iota
	Page        // the operator's page, at Prefix itself: for who has no token yet
	Stats
	Metrics
	ListEntries
	ListFlights
	ListFailures
	TellHistory
	Purge
	Invalidate
)

var asks = map[string]struct {
	ask    Ask
	method string
}{
	"stats": {Stats, "GET"}, "metrics": {Metrics, "GET"}, "entries": {ListEntries, "GET"}, "flights": {ListFlights, "GET"},
	"failures": {ListFailures, "GET"}, "history": {TellHistory, "GET"}, "purge": {Purge, "POST"}, "invalidate": {Invalidate, "POST"},
}

// Answer is a whole answer. Nobody may store it.
type Answer struct {
	Status int
	// Fields are its header fields, in lower case, without Content-Length and Cache-Control.
	Fields []field.Field
	Text   string
}

// Text answers with a plain text.
func Text(status int, text string, fields ...field.Field) Answer {
	return Answer{Status: status, Fields: append([]field.Field{{Name: "content-type", Value: "text/plain; charset=utf-8"}}, fields...), Text: text + "\n"}
}

// JSON answers with an object.
func JSON(status int, text string) Answer {
	return Answer{Status: status, Fields: []field.Field{{Name: "content-type", Value: "application/json"}}, Text: text}
}

// Call is what is read of a request.
type Call struct {
	Method string
	// Target is path and query, as they came.
	Target string
	// Authorization is the field of that name.
	Authorization string
}

// Route tells what a request for one of inlay's own paths asks for, and the query that it has for that. Else the answer says why it gets
// nothing: everything is 404 unless there is a token; with one, a request needs it as bearer token (RFC 6750, section 2.1).
//
//	POST /_inlay/purge?tag=…&key=…&all=1   removes what carries a tag, a key, or all; each may be repeated
//	POST /_inlay/invalidate?tag=…          ends the freshness of what carries a tag, of a key, or of all
//	     …&preview=1                       changes nothing, and says what it would reach
//	GET  /_inlay/stats                     the counters, as JSON
//	GET  /_inlay/metrics                   the same for Prometheus
//	GET  /_inlay/entries                   what is cached, see [ParseList]
//	GET  /_inlay/flights                   the fills in progress
//	GET  /_inlay/failures                  the last fills that failed
//	GET  /_inlay/history                   how the counters grew in the last hour
//	GET  /_inlay/                          the operator's page, which asks for the token
func Route(c Call, token string) (ask Ask, query string, refused Answer) {
	if token == "" {
		return Nothing, "", Text(404, "There is nothing here.")
	}
	path, query, _ := strings.Cut(c.Target, "?")
	if path == Prefix && c.Method == "GET" {
		return Page, query, Answer{}
	}
	scheme, given, _ := strings.Cut(c.Authorization, " ")
	if !ascii.EqualFold(scheme, "bearer") || !config.SameSecret(ascii.TrimOWS(given), token) {
		return Nothing, "", NeedsToken()
	}
	is, known := asks[strings.TrimPrefix(path, Prefix)]
	if !known || !strings.HasPrefix(path, Prefix) {
		return Nothing, "", NoSuchPath()
	}
	if c.Method != is.method {
		return Nothing, "", Text(405, "This path takes "+is.method+" only.", field.Field{Name: "allow", Value: is.method})
	}
	return is.ask, query, Answer{}
}

// NeedsToken is the answer to a request without the token.
func NeedsToken() Answer {
	return Text(401, "The Authorization field must be: Bearer, and the value of INLAY_TOKEN.",
		field.Field{Name: "www-authenticate", Value: `Bearer realm="inlay"`})
}

// NoSuchPath is the answer for a path that there is not.
func NoSuchPath() Answer {
	return Text(404, "There is no such path; see purge, invalidate, stats and metrics under /_inlay/.")
}
