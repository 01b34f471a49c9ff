package edge

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
)

// Hosts that one site is served under, each with fragments of its own: [Config].Hosts.

// hostField carries the visitor's host to the origin, and is a line of the keys. No slot can declare it, so it never comes
// from anything but the list.
const hostField = "x-forwarded-host"

// errHost answers a page that was asked for under another name. RFC 9110, section 15.5.20: 421.
var errHost = &route.RequestError{Reason: "this site is not served under that host"}

// appendHost appends the line of a request's host to a key, if hosts are kept apart. The error is errHost.
func (e *Engine[B]) appendHost(key []byte, in route.Inputs) ([]byte, error) {
	if len(e.config.Hosts) == 0 {
		return key, nil
	}
	host := e.visitorsHost(in)
	if host == "" {
		return key, errHost
	}
	key = append(key, '\n')
	key = append(key, hostField...)
	key = append(key, ": "...)
	return append(key, host...), nil
}

// visitorsHost is the member of Hosts that a request came for, empty if there is none.
func (e *Engine[B]) visitorsHost(in route.Inputs) string {
	if len(e.config.Hosts) == 0 {
		return ""
	}
	return e.config.hostOf(in.Header("host"))
}

// hostOf is the member of Hosts that a Host field names, empty if there is none. A member without a port is meant for
// every port that no other member names.
func (c *Config) hostOf(field string) string {
	name := field
	if i := strings.LastIndexByte(field, ':'); i >= 0 && strings.IndexByte(field[i:], ']') < 0 {
		name = field[:i]
	}
	found := ""
	for _, host := range c.Hosts {
		if ascii.EqualFold(host, field) {
			return host
		}
		if ascii.EqualFold(host, name) {
			found = host
		}
	}
	return found
}
