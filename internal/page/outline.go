package page

import (
	"inlay/internal/markup"
	"inlay/internal/route"
)

// Outline says where the slots are in bytes that lie elsewhere: a page of the origin, or a fragment with slots. It holds no text of
// theirs.
type Outline struct {
	Pieces []Piece // in order
	// Slots are what pieces and groups name, in the order of the text; what a slot is replaced by when it fails comes after it.
	Slots []Slot
	// Links are Link header values for what the document's head will load.
	Links []string
	// Conflicts and Depth are, of a fragment, where it may not stand, and how deep its own elements are nested: see markup.Fragment.
	Conflicts markup.Mask
	Depth     int
}

// Piece is a part of what an outline is of.
type Piece struct {
	Kind     PieceKind
	From, To int      // TextPiece: the bytes from From up to To
	Text     string   // LiteralPiece, TailPiece: text that does not stand there
	Slot     int      // SlotPiece: its index; ParamPiece: that of the parameter
	As       InsertAs // ParamPiece: what it is written as
}

// Plain tells whether an outline says nothing of so many bytes: that they are text as they stand.
func (o *Outline) Plain(size int) bool {
	if len(o.Slots) > 0 || len(o.Pieces) > 1 {
		return false
	}
	return size == 0 || len(o.Pieces) == 1 && o.Pieces[0].Kind == TextPiece && o.Pieces[0].From == 0 && o.Pieces[0].To == size
}

// PieceKind is what a piece is.
type PieceKind uint8

const (
	// TextPiece is a range of the bytes.
	TextPiece PieceKind = iota
	// LiteralPiece is a short text that does not stand in them.
	LiteralPiece
	// SlotPiece is a slot.
	SlotPiece
	// HeadPiece is where the fallback script goes, once in a document; nothing unless it is streamed.
	HeadPiece
	// TailPiece is where patches go, once in a document and after all of its slots; its Text is the end tags that come before
	// them. Nothing unless it is streamed.
	TailPiece
	// ParamPiece is a parameter of a page's pattern: not of an outline.
	ParamPiece
	pieceKinds
)

// outlineMagic begins an outline's bytes.
const outlineMagic = "inlay outline 2\n"

// EncodeOutline writes an outline for [DecodeOutline].
//
//	outline = magic pieces slots links conflicts depth
//	piece   = kind and what it has: from to, text, or slot
func EncodeOutline(o *Outline) []byte {
	w := writer{buf: []byte(outlineMagic)}
	w.pieces(o.Pieces)
	w.number(len(o.Slots))
	for i := range o.Slots {
		w.slot(&o.Slots[i])
		w.origins(&o.Slots[i])
	}
	w.texts(o.Links)
	w.number(int(o.Conflicts))
	w.number(o.Depth)
	return w.buf
}

// DecodeOutline reads what [EncodeOutline] wrote. The error says that it is something else. Slots that pieces, groups and Else name
// are not looked for here: an outline may be a part of a longer one, whose slots came before.
func DecodeOutline(data []byte) (o Outline, err error) {
	r := reader{data: data}
	if len(data) < len(outlineMagic) || string(data[:len(outlineMagic)]) != outlineMagic {
		return o, errPages
	}
	r.data = data[len(outlineMagic):]
	o.Pieces = r.pieces()
	if n := r.count(slotLeast); n > 0 {
		o.Slots = make([]Slot, n)
	}
	for i := range o.Slots {
		r.slot(&o.Slots[i])
		r.origins(&o.Slots[i])
	}
	o.Links = r.texts()
	o.Conflicts = markup.Mask(r.below(1 << 30))
	o.Depth = r.below(markup.MaxDepth + 2 + 1)
	if r.bad || len(r.data) > 0 {
		return Outline{}, errPages
	}
	return o, nil
}

func (w *writer) pieces(list []Piece) {
	w.number(len(list))
	for i := range list {
		p := &list[i]
		w.number(int(p.Kind))
		switch p.Kind {
		case TextPiece:
			w.number(p.From)
			w.number(p.To)
		case SlotPiece:
			w.number(p.Slot)
		case ParamPiece:
			w.number(p.Slot)
			w.number(int(p.As))
		default:
			w.text(p.Text)
		}
	}
}

func (r *reader) pieces() []Piece {
	n := r.count(2 * listLeast)
	if n == 0 {
		return nil
	}
	list := make([]Piece, n)
	for i := range list {
		p := &list[i]
		p.Kind = PieceKind(r.below(int(pieceKinds)))
		switch p.Kind {
		case TextPiece:
			p.From = r.below(1 << 30)
			p.To = r.below(1 << 30)
			if p.To < p.From {
				r.fail()
			}
		case SlotPiece:
			p.Slot = r.below(1 << 16)
		case ParamPiece:
			p.Slot, p.As = r.below(1<<16), InsertAs(r.below(int(AsPath)+1))
		default:
			p.Text = r.text()
		}
	}
	return list
}

// origins writes what only slots of an outline have.
func (w *writer) origins(s *Slot) {
	w.flag(s.InPlace)
	w.flag(s.Lenient)
	w.number(int(s.Reach))
	w.number(s.Else)
	w.flag(s.Whole)
	w.pieces(s.Group)
	w.inputs(s.Inputs)
	w.texts(s.Defaults)
}

func (r *reader) origins(s *Slot) {
	s.InPlace = r.flag()
	s.Lenient = r.flag()
	s.Reach = markup.Mask(r.below(1 << 30))
	s.Else = r.below(1 << 16)
	s.Whole = r.flag()
	s.Group = r.pieces()
	s.Inputs = r.inputs()
	if s.Defaults = r.texts(); len(s.Defaults) != len(s.Inputs) {
		r.fail()
	}
	for _, h := range s.Source.Holes {
		if h.Param >= len(s.Inputs) {
			r.fail()
		}
	}
}

func (w *writer) inputs(list []route.Input) {
	w.number(len(list))
	for _, in := range list {
		w.number(int(in.Kind))
		w.text(in.Name)
	}
}

func (r *reader) inputs() []route.Input {
	n := r.count(2 * listLeast)
	if n == 0 {
		return nil
	}
	list := make([]route.Input, n)
	for i := range list {
		list[i] = route.Input{Kind: route.InputKind(r.below(int(route.Kinds))), Name: r.text()}
	}
	return list
}
