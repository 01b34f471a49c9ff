package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/wording"
)

// AdminPrefix begins the paths of administration. They never reach a page or the origin, see [route.IsInternal].
const AdminPrefix = "/_inlay/"

// admin answers a request of administration. Everything is 404 unless the configuration has a token; with one, a request
// needs it as bearer token (RFC 6750, section 2.1).
//
//	POST /_inlay/purge?tag=…&key=…&all=1   removes what carries a tag, a key, or all; each may be repeated
//	POST /_inlay/invalidate?tag=…          ends the freshness of what carries a tag, of a key, or of all
//	GET  /_inlay/stats                     the counters, as JSON
//	GET  /_inlay/metrics                   the same for Prometheus
//
// All of it concerns this engine: on Workers, one isolate of many. With a purge log what is purged or invalidated goes to all of
// them, and is answered once the log has it.
func (e *Engine[B]) admin(r *Request) {
	if e.config.Token == "" {
		e.sendText(r.ID, 404, wording.Of(wording.NothingHere), 0)
		return
	}
	scheme, token, _ := ascii.Cut(r.Fields.Field("authorization"), " ")
	if !ascii.EqualFold(scheme, "bearer") || !config.SameSecret(ascii.TrimOWS(token), e.config.Token) {
		e.sendAs(r.ID, 401, wording.Of(wording.NeedsToken)+"\n",
			field.Field{Name: "content-type", Value: "text/plain; charset=utf-8"}, field.Field{Name: "www-authenticate", Value: `Bearer realm="inlay"`})
		return
	}
	method, name := "GET", strings.TrimPrefix(r.path, AdminPrefix)
	switch name {
	case "purge", "invalidate":
		method = "POST"
	case "stats", "metrics":
	default:
		e.sendText(r.ID, 404, wording.Of(wording.NoSuchPath), 0)
		return
	}
	if r.Method != method {
		e.sendAs(r.ID, 405, wording.Of(wording.OnlyMethod, method)+"\n",
			field.Field{Name: "content-type", Value: "text/plain; charset=utf-8"}, field.Field{Name: "allow", Value: method})
		return
	}
	if method == "POST" {
		e.purge(r, name == "invalidate")
		return
	}
	contentType := "application/json"
	if name == "metrics" {
		contentType = "text/plain; version=0.0.4; charset=utf-8"
	}
	text, size := e.host.Tell(&Figures{Values: e.figures(), Problems: e.config.Problems, Prometheus: name == "metrics"})
	e.sendBlob(r.ID, 200, text, size, field.Field{Name: "content-type", Value: contentType})
	e.host.Drop(text)
}
