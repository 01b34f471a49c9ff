package engine

import (
	"sync/atomic"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
	"inlay/internal/sum"
	"inlay/internal/wording"
)

// plan is a page made ready for writing: its text as blobs, and its slots. A fragment that has slots has one too, and so has a page
// of the origin.
type plan[B any] struct {
	*page.Page // its policy; of what is no page of the build, a page without a pattern

	pieces []piece[B]
	slots  []*slotPlan[B]
	bytes  int      // of text, in a whole page
	sum    [16]byte // of it
	link   string   // value of the Link field, empty for none
	// depends is what the page depends on: of itself, and of what fragments that went into it have brought along.
	depends atomic.Pointer[depends]
	// arriving: its pieces come as the origin sends them, to one visitor, and are gone once they are written.
	arriving bool
	// loose: fragments have stood in it that only fit in their place, so that it is sent in order.
	loose atomic.Bool
}

// depends is what the key of a composed page is made of.
type depends struct {
	varies route.Varying
	vary   string // value of the Vary field, empty for none
}

// piece is a part of a plan, in the order of the text.
type piece[B any] struct {
	kind pieceKind
	// Of a text: as it stands in a whole page, and in one that is streamed, which has the fallback script in its head, and nothing
	// between the patches' place and the end before the patches. One of the two may be missing.
	whole, streamed   B
	inWhole, inStream bool
	size              int // of whole
	slot              int // its index
	as                page.InsertAs
}

type pieceKind uint8

const (
	textPiece pieceKind = iota
	slotPiece
	tailPiece  // where patches go
	paramPiece // a parameter, its index in slot: only in plans of pages of the build, not in what fillIn has made of them
)

// slotPlan is a slot's own text as blobs.
type slotPlan[B any] struct {
	*page.Slot
	skeleton    B // as it stands in a whole page
	placeholder B // the skeleton between its markers
	failed      B // <edge-error>'s content, where the slot has one
	patch       B // begins a patch: <template for="…">
	group       []piece[B]
	refused     string // why nothing is asked for it; empty: nothing is wrong

	// untagged: the origin's last answer for the slot had no tags of its own.
	untagged bool
	// misfit is why a fragment of this sum, the last that was tried, may not stand here.
	misfit    *answer.FillError
	misfitSum [16]byte
}

// Pages are the pages of the build, as an engine gets them.
type Pages[B any] struct {
	Entries []page.Entry
	// Open reads a page, when it is first asked for: its layout is of text, which becomes the engine's. No page: there is none to be
	// read, as of another build.
	Open func(i int) (p *page.Page, l *page.Layout, text B)
}

// ready makes the plan of a page of the build. It reports false if the page cannot be read.
func (e *Engine[B]) ready(i int) bool {
	p, l, text := e.pages.Open(i)
	if p != nil {
		e.plans[i].Store(newPlan(e, p, l, text))
	}
	return p != nil
}

// newPlan makes the plan of a page of the build. text becomes its own.
func newPlan[B any](e *Engine[B], p *page.Page, l *page.Layout, text B) *plan[B] {
	pl := &plan[B]{Page: p, link: joinLinks(p.Links, p.Preload), bytes: l.Size, sum: l.Sum}
	pl.depends.Store(&depends{varies: *p.Varies(), vary: varyField(p.Varies())})
	pl.pieces = e.piecesOf(l.Pieces, text, nil)
	e.host.Drop(text)
	slots := make([]slotPlan[B], len(p.Slots))
	pl.slots = make([]*slotPlan[B], len(p.Slots))
	for i := range p.Slots {
		slots[i] = newSlotPlan(e.host, &p.Slots[i])
		pl.slots[i] = &slots[i]
	}
	return pl
}

func newSlotPlan[B any](host Host[B], s *page.Slot) slotPlan[B] {
	text := func(s string) B { return host.NewBlob([]byte(s)) }
	sp := slotPlan[B]{
		Slot:        s,
		skeleton:    text(s.Skeleton),
		placeholder: text(string(patch.AppendPlaceholder(nil, s.Name, s.Skeleton))),
		patch:       text(string(patch.AppendStart(nil, s.Name))),
	}
	if s.HasError {
		sp.failed = text(s.Error)
	}
	return sp
}

