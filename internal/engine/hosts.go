package engine

import (
	"unsafe"

	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/page"
	"inlay/internal/route"
)

// Hosts that one site is served under, each with fragments of its own: [config.Config].Hosts.

// appendHost appends the line of a request's host to a key, if hosts are kept apart, and of its scheme, if what is asked for it is
// its own URL ([config.Route]). What the key has already stays. The error is otherHost.
func (e *Engine[B]) appendHost(key []byte, in route.Inputs) ([]byte, error) {
	behind := e.config.Origin == config.Route
	if len(e.config.Hosts) == 0 && !behind {
		return key, nil
	}
	host := e.visitorsHost(in)
	if host == "" {
		return key, e.otherHost
	}
	key = appendLine(key, page.HostField, host)
	if behind {
		key = appendLine(key, page.ProtoField, in.Header(route.SchemeField))
	}
	return key, nil
}

func appendLine(key []byte, name, value string) []byte {
	if _, _, has := ascii.Cut(unsafe.String(unsafe.SliceData(key), len(key)), "\n"+name+": "); has {
		return key
	}
	key = append(key, '\n')
	key = append(key, name...)
	key = append(key, ": "...)
	return append(key, value...)
}

// visitorsHost is the member of Hosts that a request came for, empty if there is none; where none are listed and it matters, the
// host itself.
func (e *Engine[B]) visitorsHost(in route.Inputs) string {
	switch {
	case len(e.config.Hosts) > 0:
		return e.config.HostOf(in.Header("host"))
	case e.config.Origin == config.Route:
		return in.Header(route.AuthorityField)
	}
	return ""
}

// know notes what the keys of a request may be made of.
func (e *Engine[B]) know(r *Request) {
	r.path, r.query = route.SplitTarget(r.Target)
	r.findSlot()
	lot := r.Draw
	if lot == 0 {
		lot = uint64(r.ID)
	}
	r.in = visitor{fields: r.Fields, query: r.query, lot: route.Lot(e.config.Seed, lot), hosts: len(e.config.Hosts) > 0}
}
