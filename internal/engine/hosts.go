package engine

import (
	"inlay/internal/page"
	"inlay/internal/route"
)

// Hosts that one site is served under, each with fragments of its own: [config.Config].Hosts.

// appendHost appends the line of a request's host to a key, if hosts are kept apart. The error is
// otherHost.
func (e *Engine[B]) appendHost(key []byte, in route.Inputs) ([]byte, error) {
	if len(e.config.Hosts) == 0 {
		return key, nil
	}
	host := e.visitorsHost(in)
	if host == "" {
		return key, e.otherHost
	}
	key = append(key, '\n')
	key = append(key, page.HostField...)
	key = append(key, ": "...)
	return append(key, host...), nil
}

// know notes in a request what its keys need of the engine.
func (e *Engine[B]) know(r *Request) {
	r.lot = route.Lot(e.config.Seed, uint64(r.ID)^r.Draw)
	r.hosts = len(e.config.Hosts) > 0
}

// visitorsHost is the member of Hosts that a request came for, empty if there is none.
func (e *Engine[B]) visitorsHost(in route.Inputs) string {
	if len(e.config.Hosts) == 0 {
		return ""
	}
	return e.config.HostOf(in.Header("host"))
}