func (sp *slotPlan[B]) drop(host Host[B]) {
	host.Drop(sp.skeleton)
	host.Drop(sp.placeholder)
	host.Drop(sp.patch)
	if sp.HasError {
		host.Drop(sp.failed)
	}
	dropPieces(host, sp.group)
}

func dropPieces[B any](host Host[B], pieces []piece[B]) {
	for i := range pieces {
		if p := &pieces[i]; p.inWhole {
			host.Drop(p.whole)
		} else if p.inStream {
			host.Drop(p.streamed)
		}
	}
}

// fillIn is the plan of a page of the build with a request's parameters in its texts. What has none is the page's own.
func (e *Engine[B]) fillIn(pl *plan[B], params []string) *plan[B] {
	f := &plan[B]{Page: pl.Filled(params), slots: pl.slots, pieces: append([]piece[B](nil), pl.pieces...)}
	h := sum.New()
	for i := range f.pieces {
		if p := &f.pieces[i]; p.kind == paramPiece {
			text := p.as.Append(nil, params[p.slot])
			h.Write(text)
			h.WriteString("\x00")
			b := e.host.NewBlob(text)
			*p = piece[B]{whole: b, streamed: b, inWhole: true, inStream: true, size: len(text)}
		}
	}
	f.sum = h.Bytes()
	if f.Page != pl.Page {
		f.slots = append([]*slotPlan[B](nil), pl.slots...)
		for i := range f.slots {
			if s := &f.Slots[i]; s.Skeleton != pl.Slots[i].Skeleton || s.Error != pl.Slots[i].Error {
				sp := newSlotPlan(e.host, s)
				f.slots[i] = &sp
			}
		}
	}
	return f
}

// dropFilled ends what fillIn has made of a plan.
func (e *Engine[B]) dropFilled(f, of *plan[B]) {
	for i := range of.pieces {
		if of.pieces[i].kind == paramPiece {
			e.host.Drop(f.pieces[i].whole)
		}
	}
	for i, sp := range f.slots {
		if sp != of.slots[i] {
			sp.drop(e.host)
		}
	}
}

// newOutlined is an empty plan of what has an outline.
func newOutlined[B any](p *page.Page) *plan[B] {
	pl := &plan[B]{Page: p}
	pl.depends.Store(&depends{})
	return pl
}

// outline adds what an outline says of a blob, whose it does not become. It reports false if the outline makes no sense: it then has
// added nothing.
func (e *Engine[B]) outline(pl *plan[B], o *page.Outline, blob B, size int, own string) bool {
	most := len(pl.slots) + len(o.Slots)
	for i := range o.Slots {
		if s := &o.Slots[i]; !fits(s.Group, size, most) || s.Else >= most || s.Else > 0 && s.Else <= len(pl.slots)+i {
			return false
		}
	}
	if !fits(o.Pieces, size, most) {
		return false
	}
	was := pl.depends.Load()
	now := depends{varies: was.varies}
	slots := make([]slotPlan[B], len(o.Slots))
	for i := range o.Slots {
		s := &o.Slots[i]
		slots[i] = newSlotPlan(e.host, s)
		slots[i].group = e.piecesOf(s.Group, blob, nil)
		e.bringHome(s, own)
		if host := s.Host(); host != "" && !e.config.AllowsHost(host) {
			slots[i].refused = wording.Of(wording.HostNotAllowed, "", decimal.String(s.Line), s.Name, ascii.Quote(host))
		}
		pl.slots = append(pl.slots, &slots[i])
		now.varies.Add(s.Vary)
		now.varies.Add(s.Inputs)
	}
	pl.pieces = append(pl.pieces, e.piecesOf(o.Pieces, blob, &pl.bytes)...)
	if len(o.Slots) > 0 {
		now.vary = varyField(&now.varies)
		pl.depends.Store(&now)
	}
	pl.link = joinLinks(o.Links, pl.link == "")
	return true
}

