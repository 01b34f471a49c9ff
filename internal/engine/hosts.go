package engine

import (
	"inlay/internal/page"
	"inlay/internal/route"
)

// Hosts that one site is served under, each with fragments of its own: [config.Config].Hosts.

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
	key = append(key, page.HostField...)
	key = append(key, ": "...)
	return append(key, host...), nil
}

// visitorsHost is the member of Hosts that a request came for, empty if there is none.
func (e *Engine[B]) visitorsHost(in route.Inputs) string {
	if len(e.config.Hosts) == 0 {
		return ""
	}
	return e.config.HostOf(in.Header("host"))
}
