package field

import (
	"inlay/internal/ascii"
	"inlay/internal/duration"
)

// surrogateName is what inlay calls itself in Surrogate-Capability, and so what a directive that is meant for it alone has
// behind a semicolon.
const surrogateName = "inlay"

// SurrogateCapability is what inlay tells origins that it can do, in Surrogate-Capability (section 3).
const SurrogateCapability = surrogateName + `="ESI/1.0"`

// Surrogate reads Surrogate-Control, its lines joined by commas, into Cache-Control's form (Edge Architecture Specification
// 1.0, section 2.2): own is what it says to inlay by name, behind a semicolon, and any what it says to anybody. What it says to others
// is left out. max-age=N+M becomes a max-age of N and stale directives of M, and no-store-remote, which says the same to what may be far
// from the origin, no-store.
//
// Where neither says anything of keeping, see [CacheControl.Keeps], the other fields do.
func Surrogate(v string) (own, any string) {
	for v != "" {
		var member, name string
		member, v, _ = ascii.Cut(v, ",")
		member, name, _ = ascii.Cut(member, ";")
		if member = ascii.TrimOWS(member); ascii.EqualFold(member, "no-store-remote") {
			member = "no-store"
		}
		if fresh, stale, ok := ascii.Cut(member, "+"); ok && len(fresh) > 7 && ascii.EqualFold(fresh[:7], "max-age") {
			member = fresh + ",stale-while-revalidate=" + stale + ",stale-if-error=" + stale
		}
		if name = ascii.TrimOWS(name); ascii.EqualFold(name, surrogateName) {
			own += "," + member
		} else if name == "" || ascii.InSet('=', name) { // a parameter is no name
			any += "," + member
		}
	}
	return own, any
}

// Keeps tells whether it says anything of keeping, for or against.
func (c *CacheControl) Keeps() bool {
	return c.MaxAge != duration.Unset || c.NoStore || c.Private || c.NoCache
}
