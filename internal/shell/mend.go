package shell

import (
	"errors"
	"slices"

	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/wording"
)

// nowhere is all that a fragment can say of places: it may stand in none that a patch is for.
const nowhere = markup.Mask(1<<30 - 1)

// mend reads a fragment without its slots as a fragment is read, and mends its pieces so that it is the same in its place as in a patch.
// The error says why that cannot be.
func (o *Outliner) mend() error {
	given := &o.given
	conflicts, depth, edits, err := o.inspect(o.flat)
	if err == nil && len(edits) > 0 {
		pieces := mended(given.Pieces, edits)
		var again []markup.Edit
		if conflicts, depth, again, err = o.inspect(edited(o.flat, edits)); err == nil && len(again) > 0 {
			err = errors.New(wording.Of(wording.CannotBeMended))
		}
		if err == nil {
			given.Pieces = pieces
		}
	}
	given.Conflicts, given.Depth = conflicts, min(depth, markup.MaxDepth)
	return err
}

// inspect reads a fragment as browsers do that run scripts, and if there is <noscript> in it, as others do too.
func (o *Outliner) inspect(html []byte) (conflicts markup.Mask, depth int, edits []markup.Edit, err error) {
	if o.common.fragment == nil {
		o.common.fragment = new(markup.Fragment)
	}
	f := o.common.fragment
	for _, scripting := range [...]bool{true, false} {
		f.Reset(scripting, 0)
		f.Write(html)
		if text := f.End(); text != "" {
			return nowhere, 0, nil, errors.New(text)
		}
		conflicts |= f.Conflicts()
		depth = max(depth, f.Depth())
		if scripting {
			edits = slices.Clone(f.Edits())
		} else if !slices.Equal(edits, f.Edits()) {
			return nowhere, 0, nil, errors.New(wording.Of(wording.NoscriptDecides))
		}
		if !f.Noscript() {
			break
		}
	}
	return conflicts, depth, edits, nil
}

// edited is a text with edits made, which are in order.
func edited(html []byte, edits []markup.Edit) []byte {
	out, at := make([]byte, 0, len(html)+64), 0
	for _, e := range edits {
		if e.At > at {
			out, at = append(out, html[at:e.At]...), e.At
		}
		out, at = append(out, e.Put...), at+e.Cut
	}
	return append(out, html[min(at, len(html)):]...)
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
