//go:build !tinygo || documents

package route

import (
	"errors"

	"inlay/internal/ascii"
)

// routable reads the pattern of one more page beside others. A pattern that the same path would match as one of theirs,
// neither of them more specific, is an error.
func routable(text string, others []Pattern) (Pattern, error) {
	p, err := ParsePattern(text)
	if err != nil {
		return p, errors.New("edge: " + err.Error())
	}
	for i := range others {
		q := &others[i]
		switch q.compare(&p) {
		case equal:
			return p, errors.New("edge: patterns " + ascii.Shorten(q.text) + " and " + ascii.Shorten(p.text) +
				" conflict: they match the same paths; expected one page for each path")
		case overlapping:
			return p, errors.New("edge: patterns " + ascii.Shorten(q.text) + " and " + ascii.Shorten(p.text) +
				" conflict: both match " + p.commonPath(q) + " and neither is more specific")
		}
	}
	return p, nil
}

// relation is how the paths of one pattern lie to those of another.
type relation uint8

const (
	disjoint     relation = iota // no path matches both
	equal                        // the same paths match both
	moreSpecific                 // what matches the first also matches the second, and not the other way round
	moreGeneral                  // the converse
	overlapping                  // some paths match both, and each has some of its own
)

// compare relates the paths of p to those of q.
func (p *Pattern) compare(q *Pattern) relation {
	pMore, qMore := false, false // each has paths that the other has not
	for i := 0; ; i++ {
		pEnds, qEnds := i == len(p.segments), i == len(q.segments)
		if pEnds || qEnds {
			switch {
			case pEnds && qEnds && (p.tail == q.tail || p.tail.isSubtree() && q.tail.isSubtree()):
			case pEnds && p.tail.isSubtree() && (!qEnds || q.tail == tailSlash):
				pMore = true
			case qEnds && q.tail.isSubtree() && (!pEnds || p.tail == tailSlash):
				qMore = true
			default:
				return disjoint
			}
			break
		}
		a, b := p.segments[i], q.segments[i]
		switch {
		case a.wild && !b.wild:
			pMore = true
		case !a.wild && b.wild:
			qMore = true
		case a.literal != b.literal:
			return disjoint
		}
	}
	switch {
	case pMore && qMore:
		return overlapping
	case pMore:
		return moreGeneral
	case qMore:
		return moreSpecific
	}
	return equal
}

// commonPath is a path that matches both of two overlapping patterns.
func (p *Pattern) commonPath(q *Pattern) string {
	if len(q.segments) > len(p.segments) {
		p, q = q, p
	}
	path := ""
	for i, s := range p.segments {
		literal := s.literal
		if s.wild && i < len(q.segments) {
			literal = q.segments[i].literal
		}
		if literal == "" {
			literal = "x"
		}
		path += "/" + literal
	}
	if p.tail != tailNone {
		path += "/"
	}
	return path
}
