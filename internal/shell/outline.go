package shell

import (
	"errors"
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/esi"
	"inlay/internal/markup"
	"inlay/internal/page"
)

// OutlineOptions say what an outline is made of.
type OutlineOptions struct {
	Document  bool   // a page; else a fragment
	EdgeSlots bool   // <edge-slot> is a slot
	ESI       bool   // <esi:include> is one
	Base      string // where the bytes come from, as a src or a target has it: what a relative src is resolved against
	Max       int    // how many bytes are read; 0: 4 MiB
}

// Outliner finds the slots in a page of the origin, or in a fragment, as its bytes come. It reads as [Parse] does, but nothing is an
// error: what cannot be a slot is left as it stands.
type Outliner struct {
	options OutlineOptions
	source  source
	esi     *esi.Reader
	readings

	total int    // bytes that have come
	rest  []byte // the beginning of a character of which more has to come
	dead  error  // nothing more is read as HTML

	flat    []byte // of a fragment, what has been given out without slots
	out     int    // what of html has been given out
	run     run    // a row of letters and digits at the end of what was last looked at
	headed  bool
	patched bool // a slot has been given out that a patch may come for
	unsure  bool // what follows may stand elsewhere than it seems
	esiSlot int  // how many have been named
	slots   int  // how many there are
	given   page.Outline
	refused []string
	told    int
}

// run is a row of bytes.
type run struct{ from, to int }

const (
	maxOutlined = 4096     // slots of an outline
	maxTold     = 20       // lines for the log
	maxMarkup   = 64 << 10 // bytes of an <edge-slot>, tags included
)

// NewOutliner begins to read.
func NewOutliner(o OutlineOptions) *Outliner {
	if o.Max <= 0 {
		o.Max = maxShell
	}
	r := &Outliner{options: o, source: source{base: o.Base}}
	if o.ESI {
		r.esi = esi.New(o.Base)
	}
	r.begin()
	return r
}

// Write reads the next bytes, which it does not keep, and gives out what is sure by now: only what is new of it. Offsets count from the
// beginning of all bytes, indexes of slots from the first of all. refused are lines for the log: what no slot could be made of, and
// where, "line:col: …".
func (o *Outliner) Write(p []byte) (sure page.Outline, refused []string) {
	o.take(p)
	if !o.options.Document {
		return page.Outline{}, nil
	}
	if o.dead == nil {
		o.flush(o.sure())
	}
	return o.give()
}

// End gives out what is left.
func (o *Outliner) End() (rest page.Outline, refused []string) {
	if len(o.rest) > 0 {
		o.die(errNotUTF8)
		o.feed(o.rest)
		o.rest = nil
	}
	if o.esi != nil {
		o.events(o.esi.End())
	}
	o.finish()
	return o.give()
}

// Outline reads the whole of what lies in src. The error says why it is to be passed on as it is. Of a page with ESI the error is nil,
// as somebody has to take the includes out of it: what can be read no further has slots that stand in their places.
func Outline(src []byte, options OutlineOptions) (whole page.Outline, refused []string, err error) {
	o := NewOutliner(options)
	o.take(src)
	whole, refused = o.End()
	if !options.ESI {
		err = o.dead
	}
	return whole, refused, err
}

// OutlineKept is [Outline] for what is kept: a page goes out as UTF-8 then, so one that is not is refused with ESI too.
func OutlineKept(src []byte, options OutlineOptions) (whole page.Outline, refused []string, err error) {
	whole, refused, err = Outline(src, options)
	if err == nil && options.Document && !utf8.Valid(src) {
		err = errNotUTF8
	}
	return whole, refused, err
}

func (o *Outliner) give() (page.Outline, []string) {
	given, refused := o.given, o.refused
	o.given, o.refused = page.Outline{}, nil
	return given, refused
}

var (
	errNotUTF8  = errors.New("a byte that is not UTF-8; expected a page in UTF-8")
	errNUL      = errors.New("a NUL character; expected a page without any")
	errTooLarge = errors.New("more bytes than are read of a page; expected a smaller one")
)

