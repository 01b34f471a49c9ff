package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/route"
)

// AdminPrefix begins the paths of administration. They never reach a page or the origin, see [route.IsInternal].
const AdminPrefix = "/_inlay/"

// admin answers a request of administration. Everything is 404 unless the configuration has a token; with one, a request
// needs it as bearer token (RFC 6750, section 2.1).
//
//	POST /_inlay/purge?tag=…&key=…&all=1   removes what carries a tag, a key, or all; each may be repeated
//	POST /_inlay/invalidate?tag=…          ends the freshness of what carries a tag
//	GET  /_inlay/stats                     the counters, as JSON
//	GET  /_inlay/metrics                   the same for Prometheus
//
// All of it concerns this engine: on Workers, one isolate of many.
func (e *Engine[B]) admin(r *Request) {
	if e.config.Token == "" {
		e.sendText(r.ID, 404, "There is nothing here.", 0)
		return
	}
	scheme, token, _ := ascii.Cut(r.Fields.Field("authorization"), " ")
	if !ascii.EqualFold(scheme, "bearer") || !config.SameSecret(ascii.TrimOWS(token), e.config.Token) {
		e.sendAs(r.ID, 401, "The Authorization field must be: Bearer, and the value of INLAY_TOKEN.\n",
			field.Field{Name: "content-type", Value: "text/plain; charset=utf-8"}, field.Field{Name: "www-authenticate", Value: `Bearer realm="inlay"`})
		return
	}
	method, name := "GET", strings.TrimPrefix(r.path, AdminPrefix)
	switch name {
	case "purge", "invalidate":
		method = "POST"
	case "stats", "metrics":
	default:
		e.sendText(r.ID, 404, "There is no such path; see purge, invalidate, stats and metrics under "+AdminPrefix+".", 0)
		return
	}
	if r.Method != method {
		e.sendAs(r.ID, 405, "This path takes "+method+" only.\n",
			field.Field{Name: "content-type", Value: "text/plain; charset=utf-8"}, field.Field{Name: "allow", Value: method})
		return
	}
	status, contentType, text := 200, "application/json", ""
	switch name {
	case "stats":
		text = e.figures().json()
	case "metrics":
		contentType, text = "text/plain; version=0.0.4; charset=utf-8", e.figures().prometheus()
	default:
		status, text = e.adminChange(r.query, name == "invalidate")
	}
	e.sendAs(r.ID, status, text, field.Field{Name: "content-type", Value: contentType})
}

// adminChange purges or, soft, invalidates what each parameter of the query names, in their order, until one is not
// understood. It gives the answer's status and its JSON.
func (e *Engine[B]) adminChange(query string, soft bool) (status int, text string) {
	what, expected := "purged", "tag=…, key=… or all=1"
	if soft {
		what, expected = "invalidated", "tag=…"
	}
	n, now, problem := 0, e.clock.outside(e.now), "the query names nothing"
	for query != "" && status == 0 {
		var pair string
		pair, query, _ = ascii.Cut(query, "&")
		if pair == "" {
			continue
		}
		encodedName, encodedValue, _ := ascii.Cut(pair, "=")
		name, _ := route.DecodeQuery(encodedName)
		value, ok := route.DecodeQuery(encodedValue)
		problem = ""
		switch {
		case !ok || value == "":
			status = 400
		case name == "tag" && soft:
			n += e.InvalidateTag(value, now)
		case name == "tag":
			n += e.PurgeTag(value, now)
		case name == "key" && !soft:
			if v, _ := e.fragments.Inspect(value, e.now); v != nil || e.failureOf(value) != nil {
				n++
			}
			e.Purge(value, now)
		case name == "all" && value == "1" && !soft:
			n += e.fragments.Len() + e.failures.Len()
			e.PurgeAll(now)
		default:
			status = 400
		}
		if status != 0 {
			problem = "the parameter " + ascii.Trim(ascii.Quote(pair), `"`) + " was not understood"
		}
	}
	text = `{"` + what + `":` + decimal.String(n)
	if problem != "" {
		return 400, text + `,"error":"` + problem + "; expected " + expected + "\"}\n"
	}
	return 200, text + "}\n"
}
