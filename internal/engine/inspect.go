package engine

import (
	"math"

	"inlay/internal/answer"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/tier"
	"inlay/internal/wording"
)

// What a fragment's HTML is, is found out once, when its fill ends: see [markup.Fragment.Inspect], which the host calls.

// inspection is what was found in a fragment.
type inspection[B any] struct {
	sum       [16]byte
	conflicts markup.Mask // the places where it may not stand
	depth     int         // how deep its elements are nested
	plan      *plan[B]    // of one with slots
	reads     int64       // and what was read for it, as tier.Entry has it
	loose     loose[B]
}

// inspectFor reads a fragment as it is needed for the slot of a fill: what its answer says, or what is found in it, may make slots of its own.
// A page of the origin goes out with a header.
func (e *Engine[B]) inspectFor(f *fill[B], blob B, size int, v *answer.Verdict) (B, int, inspection[B], *answer.FillError) {
	s := f.slot
	request := page.ReadKey(f.key)
	p := Parse{Document: s.Document, EdgeSlots: v.EdgeSlots, ESI: v.ESI, Base: request.Src}
	var r inspection[B]
	var err *answer.FillError
	if s.Document {
		e.declares(&p)
	} else if !v.ESI && !v.EdgeSlots {
		var slots bool
		if blob, size, r, slots, err = e.inspect(blob, size, s.Lenient); err != nil || !slots {
			return blob, size, r, err
		}
		p.EdgeSlots = true
	}
	o, bad := page.DecodeOutline(e.host.Parse(blob, p))
	pl := newOutlined[B](&page.Page{Header: v.Header})
	switch {
	case bad != nil || !e.outline(pl, &o, blob, size, request.Host()):
		pl = nil
	case len(pl.slots) == 0 && !p.ESI && !p.Document:
		pl.drop(e.host)
		pl = nil
	}
	if pl == nil {
		if p.Document {
			return blob, size, r, &answer.FillError{Reason: answer.RefusedError, Status: 200, Text: wording.Of(wording.HasNoSlots)}
		}
		blob, size, r, _, err = e.inspect(blob, size, s.Lenient)
		return blob, size, r, err
	}
	found, _ := e.host.Inspect(blob, markup.InspectOptions{Sum: true})
	r.sum = found.Sum
	pl.grow(&s.Varies)
	pl.sum = r.sum
	r.plan, r.reads, r.conflicts, r.depth = pl, p.reads(), o.Conflicts, o.Depth
	return blob, size, r, nil
}

// reads is what p looks for, as tier.Entry has it.
func (p *Parse) reads() (n int64) {
	if p.EdgeSlots {
		n = tier.EdgeSlots
	}
	if p.ESI {
		n |= tier.ESI
	}
	return n
}

// have takes over what was found in an entry's blob.
func (v *entry[B]) have(r *inspection[B]) {
	v.conflicts, v.depth = r.conflicts, uint16(min(r.depth, math.MaxUint16)) // markup.MaxDepth is far below
	if r.plan == nil && !r.loose.is {
		return
	}
	v.rare = &rare[B]{plan: r.plan, reads: r.reads, loose: r.loose}
	v.cost += rareOverhead + r.loose.size
	if r.plan != nil {
		v.cost += r.plan.cost()
	}
}

// loose is what is to be known of a fragment for ESI whose markup goes beyond it: an element that is closed in another, say. In its
// place it stands as it came, which is how ESI has it; in a patch it is mended.
type loose[B any] struct {
	is   bool
	raw  B // as it came, if it is not the blob
	size int
	// fault is why it cannot be mended; nil: it is.
	fault *answer.FillError
}

// inspect has a fragment read, and mended if need be, and tells whether it has slots. It gives the blob that is kept, also with an error.
func (e *Engine[B]) inspect(blob B, size int, lenient bool) (B, int, inspection[B], bool, *answer.FillError) {
	found, mended := e.host.Inspect(blob, markup.InspectOptions{Lenient: lenient})
	r := inspection[B]{sum: found.Sum, conflicts: found.Conflicts, depth: found.Depth}
	r.loose.is = found.Loose
	if found.Mended {
		if found.Loose {
			r.loose.raw, r.loose.size = blob, size
		} else {
			e.host.Drop(blob)
		}
		blob, size = mended, found.Size
	}
	if found.Fault == "" {
		return blob, size, r, found.Slots, nil
	}
	fault := markupError(found.Fault)
	if !found.Loose {
		return blob, size, r, false, fault
	}
	r.loose.fault = fault
	return blob, size, r, false, nil
}

func markupError(text string) *answer.FillError {
	return &answer.FillError{Reason: answer.MarkupError, Text: text}
}
