package shell

import (
	"time"

	"inlay/internal/decimal"
	"inlay/internal/esi"
	"inlay/internal/markup"
	"inlay/internal/page"
)

// events reads what the reader of ESI makes of the bytes.
func (o *Outliner) events(list []esi.Event) {
	done := 0
	for i := range list {
		e := &list[i]
		switch e.Kind {
		case esi.Text:
			o.chunk(e)
		case esi.Included:
			o.included(e.Include)
		case esi.Tried:
			o.tried(e)
		default:
			o.tell(e.Message)
			continue
		}
		done = max(done, e.To)
	}
	o.source.forget(done)
}

// chunk is text between includes.
func (o *Outliner) chunk(e *esi.Event) {
	if o.dead != nil {
		o.text(e.From, e.To)
		return
	}
	s := &o.source
	s.append(s.pending[e.From-s.from:e.To-s.from], e.From)
	o.read(false)
}

// pause reads all that comes before an include, text at its end too. It tells whether that ends between tokens.
func (o *Outliner) pause() bool {
	for o.trial != nil && !o.trial.waiting {
		o.abandon(o.lanes[0].fail(o.trial.at, "<edge-slot> with an include in it", "</edge-slot> before it"))
		o.read(false)
	}
	for _, l := range o.lanes {
		if l.raw.open || l.left >= 0 || !l.doc.Between() {
			return false
		}
	}
	o.read(true)
	return true
}

// included is at an include.
func (o *Outliner) included(e *esi.Include) {
	if o.full() {
		return
	}
	between := o.dead == nil && o.pause()
	if o.trial != nil {
		o.accept()
	}
	if o.dead != nil {
		o.place(o.addInclude(e, len(o.source.html), nil, true, false))
		return
	}
	place, sound := o.here(between)
	at := len(o.source.html)
	if !sound {
		o.inPlace(at, e)
		return
	}
	tr := &trial{at: at, cut: at, end: at, include: e, waiting: true}
	addPlace(&tr.place, place.Around, place.Reach, place.Depth, true)
	moves := false
	for _, l := range o.lanes {
		moves = moves || l.doc.MovesText()
	}
	if moves {
		tr.saved = o.copies() // text that follows would make it one that stands in its place
	}
	o.trial = tr
	o.passed(true)
	if !moves {
		o.accept()
	}
}

// inPlace gives out an include that stands where no patch can put it.
func (o *Outliner) inPlace(at int, e *esi.Include) {
	o.flush(at)
	o.out = at
	o.place(o.addInclude(e, at, nil, true, false))
	o.passed(false)
}

// doubt is at an include that may end, or begin, markup that it stands in: a tag, or a comment. Where what follows stands is not known.
func (o *Outliner) doubt() {
	for _, l := range o.lanes {
		o.unsure = o.unsure || !l.doc.Between() && !l.doc.Holds()
	}
}

// passed is behind an include.
func (o *Outliner) passed(slot bool) {
	for _, l := range o.lanes {
		l.bodyEnd.at = -1
		if slot {
			l.inText, l.slot.closed, l.from = false, true, len(l.html)
		}
	}
}

// here is what holds where html ends, and whether a slot may stand there.
func (o *Outliner) here(between bool) (place page.Place, sound bool) {
	sound = between && !o.unsure && o.slots < maxSlots
	if !between {
		o.doubt()
		return place, false
	}
	for i, l := range o.lanes {
		where := l.doc.Where()
		if where == markup.BeforeBody {
			o.unsure = true // what comes here decides what the page is
			o.headed = o.headed || o.headAt() < 0
		}
		if where != markup.InPage && (where != markup.BetweenParts || l.inText && l.lastText && l.doc.MovesText()) {
			sound = false
		}
		at := len(l.html)
		if cut, text := l.seam(at); cut < at || text != "" || l.doc.Reopens() || l.ownMarker(o.nextName()) >= 0 {
			sound = false // the bytes stay as they are
		}
		addPlace(&place, l.doc.Facts(), l.doc.Reach(), l.doc.Depth(), i == 0)
	}
	return place, sound && !o.unsure
}

// full tells whether there are so many slots that the next one is left out.
func (o *Outliner) full() bool {
	if o.slots < maxOutlined {
		return false
	}
	o.tell("more than " + decimal.String(maxOutlined) + " includes, of which the rest are left out; expected fewer")
	return true
}

func (o *Outliner) nextName() string {
	n := o.esiSlot + 1
	for o.common.line(esiName(n)) != 0 {
		n++
	}
	return esiName(n)
}

func esiName(n int) string { return "esi-" + decimal.String(n) }

// newName is the name of the next slot that is an include's.
func (o *Outliner) newName() string {
	for o.esiSlot++; o.common.line(esiName(o.esiSlot)) != 0; o.esiSlot++ {
	}
	return esiName(o.esiSlot)
}

// addInclude gives out the slot of an include, and what takes its place when it fails. tried: it is a part of what else would fail.
func (o *Outliner) addInclude(e *esi.Include, at int, place *page.Place, inPlace, tried bool) (index int) {
	name := o.newName()
	last := o.addESI(name, at, place, inPlace)
	index = o.slots - 1
	setSource(last, &e.Src, e)
	if e.Alt != nil {
		last.Else = o.slots
		last = o.addESI(name+"-alt", at, place, inPlace)
		setSource(last, e.Alt, e)
	}
	if e.Continue && tried {
		last.Else = o.slots
		o.addESI(name+"-nothing", at, place, inPlace)
	}
	return index
}

