package engine

import (
	"inlay/internal/answer"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/tier"
	"inlay/internal/wording"
)

// What a fragment's HTML is, is found out once, when its fill ends: whether it can be the same in its place as in a patch, at
// which kinds of places it cannot, and what of it has to be mended for that. The parser behind it is internal/markup.

// inspection is what was found in a fragment.
type inspection[B any] struct {
	sum       [16]byte
	conflicts markup.Mask // the places where it may not stand
	depth     int         // how deep its elements are nested
	edits     []markup.Edit
	slots     bool     // it has an <edge-slot>
	plan      *plan[B] // of one with slots
	reads     int64    // and what was read for it, as tier.Entry has it
	loose     loose[B]
}

// inspectFor does that as it is needed for the slot of a fill: what its answer says, or what is found in it, may make slots of its own.
// A page of the origin goes out with a header.
func (e *Engine[B]) inspectFor(f *fill[B], blob B, size int, header []field.Field, edge, esi bool) (B, int, inspection[B], *answer.FillError) {
	s := f.slot
	request := page.ReadKey(f.key)
	p := Parse{Document: s.Document, EdgeSlots: edge, ESI: esi, Base: request.Src}
	var r inspection[B]
	var err *answer.FillError
	if s.Document {
		e.declares(&p)
	} else if !esi && !edge {
		if blob, size, r, err = e.inspect(blob, size, s.Lenient); err != nil || !r.slots {
			return blob, size, r, err
		}
		p.EdgeSlots = true
	}
	o, bad := page.DecodeOutline(e.host.Parse(blob, p))
	pl := newOutlined[B](&page.Page{Header: header})
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
		return e.inspect(blob, size, s.Lenient)
	}
	if r.sum, err = e.sumOf(blob, size); err != nil {
		pl.drop(e.host)
		return blob, size, r, err
	}
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
	v.conflicts, v.depth, v.plan, v.reads, v.loose = r.conflicts, r.depth, r.plan, r.reads, r.loose
	v.cost += r.loose.size
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

// inspect reads a fragment, and mends it if need be. It gives the blob that is kept, also with an error.
func (e *Engine[B]) inspect(blob B, size int, lenient bool) (B, int, inspection[B], *answer.FillError) {
	r, err := e.read(blob, size, 0)
	if err == nil && len(r.edits) == 0 {
		return blob, size, r, nil
	}
	mended, n := blob, size
	if err == nil {
		mended, n = e.mend(blob, size, r.edits)
		if r, err = e.read(mended, n, 0); err == nil && len(r.edits) > 0 {
			err = markupError(wording.Of(wording.CannotBeMended))
		}
		if lenient && err == nil {
			r.loose = loose[B]{is: true, raw: blob, size: size}
			return mended, n, r, nil
		}
		if lenient {
			mended, blob, n = blob, mended, size
		}
		e.host.Drop(blob)
	}
	if lenient {
		r = inspection[B]{loose: loose[B]{is: true, fault: err}, conflicts: ^markup.Mask(0)}
		r.sum, err = e.sumOf(mended, n)
	}
	return mended, n, r, err
}

// sumOf is the sum of a blob's bytes.
func (e *Engine[B]) sumOf(blob B, size int) ([16]byte, *answer.FillError) {
	h := newSum()
	for off := 0; off < size; {
		n := e.host.Read(blob, off, e.chunk)
		if n <= 0 {
			return h.bytes(), &answer.FillError{Reason: answer.ConnectError, Text: wording.Of(wording.ShortBody)}
		}
		h.write(e.chunk[:n])
		off += n
	}
	return h.bytes(), nil
}

// read reads a fragment as browsers do that run scripts, and if there is <noscript> in it, as others do too. Of the
// conflicts in watch it makes the first an error.
func (e *Engine[B]) read(blob B, size int, watch markup.Mask) (r inspection[B], err *answer.FillError) {
	f := &e.markup
	h := newSum()
	for _, scripting := range [...]bool{true, false} {
		f.Reset(scripting, watch)
		for off := 0; off < size; {
			n := e.host.Read(blob, off, e.chunk)
			if n <= 0 {
				return r, &answer.FillError{Reason: answer.ConnectError, Text: wording.Of(wording.ShortBody)}
			}
			f.Write(e.chunk[:n])
			if scripting {
				h.write(e.chunk[:n])
			}
			off += n
		}
		if text := f.End(); text != "" {
			return r, markupError(text)
		}
		r.conflicts |= f.Conflicts()
		r.depth = max(r.depth, f.Depth())
		r.slots = r.slots || f.Slots()
		if scripting {
			r.edits = append(r.edits, f.Edits()...)
		} else if !sameEdits(r.edits, f.Edits()) {
			return r, markupError(wording.Of(wording.NoscriptDecides))
		}
		if !f.Noscript() {
			break
		}
	}
	r.sum = h.bytes()
	return r, nil
}

func sameEdits(a, b []markup.Edit) bool {
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func markupError(text string) *answer.FillError {
	return &answer.FillError{Reason: answer.MarkupError, Text: text}
}

// mend makes the blob that edits make of another one.
func (e *Engine[B]) mend(blob B, size int, edits []markup.Edit) (B, int) {
	var parts []B
	total, off := 0, 0
	for _, edit := range append(edits, markup.Edit{At: size}) {
		put := []byte(edit.Put)
		for off < edit.At {
			n := e.host.Read(blob, off, e.chunk[:min(len(e.chunk), edit.At-off)])
			parts = append(parts, e.host.NewBlob(e.chunk[:n]))
			off, total = off+n, total+n
		}
		off += edit.Cut
		parts = append(parts, e.host.NewBlob(put))
		total += len(put)
	}
	mended := e.host.Join(parts)
	for _, part := range parts {
		e.host.Drop(part)
	}
	return mended, total
}
