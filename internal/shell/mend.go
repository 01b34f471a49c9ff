package shell

import (
	"errors"

	"inlay/internal/markup"
	"inlay/internal/page"
)

// nowhere is all that a fragment can say of places: it may stand in none that a patch is for.
const nowhere = markup.Mask(1<<30 - 1)

// mend reads a fragment without its slots as a fragment is read, and mends its pieces so that it is the same in its place as in a patch.
// The error says why that cannot be.
func (o *Outliner) mend() error {
	if o.common.fragment == nil {
		o.common.fragment = new(markup.Fragment)
	}
	given := &o.given
	found, edits := o.common.fragment.Mending(o.flat, 0)
	given.Conflicts, given.Depth = found.Conflicts, min(found.Depth, markup.MaxDepth)
	if found.Fault != "" {
		given.Conflicts, given.Depth = nowhere, 0
		return errors.New(found.Fault)
	}
	if len(edits) > 0 {
		given.Pieces = mended(given.Pieces, edits)
	}
	return nil
}

// mended are pieces with edits made in their text. What is put where a slot stands comes behind it: it is put before a tag, or at the end.
func mended(list []page.Piece, edits []markup.Edit) (out []page.Piece) {
	at, cut := 0, 0
	put := func() {
		e := edits[0]
		edits, cut = edits[1:], cut+e.Cut
		if e.Put != "" {
			out = append(out, page.Piece{Kind: page.LiteralPiece, Text: e.Put})
		}
	}
	for _, p := range list {
		size := len(p.Text)
		if p.Kind == page.TextPiece {
			size = p.To - p.From
		}
		if p.Kind == page.SlotPiece {
			out = append(out, p)
			continue
		}
		for from := 0; from < size; {
			if len(edits) > 0 && edits[0].At <= at {
				put()
				continue
			}
			n := size - from
			if len(edits) > 0 {
				n = min(n, edits[0].At-at)
			}
			if cut > 0 {
				n = min(n, cut)
				cut -= n
			} else if p.Kind == page.TextPiece {
				out = appendText(out, p.From+from, p.From+from+n)
			} else {
				out = append(out, page.Piece{Kind: p.Kind, Text: p.Text[from : from+n]})
			}
			from, at = from+n, at+n
		}
	}
	for len(edits) > 0 {
		put()
	}
	return out
}
