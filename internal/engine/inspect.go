package engine

import (
	"inlay/internal/answer"
	"inlay/internal/markup"
	"inlay/internal/wording"
)

// What a fragment's HTML is, is found out once, when its fill ends: whether it can be the same in its place as in a patch, at
// which kinds of places it cannot, and what of it has to be mended for that. The parser behind it is internal/markup.

// inspection is what was found in a fragment.
type inspection struct {
	sum       [16]byte
	conflicts markup.Mask // the places where it may not stand
	depth     int         // how deep its elements are nested
	edits     []markup.Edit
}

// inspect reads a fragment, and mends it if need be. It gives the blob that is kept, also with an error.
func (e *Engine[B]) inspect(blob B, size int) (B, int, inspection, *answer.FillError) {
	r, err := e.read(blob, size, 0)
	if err != nil || len(r.edits) == 0 {
		return blob, size, r, err
	}
	mended, n := e.mend(blob, size, r.edits)
	e.host.Drop(blob)
	if r, err = e.read(mended, n, 0); err == nil && len(r.edits) > 0 {
		err = markupError(wording.Of(wording.CannotBeMended))
	}
	return mended, n, r, err
}

// read reads a fragment as browsers do that run scripts, and if there is <noscript> in it, as others do too. Of the
// conflicts in watch it makes the first an error.
func (e *Engine[B]) read(blob B, size int, watch markup.Mask) (r inspection, err *answer.FillError) {
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

// misfit tells why a fragment may not stand in a slot; nil if it may. The slot alone fails by it: the fragment is good for
// others.
func (e *Engine[B]) misfit(sp *slotPlan[B], v *entry[B]) *answer.FillError {
	why := sp.Around & v.conflicts
	if why == 0 && sp.Depth+v.depth <= markup.MaxDepth {
		return nil
	}
	if sp.misfit != nil && sp.misfitSum == v.sum {
		return sp.misfit
	}
	_, err := e.read(v.blob, v.size, why)
	if err == nil {
		err = markupError(wording.Of(wording.TooDeepInPage))
	}
	sp.misfit, sp.misfitSum = err, v.sum
	e.host.Report(sp.Src, sp.misfit)
	return sp.misfit
}