// bringHome makes a path of an absolute src that names the site itself: as its visitors know it, by own, or as its origin.
func (e *Engine[B]) bringHome(s *page.Slot, own string) {
	for _, site := range [...]string{e.config.Origin, "http://" + own, "https://" + own} {
		first := &s.Source.Literal[0]
		if n := len(site); n > len("https://") && len(*first) >= n && (*first)[:n] == site && (len(*first) == n || (*first)[n] == '/' || (*first)[n] == '?') {
			*first, s.Src = (*first)[n:], s.Src[min(n, len(s.Src)):]
			if *first == "" || (*first)[0] == '?' {
				*first, s.Src = "/"+*first, "/"+s.Src
			}
			return
		}
	}
}

// fits tells whether pieces name only what is there.
func fits(pieces []page.Piece, size, slots int) bool {
	for i := range pieces {
		if p := &pieces[i]; p.Kind == page.TextPiece && p.To > size || p.Kind == page.SlotPiece && p.Slot >= slots {
			return false
		}
	}
	return true
}

func (e *Engine[B]) piecesOf(pieces []page.Piece, blob B, bytes *int) []piece[B] {
	list := make([]piece[B], 0, len(pieces))
	for i := range pieces {
		p := &pieces[i]
		text := piece[B]{inWhole: true, inStream: true}
		switch p.Kind {
		case page.SlotPiece:
			list = append(list, piece[B]{kind: slotPiece, slot: p.Slot})
			continue
		case page.ParamPiece:
			list = append(list, piece[B]{kind: paramPiece, slot: p.Slot, as: p.As})
			continue
		case page.TextPiece:
			text.whole, text.size = e.host.Slice(blob, p.From, p.To), p.To-p.From
		case page.LiteralPiece:
			text.whole, text.size = e.host.NewBlob([]byte(p.Text)), len(p.Text)
		case page.HeadPiece:
			list = append(list, piece[B]{streamed: e.host.NewBlob([]byte(page.Fallback)), inStream: true})
			continue
		default:
			if p.Text != "" {
				list = append(list, piece[B]{streamed: e.host.NewBlob([]byte(p.Text)), inStream: true})
			}
			list = append(list, piece[B]{kind: tailPiece})
			continue
		}
		text.streamed = text.whole
		if bytes != nil {
			*bytes += text.size
		}
		list = append(list, text)
	}
	return list
}

// drop ends a plan that is not of the build.
func (pl *plan[B]) drop(host Host[B]) {
	dropPieces(host, pl.pieces)
	for _, sp := range pl.slots {
		sp.drop(host)
	}
}

// cost is what a plan counts against the budget beside its text.
func (pl *plan[B]) cost() int {
	n := planOverhead + len(pl.pieces)*pieceOverhead
	for _, sp := range pl.slots {
		n += slotOverhead + 4*(len(sp.Src)+len(sp.Skeleton)+len(sp.Error)+len(sp.Name)) + len(sp.group)*pieceOverhead
	}
	for _, f := range pl.Header {
		n += 2 * (len(f.Name) + len(f.Value))
	}
	return n
}

const (
	planOverhead  = 512
	pieceOverhead = 160
	slotOverhead  = 1 << 10
)

// grow notes that what went into a page depends on more than the page's own slots do, and tells whether that is new.
func (pl *plan[B]) grow(more *route.Varying) bool {
	was := pl.depends.Load()
	now := depends{varies: was.varies}
	if !now.varies.Join(more) {
		return false
	}
	now.vary = varyField(&now.varies)
	pl.depends.Store(&now)
	return true
}

func joinLinks(links []string, send bool) string {
	if !send {
		return ""
	}
	value := ""
	for i, link := range links {
		if len(value)+len(", ")+len(link) > maxLink {
			break // the browser finds the others in the head
		}
		if i > 0 {
			value += ", "
		}
		value += link
	}
	return value
}

// varyField names the header fields that a page depends on, for one that others may store (RFC 9110, section 12.5.5). Where they are
// too many it says that nobody but inlay can tell. The visitor's own host and scheme are a part of the URL.
func varyField(v *route.Varying) string {
	value, last := "", ""
	for _, field := range v.Fields() {
		name, _, _ := ascii.Cut(field, ":")
		if name == route.HostField || name == route.ProtoField || name == last {
			continue
		}
		last = name
		if value != "" {
			value += ", "
		}
		if value += name; len(value) > maxVary {
			return "*"
		}
	}
	return value
}
