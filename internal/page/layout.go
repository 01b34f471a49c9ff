package page

import "inlay/internal/sum"

// Layout is a page's text, [Shell.Static] joined, in pieces: what an [Outline] is of a page of the origin.
type Layout struct {
	Pieces []Piece
	Size   int      // of the text, in bytes
	Sum    [16]byte // of the text and of where its slots are, for ETags
}

// Lay makes the layout of a page that has Static.
func Lay(p *Page) *Layout {
	l := &Layout{}
	h := sum.New()
	inserts := p.Inserts
	for i, s := range p.Static {
		h.WriteString(s)
		h.WriteString("\x00")
		start := l.Size
		l.Size += len(s)
		from := start
		until := func(off int) {
			if to := start + off; to > from {
				l.Pieces = append(l.Pieces, Piece{Kind: TextPiece, From: from, To: to})
				from = to
			}
		}
		insert := func(most int) { // where one is at the head or the tail, it comes before
			for len(inserts) > 0 && inserts[0].Part == i && inserts[0].Off <= most {
				until(inserts[0].Off)
				l.Pieces = append(l.Pieces, Piece{Kind: ParamPiece, Slot: inserts[0].Param, As: inserts[0].As})
				inserts = inserts[1:]
			}
		}
		head := func() {
			insert(p.Head.Off)
			until(p.Head.Off)
			l.Pieces = append(l.Pieces, Piece{Kind: HeadPiece})
		}
		last := i == len(p.Static)-1 // the tail is never before the last slot, so it lies there
		if p.Head.Part == i && !(last && p.Tail.Off < p.Head.Off) {
			head()
		}
		if last {
			insert(p.Tail.Off)
			until(p.Tail.Off)
			l.Pieces = append(l.Pieces, Piece{Kind: TailPiece, Text: p.Closers})
			if p.Head.Part == i && p.Tail.Off < p.Head.Off {
				head()
			}
		}
		insert(len(s))
		until(len(s))
		if !last {
			l.Pieces = append(l.Pieces, Piece{Kind: SlotPiece, Slot: i})
		}
	}
	l.Sum = h.Bytes()
	return l
}
