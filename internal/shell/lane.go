package shell

import (
	"inlay/internal/markup"
)

// lane is one way to read a page, or several of which the page has not told yet how they differ.
type lane struct {
	parser
	of  readingSet
	tok markup.Token
	has bool // tok is the next token
}

// readingSet are ways to read: the bit of a reading is 1 shifted by 1 for the older rules for <select>, and by 2 for no scripts.
type readingSet uint8

const (
	allReadings readingSet = 0b1111
	oldSelects  readingSet = 0b1010
	noScripts   readingSet = 0b1100
)

// only is the reading that they have in common, as far as they do.
func (s readingSet) only() markup.Reading {
	return markup.Reading{OldSelect: s&^oldSelects == 0, NoScript: s&^noScripts == 0}
}

// sure is up to where all has been read. With slots before it, what may have to come after their patches is not.
func (l *lane) sure(patched bool) int {
	at := l.doc.Sure()
	switch {
	case !patched && (l.left >= 0 || l.raw.open):
		return len(l.html) // no slot can be in it
	case l.left >= 0:
		at = l.left
	case l.raw.open:
		at = l.raw.tag.At
	case l.has:
		at = l.tok.At
	}
	if patched && l.bodyEnd.at >= 0 {
		at = min(at, l.bodyEnd.at)
	}
	return at
}

// readings are the ways to read what is outlined, side by side.
type readings struct {
	lanes  []*lane
	free   []*lane
	last   bool // nothing follows what is there
	common common
	trial  *trial
	group  *grouping // an <esi:try> is being read
}

func (o *Outliner) begin() {
	l := &lane{of: allReadings}
	l.parser = parser{headAt: -1, left: -1, origin: &o.source, common: &o.common}
	l.bodyEnd.at = -1
	if o.options.Document {
		l.doc = markup.NewDocument("", markup.Reading{})
	} else {
		l.doc = markup.NewContent("", markup.Reading{})
	}
	o.lanes = []*lane{l}
}

func (o *Outliner) headAt() int { return o.lanes[0].headAt }

// copyOf is a lane that stands where another one does.
func (o *Outliner) copyOf(l *lane) *lane {
	var c *lane
	if n := len(o.free); n > 0 {
		c, o.free = o.free[n-1], o.free[:n-1]
	} else {
		c = &lane{}
		c.doc = new(markup.Document)
	}
	doc := c.doc
	*c = *l
	c.doc = doc
	c.doc.Copy(l.doc)
	c.patches = c.patches[:len(c.patches):len(c.patches)]
	c.links.found = c.links.found[:len(c.links.found):len(c.links.found)]
	l.bodyEnd.shared, c.bodyEnd.shared = true, true
	if l.slot.open {
		l.slot.shared, c.slot.shared = true, true
	} else {
		c.slot.before = nil
	}
	return c
}

func (o *Outliner) copies() []*lane {
	all := make([]*lane, len(o.lanes))
	for i, l := range o.lanes {
		all[i] = o.copyOf(l)
	}
	return all
}

// read reads what is there. last: nothing follows, for now or for ever.
func (o *Outliner) read(last bool) {
	o.last = last
	o.extend()
	for o.dead == nil && (o.group == nil || !o.group.failed) {
		low := o.next()
		if low == nil {
			return
		}
		o.step(low)
	}
}

// extend lets the lanes see all that is there.
func (o *Outliner) extend() {
	html := o.source.view()
	for _, l := range o.lanes {
		l.html = html
		l.doc.Extend(html, !o.last)
	}
}

// next is the lane whose next token comes first; nil: there is none, yet.
func (o *Outliner) next() (low *lane) {
	for _, l := range o.lanes {
		if !l.has {
			o.peek(l)
		}
		if l.has && (low == nil || l.tok.At < low.tok.At) {
			low = l
		}
	}
	return low
}

// peek finds the next token of a lane, if it is there.
func (o *Outliner) peek(l *lane) {
	if l.raw.open {
		if err := l.rawText(); err != nil {
			l.left, l.leftEnd = l.raw.tag.At, "" // it is in a slot, which is refused as one that is not closed
		}
	}
	if l.raw.open || l.left >= 0 {
		return
	}
	l.tok = l.doc.Next()
	l.has = l.tok.Kind != markup.More && l.tok.Kind != markup.AtEnd
}

