package markup

import "strings"

// Reopen closes, and opens again, what browsers would open again before the next text: formatting elements that other end
// tags have closed, as in <p><b>text</p>. tags is the text of the tags, which take an element from the list and put it there
// again as one that is open. ok is false where they would do more than that; stuck is then the first of the elements.
func (d *Document) Reopen() (tags string, stuck Open, ok bool) {
	if !d.Reopens() {
		return "", stuck, true
	}
	first := d.waiting()
	waiting := append([]element(nil), d.list[first:d.actives]...)
	stuck = Open{d.nameOf(&waiting[0]), int(waiting[0].at)}
	var b strings.Builder
	depth := d.opened
	for i := len(waiting) - 1; i >= 0; i-- {
		e := &waiting[i]
		d.feed(e.name, d.nameOf(e), true, int(e.at))
		b.WriteString("</" + d.nameOf(e) + ">")
	}
	if d.opened != depth || d.actives != first {
		return "", stuck, false
	}
	now := d.tree.reader
	for i := range waiting {
		d.spans, d.off, d.state = nil, int(waiting[i].at), stData
		t := d.Scanner.Next()
		d.Start(&t)
		b.WriteString(d.html[t.At:t.End])
	}
	d.tree.reader = now
	return b.String(), stuck, true
}

// Reopens tells whether [Document.Reopen] would do anything.
func (d *Document) Reopens() bool {
	if d.selected > 0 || d.mode >= modeTable && d.mode <= modeRow || d.mode == modeColgroup || d.mode == modeHead {
		return false // nothing that may stand here is put into them
	}
	return d.waiting() < d.actives
}

// Closers finds the end tags, from the inside out, after which a template would be a child of body in all of these documents,
// which are one page in different readings. Where there are none, open is an element that stays open.
func Closers(of []*Document) (closers string, open *Open) {
	now := make([]*Document, len(of))
	for i := range of {
		now[i] = new(Document)
		now[i].Copy(of[i])
		now[i].part.strict = false
	}
	var b strings.Builder
	for i := 0; i < len(now); {
		if now[i].atBody() {
			i++
			continue
		}
		n, name, closing, ok := closer(now, now[i])
		if !ok {
			top := now[i].Top()
			return "", &top
		}
		for _, d := range now {
			d.feed(n, name, closing, 0)
		}
		b.WriteByte('<')
		if closing {
			b.WriteByte('/')
		}
		b.WriteString(name)
		b.WriteByte('>')
		i = 0
	}
	return b.String(), nil
}

// atBody tells whether a template would now be a child of body.
func (d *Document) atBody() bool {
	switch d.mode {
	case modeBody, modeAfterBody, modeAfterAfterBody, modeTable:
		return d.opened == 2 && d.top().html(nmBody)
	}
	return false
}

// closer is a tag that brings one of the documents nearer to its body, and does no harm in the others.
func closer(all []*Document, d *Document) (n name, text string, closing, ok bool) {
	switch d.mode {
	case modeInitial, modeBeforeHTML, modeBeforeHead, modeHead, modeAfterHead:
		return nmBody, "body", false, true
	case modeFrameset, modeAfterFrameset, modeAfterAfterFrameset:
		return n, "", false, false
	}
	last := ""
	after := new(Document)
search:
	for i := d.opened - 1; i > 0; i-- {
		e := &d.stack[i]
		text := d.nameOf(e)
		if text == last {
			continue // it has been tried
		}
		last = text
		for _, other := range all {
			if !other.onlyCloses(e.name) {
				continue search
			}
		}
		after.Copy(d)
		if after.feed(e.name, text, true, 0); after.opened < d.opened {
			return e.name, text, true, true
		}
	}
	return n, "", false, false
}

// onlyCloses tells whether an end tag does no more than to close: one of a paragraph that is not open would open it, and one
// of a formatting element would move the blocks in it.
func (t *tree) onlyCloses(n name) bool {
	if t.foreign() {
		return n != nmP && n != nmBr
	}
	switch {
	case n == nmP:
		return t.find(nmP, scope|buttonOnly) > 0
	case !n.is(formatting):
		return true
	}
	l := t.active(n)
	if l <= 0 {
		return true
	}
	at := t.standsAt(t.list[l].id)
	if at == 0 || !t.visible(at) {
		return true
	}
	for i := at + 1; i < t.opened; i++ {
		if t.stack[i].isSpecial() {
			return false
		}
	}
	return true
}
