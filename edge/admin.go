package edge

import (
	"strconv"
	"strings"
)

// adminPrefix begins the paths of administration. They never reach a page or the origin, see [isInternal].
const adminPrefix = "/_inlay/"

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
	scheme, token, _ := cutText(r.Fields.Field("authorization"), " ")
	if !equalFold(scheme, "bearer") || !sameSecret(trimOWS(token), e.config.Token) {
		e.sendAs(r.ID, 401, "The Authorization field must be: Bearer, and the value of INLAY_TOKEN.\n",
			Field{"content-type", "text/plain; charset=utf-8"}, Field{"www-authenticate", `Bearer realm="inlay"`})
		return
	}
	method, answer := "GET", (func(query string) (int, string, string))(nil)
	switch strings.TrimPrefix(r.path, adminPrefix) {
	case "purge":
		method, answer = "POST", e.adminPurge
	case "invalidate":
		method, answer = "POST", e.adminInvalidate
	case "stats":
		answer = func(string) (int, string, string) { return 200, "application/json", e.Stats().json() }
	case "metrics":
		answer = func(string) (int, string, string) {
			return 200, "text/plain; version=0.0.4; charset=utf-8", e.Stats().prometheus()
		}
	default:
		e.sendText(r.ID, 404, "There is no such path; see purge, invalidate, stats and metrics under "+adminPrefix+".", 0)
		return
	}
	if r.Method != method {
		e.sendAs(r.ID, 405, "This path takes "+method+" only.\n",
			Field{"content-type", "text/plain; charset=utf-8"}, Field{"allow", method})
		return
	}
	status, contentType, text := answer(r.query)
	e.sendAs(r.ID, status, text, Field{"content-type", contentType})
}

func (e *Engine[B]) adminPurge(query string) (int, string, string) {
	removed, asked, now := 0, false, e.clock.outside(e.now)
	bad := eachParameter(query, func(name, value string) bool {
		asked = true
		switch {
		case name == "tag" && value != "":
			removed += e.PurgeTag(value, now)
		case name == "key" && value != "":
			if v, _ := e.fragments.Inspect(value, e.now); v != nil || e.failureOf(value) != nil {
				removed++
			}
			e.Purge(value, now)
		case name == "all" && value == "1":
			removed += e.fragments.Len() + e.failures.Len()
			e.PurgeAll(now)
		default:
			return false
		}
		return true
	})
	return adminCount("purged", removed, bad, asked, "tag=…, key=… or all=1")
}

func (e *Engine[B]) adminInvalidate(query string) (int, string, string) {
	changed, asked, now := 0, false, e.clock.outside(e.now)
	bad := eachParameter(query, func(name, value string) bool {
		asked = true
		if name != "tag" || value == "" {
			return false
		}
		changed += e.InvalidateTag(value, now)
		return true
	})
	return adminCount("invalidated", changed, bad, asked, "tag=…")
}

func adminCount(what string, n int, bad string, asked bool, expected string) (int, string, string) {
	count := `"` + what + `":` + strconv.Itoa(n)
	switch {
	case bad != "":
		return 400, "application/json", `{` + count + `,"error":"the parameter ` + trim(quoteForMessage(bad), `"`) + ` was not understood; expected ` + expected + `"}` + "\n"
	case !asked:
		return 400, "application/json", `{` + count + `,"error":"the query names nothing; expected ` + expected + `"}` + "\n"
	}
	return 200, "application/json", `{` + count + "}\n"
}

// eachParameter calls f for each parameter of an encoded query, decoded, until f refuses one, which it gives back.
func eachParameter(query string, f func(name, value string) bool) (refused string) {
	for query != "" {
		var pair string
		pair, query, _ = cutText(query, "&")
		if pair == "" {
			continue
		}
		name, value, _ := cutText(pair, "=")
		n, ok := decodeQuery(name)
		v, ok2 := decodeQuery(value)
		if !ok || !ok2 || !f(n, v) {
			return pair
		}
	}
	return ""
}

// sameSecret compares in a time that tells nothing but the length.
func sameSecret(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	var differ byte
	for i := 0; i < len(a); i++ {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}

// decodeQuery decodes a name or a value of a query as forms encode it.
func decodeQuery(s string) (string, bool) {
	decoded := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		b, n := queryByte(s, i)
		if n == 0 {
			return "", false
		}
		decoded = append(decoded, b)
		i += n
	}
	return string(decoded), true
}
