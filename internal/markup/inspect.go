package markup

import (
	"slices"

	"inlay/internal/sum"
	"inlay/internal/wording"
)

// What a fragment's HTML is, is found out once, when its fill ends: whether it can be the same in its place as in a patch, at
// which kinds of places it cannot, and what of it has to be mended for that.

// InspectOptions are how a fragment is read.
type InspectOptions struct {
	// Watch are places where it is to stand: the first of its conflicts with them is its fault.
	Watch Mask
	// Lenient: what goes beyond the fragment's own markup, an element that is closed in another one say, is no fault of it. In its place
	// it stands as it came, which is how ESI has it.
	Lenient bool
	// Sum: nothing but that is wanted.
	Sum bool
}

// Inspection is what was found in a fragment.
type Inspection struct {
	Sum       [16]byte // of the bytes that are kept
	Size      int      // of them
	Conflicts Mask     // the places where it may not stand
	Depth     int      // how deep its elements are nested
	Slots     bool     // it has an <edge-slot>
	Mended    bool     // the bytes that are kept are others
	Loose     bool     // of a lenient reading: its markup goes beyond it
	// Fault is what is wrong with it and cannot be mended, as a text; empty: nothing. Of a lenient reading it is why a patch cannot have it.
	Fault string
}

// Inspect reads a fragment, and mends it if need be. It gives the bytes that are kept.
func (f *Fragment) Inspect(html []byte, o InspectOptions) (found Inspection, kept []byte) {
	if o.Sum {
		return Inspection{Sum: sum.Of(html), Size: len(html)}, html
	}
	i, edits := f.Mending(html, o.Watch)
	kept = html
	if i.Mended = len(edits) > 0; i.Mended {
		kept = edited(html, edits)
	}
	if o.Lenient {
		i.Loose = i.Mended || i.Fault != ""
		if i.Fault != "" {
			i.Conflicts, i.Depth, i.Slots, i.Mended, kept = ^Mask(0), 0, false, false, html
		}
	}
	i.Sum, i.Size = sum.Of(kept), len(kept)
	return i, kept
}

// read reads a fragment as browsers do that run scripts, and if there is <noscript> in it, as others do too. It gives the edits that mend
// it.
func (f *Fragment) read(html []byte, watch Mask, i *Inspection) (edits []Edit) {
	for _, scripting := range [...]bool{true, false} {
		f.Reset(scripting, watch)
		f.Write(html)
		if i.Fault = f.End(); i.Fault != "" {
			return nil
		}
		i.Conflicts |= f.Conflicts()
		i.Depth = max(i.Depth, f.Depth())
		i.Slots = i.Slots || f.Slots()
		if scripting {
			edits = slices.Clone(f.Edits())
		} else if !slices.Equal(edits, f.Edits()) {
			i.Fault = wording.Of(wording.NoscriptDecides)
			return nil
		}
		if !f.Noscript() {
			break
		}
	}
	return edits
}

// Mending is what mends a fragment: what it is when its edits are made, and those. The text says what cannot be mended.
func (f *Fragment) Mending(html []byte, watch Mask) (i Inspection, edits []Edit) {
	if edits = f.read(html, watch, &i); i.Fault != "" || len(edits) == 0 {
		return i, nil
	}
	i = Inspection{}
	if again := f.read(edited(html, edits), watch, &i); i.Fault == "" && len(again) > 0 {
		i.Fault = wording.Of(wording.CannotBeMended)
	}
	return i, edits
}

// edited is a text with edits made, which are in order.
func edited(html []byte, edits []Edit) []byte {
	out, at := make([]byte, 0, len(html)+64), 0
	for _, e := range edits {
		if e.At > at {
			out, at = append(out, html[at:e.At]...), e.At
		}
		out, at = append(out, e.Put...), at+e.Cut
	}
	return append(out, html[min(at, len(html)):]...)
}