// addESI gives out a slot of ESI, of which nothing is left when it fails. It can be changed until the next one is given out.
func (o *Outliner) addESI(name string, at int, place *page.Place, inPlace bool) *page.Slot {
	s := o.add()
	unset(s)
	s.Name, s.HasError = name, true
	s.Line, _ = o.source.position(at)
	if place != nil {
		s.Around, s.Depth, s.Reach = place.Around, place.Depth, place.Reach
	}
	s.Source.Literal = []string{""}
	s.InPlace, s.Lenient = inPlace, true
	return s
}

func setSource(s *page.Slot, from *esi.Source, e *esi.Include) {
	s.Src, s.Source, s.TTL = from.Text, from.Template, e.TTL
	if e.MaxWait > 0 {
		s.Timeout = max(e.MaxWait, time.Millisecond)
	}
	for _, v := range from.Variables {
		s.Inputs, s.Defaults = append(s.Inputs, v.Input), append(s.Defaults, v.Default)
	}
}

// grouping is an <esi:try> that is read as a part that leaves all around it as it is.
type grouping struct {
	strict bool
	failed bool // it does not
}

// tried is at an <esi:try>, of which all is known.
func (o *Outliner) tried(e *esi.Event) {
	if o.full() {
		return
	}
	between := o.dead == nil && o.pause()
	if o.trial != nil {
		o.accept()
	}
	index := o.try(e, between)
	o.place(index)
}

// try gives out the slot of an <esi:try>, and all that is in it.
func (o *Outliner) try(e *esi.Event, between bool) (index int) {
	outer := o.group
	var place page.Place
	sound := false
	if o.dead == nil {
		place, sound = o.here(between)
		for _, l := range o.lanes {
			sound = sound && !l.doc.MovesText()
		}
		if outer == nil {
			o.flush(len(o.source.html))
		}
	}
	at, parts, given, refused := len(o.source.html), len(o.source.parts), len(o.given.Slots), len(o.refused)
	named, told, unsure := o.esiSlot, o.told, o.unsure
	index = o.slots
	for {
		o.group = &grouping{strict: sound}
		name := o.newName()
		o.addESI(name, at, &place, !sound).Whole = true
		var saved []*lane
		if sound {
			saved = o.copies()
		}
		attempt := o.part(e.Attempt, &place, true)
		failed := o.group.failed
		except := o.slots
		o.addESI(name+"-except", at, &place, !sound)
		var instead []page.Piece
		if !failed {
			instead = o.exception(e.Except, &place, sound)
			failed = o.group.failed
		}
		if sound && failed {
			o.given.Slots, o.refused = o.given.Slots[:given], o.refused[:refused]
			o.slots, o.esiSlot, o.told, o.unsure = index, named, told, unsure
			o.source.cut(at, parts)
			o.free, o.lanes = append(o.free, o.lanes...), saved
			o.extend()
			sound = false
			continue
		}
		o.free = append(o.free, saved...)
		slots := o.given.Slots[given:]
		slots[0].Group, slots[0].Else = attempt, except
		slots[except-index].Group = instead
		break
	}
	o.group = outer
	if outer == nil {
		o.out = len(o.source.html)
		o.head()
		if o.dead == nil {
			o.passed(sound)
			o.patched = o.patched || sound
		}
	}
	return index
}

// exception reads what is shown instead. Where no browser reads it in its place, it is not HTML of the page.
func (o *Outliner) exception(list []esi.Event, place *page.Place, sound bool) []page.Piece {
	if sound {
		return o.part(list, place, false)
	}
	dead := o.dead
	if dead == nil {
		o.dead = errNotRead
	}
	pieces := o.part(list, place, false)
	o.dead = dead
	return pieces
}

var errNotRead = &Error{Msg: "not read as HTML"}

// part is what stands in an <esi:attempt> or <esi:except>.
func (o *Outliner) part(list []esi.Event, place *page.Place, whole bool) (pieces []page.Piece) {
	g, s := o.group, &o.source
	at := len(s.html)
	var before []*lane
	if g.strict {
		before = o.copies()
		for _, l := range o.lanes {
			l.from = at
			l.doc.EnterPart()
		}
	}
	for i := range list {
		e := &list[i]
		if g.failed {
			return nil
		}
		switch e.Kind {
		case esi.Text:
			pieces = appendText(pieces, e.From, e.To)
			if o.dead == nil {
				s.append(s.pending[e.From-s.from:e.To-s.from], e.From)
				o.read(false)
			}
		case esi.Included:
			if o.full() {
				continue
			}
			inner, sound := page.Place{}, false
			if g.strict && o.pause() {
				inner, sound = o.here(true)
			} else if o.dead == nil {
				o.pause()
			}
			pieces = append(pieces, page.Piece{Kind: page.SlotPiece, Slot: o.addInclude(e.Include, len(s.html), &inner, !sound, whole)})
		case esi.Tried:
			if o.full() {
				continue
			}
			if g.strict {
				g.failed = true // one in another is not looked into
				return nil
			}
			pieces = append(pieces, page.Piece{Kind: page.SlotPiece, Slot: o.try(e, false)})
		}
	}
	if !g.strict || g.failed {
		return pieces
	}
	if g.failed = !o.pause(); !g.failed {
		for i, l := range o.lanes {
			l.doc.Undecide(before[min(i, len(before)-1)].doc)
			if _, unclosed := l.doc.Unclosed(); unclosed || len(o.lanes) != len(before) || !l.doc.Same(before[i].doc) {
				g.failed = true
				break
			}
			l.doc.LeavePart(before[i].doc)
		}
	}
	o.free = append(o.free, before...)
	if g.failed {
		return nil
	}
	text := string(s.html[at:])
	if end := markup.EndOfText(text); end != text {
		g.failed = true // the bytes stay as they are
		return nil
	}
	mended, err := o.lanes[0].asFragment(text, at, "<esi:try>", place.Around)
	g.failed = err != nil || mended != text
	return pieces
}