// take takes bytes as far as they can be read, and what comes after that as they are.
func (o *Outliner) take(p []byte) {
	if len(o.rest) > 0 {
		p = append(o.rest, p...)
		o.rest = nil
	}
	if o.dead == nil {
		n, why := o.readable(p)
		if why != nil {
			o.feed(p[:n])
			o.die(why)
			p = p[n:]
		} else if n < len(p) {
			o.rest = append([]byte(nil), p[n:]...)
			p = p[:n]
		}
	}
	o.feed(p)
}

// readable is how many bytes can be read, and why no more. Without a reason, more is needed of what follows.
func (o *Outliner) readable(p []byte) (n int, why error) {
	if left := o.options.Max - o.total; len(p) > left {
		p, why = p[:left], errTooLarge
	}
	for i := 0; i < len(p); {
		if p[i]-1 < utf8.RuneSelf-1 {
			i++
			continue
		}
		if p[i] == 0 {
			return i, errNUL
		}
		r, size := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && size == 1 {
			if !utf8.FullRune(p[i:]) {
				return i, why
			}
			return i, errNotUTF8
		}
		i += size
	}
	return len(p), why
}

// feed reads bytes.
func (o *Outliner) feed(p []byte) {
	if len(p) == 0 {
		return
	}
	from := o.total
	o.total += len(p)
	switch {
	case o.esi != nil:
		o.source.pending = append(o.source.pending, p...)
		o.events(o.esi.Write(p))
	case o.dead != nil:
		o.text(from, o.total)
	default:
		o.source.append(p, from)
		o.read(false)
	}
}

// die is where HTML is read no further. What follows is text as it comes.
func (o *Outliner) die(why error) {
	if o.dead != nil {
		return
	}
	if t := o.trial; t != nil && t.waiting {
		o.accept()
	} else if t != nil {
		o.abandon(nil)
	}
	if o.group == nil {
		o.flush(len(o.source.html))
	}
	o.dead = why
	if _, placed := why.(*Error); !placed {
		line, col := o.source.position(len(o.source.html))
		why = &Error{Line: line, Col: col, Msg: why.Error()}
	}
	o.tell(why.Error() + " (what follows is passed on as it is)")
}

// tell notes a line for the log.
func (o *Outliner) tell(line string) {
	if o.told++; o.told < maxTold {
		o.refused = append(o.refused, strings.Clone(line))
	} else if o.told == maxTold {
		o.refused = append(o.refused, "and more of the kind")
	}
}

// text gives out a range of the source.
func (o *Outliner) text(from, to int) { o.given.Pieces = appendText(o.given.Pieces, from, to) }

func appendText(list []page.Piece, from, to int) []page.Piece {
	if from == to {
		return list
	}
	if n := len(list); n > 0 && list[n-1].Kind == page.TextPiece && list[n-1].To == from {
		list[n-1].To = to
		return list
	}
	return append(list, page.Piece{Kind: page.TextPiece, From: from, To: to})
}

// flush gives out html up to an offset.
func (o *Outliner) flush(to int) {
	if to < o.out {
		return
	}
	if at := o.headAt(); !o.headed && o.options.Document && at >= 0 && at <= to {
		o.headed = true
		o.source.ranges(o.out, at, o.text)
		o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.HeadPiece})
		o.out = at
	}
	o.source.ranges(o.out, to, o.text)
	if !o.options.Document {
		o.flat = append(o.flat, o.source.html[o.out:to]...)
	}
	o.out = to
}

func (o *Outliner) literal(text string) {
	if text == "" {
		return
	}
	if !o.options.Document {
		o.flat = append(o.flat, text...)
	}
	o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.LiteralPiece, Text: text})
}