// together tells whether a token is the next one in all ways to read.
func (o *Outliner) together(t *markup.Token) bool {
	for _, l := range o.lanes {
		if !l.has || l.tok.At != t.At || l.tok.Kind != t.Kind || l.tok.End != t.End {
			return false
		}
	}
	return true
}

// step reads the token of a lane, in all lanes that have it.
func (o *Outliner) step(low *lane) {
	t := low.tok
	together := len(o.lanes) == 1 || o.together(&t)
	slots := (t.Kind == markup.StartTag || t.Kind == markup.EndTag) && (t.Name == "edge-slot" || t.Name == "edge-error")
	if slots && t.Kind == markup.StartTag && t.Name == "edge-slot" {
		o.startSlot(&t, together)
		return
	}
	if slots && !together && o.trial != nil && !o.trial.waiting {
		o.abandon(low.fail(t.At, "<edge-slot> with tags of its own that are none for every browser", "end tags for what is open before it"))
		return
	}
	forks := t.Kind == markup.StartTag && (t.Name == "select" || t.Name == "noscript")
	n := len(o.lanes)
	for i := 0; i < n; i++ {
		l := o.lanes[i]
		if !l.has || l.tok.At != t.At || l.tok.Kind != t.Kind || l.tok.End != t.End {
			continue
		}
		l.has = false
		if forks {
			o.fork(l, t.Name)
		}
		if !o.handle(l, l.parser.read(&l.tok)) {
			return
		}
	}
	for i := n; i < len(o.lanes); i++ { // those that forked off
		l := o.lanes[i]
		if !o.handle(l, l.parser.read(&l.tok)) {
			return
		}
	}
	o.settled(&t)
	o.merge()
	o.head()
}

// head looks whether the head has begun in what has been given out, in a tag with an include in it. Then nothing can be streamed.
func (o *Outliner) head() {
	if at := o.headAt(); !o.headed && at >= 0 && at < o.out {
		o.headed, o.unsure = true, true
	}
}

// fork reads on in two ways behind a tag that they differ in.
func (o *Outliner) fork(l *lane, tag string) {
	other := oldSelects
	if tag == "noscript" {
		other = noScripts
	}
	if l.of&other == 0 || l.of&^other == 0 {
		return
	}
	c := o.copyOf(l)
	c.of &= other
	l.of &^= other
	c.doc.As(c.of.only())
	l.doc.As(l.of.only())
	o.lanes = append(o.lanes, c)
}

// merge lets lanes go on as one that stand at the same place again.
func (o *Outliner) merge() {
	for i := len(o.lanes) - 1; i > 0; i-- {
		l := o.lanes[i]
		for _, other := range o.lanes[:i] {
			if !l.has && !other.has && l.meets(other) {
				other.of |= l.of
				o.lanes = append(o.lanes[:i], o.lanes[i+1:]...)
				o.free = append(o.free, l)
				break
			}
		}
	}
}

func (l *lane) meets(other *lane) bool {
	a, b := &l.slot, &other.slot
	return l.doc.Meets(other.doc) && l.inText == other.inText && l.lastText == other.lastText && l.textIn == other.textIn &&
		l.raw.open == other.raw.open && l.left == other.left && l.bodyEnd.at == other.bodyEnd.at && l.headAt == other.headAt &&
		a.open == b.open && a.closed == b.closed && a.inError == b.inError && a.errorAt == b.errorAt && a.errorEnd == b.errorEnd && l.from == other.from &&
		len(l.patches) == len(other.patches)
}

// handle deals with what a lane says is wrong; false: it has been, and lanes may not be what they were.
func (o *Outliner) handle(l *lane, err error) bool {
	switch {
	case err == nil:
		return true
	case o.group != nil && o.group.strict:
		o.group.failed = true
		return false
	case o.trial != nil:
		o.abandon(err)
		return false
	case l.doc.TooDeep() || l.doc.TooMany():
		o.die(err)
		return false
	}
	// Browsers differ in what follows.
	if !o.unsure {
		o.unsure = true
		o.tell(err.Error())
	}
	l.doc.Forgive()
	return true
}
