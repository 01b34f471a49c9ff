//go:build !tinygo || documents

package route

import "inlay/internal/ascii"

// Conflict says why two pages cannot have these patterns, as in "/a" and "/a" match the same paths; empty if they can.
func (p *Pattern) Conflict(q *Pattern) string {
	both := ascii.Shorten(p.text) + " and " + ascii.Shorten(q.text)
	switch p.compare(q) {
	case equal:
		return both + " match the same paths; expected one page for each path"
	case overlapping:
		return both + " both match " + p.commonPath(q) + "; expected one of them to be more specific"
	}
	return ""
}

// Under tells whether p is more specific than q, and so answers what both match.
func (p *Pattern) Under(q *Pattern) bool { return p.compare(q) == moreSpecific }

// String is the pattern as it is written.
func (p *Pattern) String() string { return p.text }
