package shell

import (
	"inlay/internal/esi"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
)

// trial is what looks like a slot, until it is known to be one.
type trial struct {
	at      int     // where its markup begins
	saved   []*lane // as they were there
	waiting bool    // its end has come, and what comes next may still make it none
	end     int     // behind its end

	place   page.Place // where it stands, as far as facts go
	slot    *page.Slot // an <edge-slot>
	cut     int        // text before it is given out up to here
	literal string     // and then this
	include *esi.Include
}

// startSlot is at a start tag.
func (o *Outliner) startSlot(t *markup.Token, together bool) {
	if tr := o.trial; tr != nil && tr.waiting && together {
		o.accept()
	}
	first := o.laneAt(t)
	switch {
	case o.trial != nil && !o.trial.waiting:
		o.abandon(first.openSlot(&first.tok, false)) // which says that slots do not nest
		return
	case !o.options.EdgeSlots:
		o.ordinary(t)
		return
	case !together:
		o.refuse(t, first.fail(t.At, "<edge-slot> that is none to every browser", "end tags for what is open before it"))
		return
	case o.unsure:
		o.refuse(t, first.fail(t.At, "<edge-slot> after what makes its place unsure", "it before that"))
		return
	case o.group != nil:
		o.refuse(t, first.fail(t.At, "<edge-slot> in <esi:try>", "<esi:include>"))
		return
	}
	tr := &trial{at: t.At, saved: o.copies()}
	o.trial = tr
	for i, l := range o.lanes {
		l.has = false
		err := l.parser.read(&l.tok)
		if err == nil && i > 0 && !l.slot.sameSeam(&o.lanes[0].slot) {
			err = l.fail(t.At, "<edge-slot> that is in other elements to other browsers", "end tags for what is open before it")
		}
		if err == nil {
			err = l.ownNames()
		}
		if err != nil {
			o.abandon(err)
			return
		}
		addPlace(&tr.place, l.slot.Around, l.slot.Reach, l.slot.Slot.Depth, i == 0)
	}
	s := &o.lanes[0].slot
	tr.cut, tr.literal = s.cut, s.seam+s.reopened
}

// addPlace adds to a place what holds there to another reading.
func addPlace(p *page.Place, around, reach markup.Mask, depth int, first bool) {
	if first {
		p.Around, p.Reach, p.Depth = 0, 0, 0
	}
	p.Around |= around
	p.Reach |= reach
	p.Depth = max(p.Depth, depth)
}

func (s *slotReader) sameSeam(as *slotReader) bool {
	return s.cut == as.cut && s.seam == as.seam && s.reopened == as.reopened
}

// ownNames refuses a slot whose name a marker or patch of the page's own has.
func (p *parser) ownNames() error {
	if at := p.ownMarker(p.slot.Slot.Name); at >= 0 {
		return p.fail(p.slot.at, "the name of a marker or patch of the page's own", "another name")
	}
	return nil
}

// ownMarker is where the page has a marker or patch of a slot's name, -1 for nowhere.
func (p *parser) ownMarker(slot string) int {
	if len(p.patches) == 0 {
		return -1
	}
	name := string(patch.AppendName(nil, slot))
	for i := range p.patches {
		if p.patches[i].name == name {
			return p.patches[i].at
		}
	}
	return -1
}

func (o *Outliner) laneAt(t *markup.Token) *lane {
	for _, l := range o.lanes {
		if l.has && l.tok.At == t.At && l.tok.Kind == t.Kind {
			return l
		}
	}
	return o.lanes[0]
}

// settled looks after a token whether a slot is closed by now, and whether it is one.
func (o *Outliner) settled(t *markup.Token) {
	tr := o.trial
	if tr == nil {
		return
	}
	first := o.lanes[0]
	if !tr.waiting {
		for _, l := range o.lanes {
			if l.slot.open {
				if t.End-tr.at > maxMarkup {
					o.abandon(o.tooLong(tr))
				}
				return
			}
		}
		a := &first.slot.Slot
		for _, l := range o.lanes[1:] {
			b := &l.slot.Slot
			if a.Skeleton != b.Skeleton || a.Error != b.Error || a.HasError != b.HasError {
				o.abandon(first.fail(tr.at, "<edge-slot> with another content to other browsers", "end tags for what is open in it"))
				return
			}
		}
		if t.End-tr.at > maxMarkup {
			o.abandon(o.tooLong(tr))
			return
		}
		tr.slot = new(page.Slot)
		*tr.slot = *a
		addPlace(&tr.slot.Place, tr.place.Around, tr.place.Reach, tr.place.Depth, true)
		tr.waiting, tr.end = true, t.End
		for _, l := range o.lanes {
			if l.doc.MovesText() {
				return // text that follows would make it none
			}
		}
		o.accept()
		return
	}
	for _, l := range o.lanes {
		if l.slot.closed {
			return
		}
	}
	o.accept()
}

func (o *Outliner) tooLong(tr *trial) error {
	return o.lanes[0].fail(tr.at, "<edge-slot> that is not closed within 64 KiB", "</edge-slot> after a short skeleton")
}

// accept gives out the slot.
func (o *Outliner) accept() {
	tr := o.trial
	o.trial = nil
	o.free = append(o.free, tr.saved...)
	o.flush(tr.cut)
	o.literal(tr.literal)
	o.out = tr.end
	o.patched = true
	if tr.include != nil {
		o.place(o.addInclude(tr.include, tr.at, &tr.place, false, false))
		return
	}
	o.common.add(tr.slot)
	*o.add() = *tr.slot
	o.place(o.slots - 1)
}

// abandon goes back to where the slot that is being read begins, and leaves it as it is.
func (o *Outliner) abandon(err error) {
	tr := o.trial
	o.trial = nil
	o.free = append(o.free, o.lanes...)
	o.lanes = tr.saved
	o.extend()
	if tr.include != nil {
		o.inPlace(tr.at, tr.include)
		return
	}
	if err != nil {
		o.tell(err.Error())
	}
	t := o.lanes[0].tok
	o.ordinary(&t)
}

// refuse leaves a start tag as it is, and says why.
func (o *Outliner) refuse(t *markup.Token, err error) {
	o.tell(err.Error())
	o.ordinary(t)
}

// ordinary reads a start tag that is no slot's.
func (o *Outliner) ordinary(t *markup.Token) {
	for _, l := range o.lanes {
		if !l.has || l.tok.At != t.At || l.tok.Kind != t.Kind || l.tok.End != t.End {
			continue
		}
		l.has = false
		l.inText, l.slot.closed = false, false
		l.doc.Start(&l.tok)
		if l.headAt < 0 && l.doc.HasHead() {
			l.headAt = l.headScript(&l.tok)
		}
		if !o.handle(l, l.check(&l.tok)) {
			return
		}
	}
	o.settled(t)
	o.merge()
	o.head()
}

// settle reads to the end. A slot that is open there is none.
func (o *Outliner) settle() {
	o.read(true)
	for o.dead == nil && o.trial != nil {
		if o.trial.waiting {
			o.accept()
			return
		}
		o.abandon(o.lanes[0].fail(o.trial.at, "<edge-slot> that is not closed", "</edge-slot>"))
		o.read(true)
	}
}