// add gives out another slot.
func (o *Outliner) add() *page.Slot {
	o.slots++
	o.given.Slots = append(o.given.Slots, page.Slot{})
	return &o.given.Slots[len(o.given.Slots)-1]
}

// place puts a slot where the text given out ends.
func (o *Outliner) place(index int) {
	o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.SlotPiece, Slot: index})
}

// sure is up to where html is text, or slots, whatever follows.
func (o *Outliner) sure() int {
	at := len(o.source.html)
	for _, l := range o.lanes {
		at = min(at, l.sure(o.patched))
	}
	if o.trial != nil {
		at = min(at, o.trial.at)
	}
	return o.seamAt(at)
}

// seamAt is before what a slot that follows would have written otherwise: see [parser.seam].
func (o *Outliner) seamAt(at int) int {
	html, i := o.source.html, at
	for i > o.out && i != o.run.to && (ascii.IsAlpha(html[i-1]) || ascii.IsDigit(html[i-1])) {
		i--
	}
	if i == o.run.to && i > 0 {
		i = max(o.run.from, o.out)
	}
	o.run = run{i, at}
	n := i
	for n > o.out && n > i-len("&#") && (html[n-1] == '#' || html[n-1] == '&' || html[n-1] == '\r') {
		n--
	}
	if n == i {
		return at
	}
	return n
}

// finish gives out what the end of the bytes makes sure.
func (o *Outliner) finish() {
	if o.dead == nil {
		o.settle()
	}
	if o.dead != nil {
		o.given.Conflicts = nowhere
		if o.options.Document {
			o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.TailPiece})
		}
		return
	}
	html := o.source.view()
	if !o.options.Document {
		o.flush(len(html))
		if err := o.mend(); err != nil {
			o.given.Conflicts = nowhere
			o.dead = err
			o.tell(err.Error())
		}
		return
	}
	if !o.patched {
		o.flush(len(html))
		o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.TailPiece})
		o.given.Links = o.lanes[0].links.values()
		return
	}
	var bodies []*bodyEnd
	var ends []*markup.Document
	var left *lane
	for _, l := range o.lanes {
		bodies, ends = append(bodies, &l.bodyEnd), append(ends, l.doc)
		if l.left >= 0 {
			left = l
		}
	}
	at, closers, open := placePatches(html, bodies, ends)
	lost := false
	if at == len(html) && left != nil {
		closers = left.leftEnd + closers
		if left.leftEnd == "" || left.raw.cut {
			at = max(left.left, o.out)
			lost = left.left < o.out
		}
		for _, l := range o.lanes {
			lost = lost || l.left != left.left || l.leftEnd != left.leftEnd
		}
	}
	framed := o.lanes[0].doc.Framed()
	if lost {
		o.tellAt(left.left, "markup that the page does not end, so that no patch can go there; expected its end")
	}
	if open != nil {
		o.tellAt(open.At, "<"+open.Name+"> that no end tag closes at the end of the body, so that no patch can go there; expected </"+open.Name+">")
	}
	if framed >= 0 {
		o.tellAt(framed, "<frameset>, which leaves no body for patches; expected a page with <body>")
	}
	for i := range o.given.Slots {
		o.given.Slots[i].InPlace = o.given.Slots[i].InPlace || lost || open != nil || framed >= 0 // if it is not too late for that
	}
	if cut := at - len("</"); at == len(html) && left == nil && strings.HasSuffix(html, "</") && o.out <= cut {
		// Text, unless something follows.
		if closers == "" {
			at = cut
		} else {
			o.flush(cut)
			o.literal("&lt;/")
			o.out = at
		}
	}
	o.flush(at)
	o.given.Pieces = append(o.given.Pieces, page.Piece{Kind: page.TailPiece, Text: closers})
	o.flush(len(html))
	o.given.Links = o.lanes[0].links.values()
}

func (o *Outliner) tellAt(at int, msg string) {
	line, col := o.source.position(at)
	o.tell(decimal.String(line) + ":" + decimal.String(col) + ": " + msg)
}
