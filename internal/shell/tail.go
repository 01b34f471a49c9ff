package shell

import "strings"

// bodyEnd is the last </body> that nothing but the shell's end follows as far as slots are concerned.
type bodyEnd struct {
	at   int  // its offset, -1 for none
	tree tree // as it is before it
}

func (l *bodyEnd) note(at int, t *tree) {
	l.at = at
	kept := l.tree
	l.tree = *t
	l.tree.open = append(kept.open[:0], t.open...)
	l.tree.active = append(kept.active[:0], t.active...)
	l.tree.templates = append(kept.templates[:0], t.templates...)
}

// placePatches says where patches go, as an offset, and the end tags to be written before them, after which body is what is open.
// trees are the shell as different browsers have read it up to there. Where no end tags help, open is an element that stays
// open, and where it begins.
//
// Before the last </body> is the place for most pages. Where something is left open there, what follows belongs into it, be
// it only white space: then patches go to the end of the shell.
func placePatches(html string, tails []*bodyEnd, ends []*tree) (at int, closers string, open *openElement) {
	at = tails[0].at
	trees := make([]tree, 0, len(tails))
	for _, l := range tails {
		if l.at != at {
			at = -1
		}
		trees = append(trees, l.tree)
	}
	if at >= 0 {
		closers, open = closersOf(trees)
		if open == nil && (closers == "" || endsBody(html[at:])) {
			return at, closers, nil
		}
	}
	trees = trees[:0]
	for _, t := range ends {
		trees = append(trees, *t)
	}
	closers, open = closersOf(trees)
	return len(html), closers, open
}

// endsBody tells whether s is no more than the end tags of body and html.
func endsBody(s string) bool {
	z := tokenizer{html: s}
	for t := z.next(false); t.kind != tokenEnd; t = z.next(false) {
		if t.kind != tokenClose || t.tag != tagBody && t.tag != tagHTML {
			return false
		}
	}
	return true
}

// closersOf finds the end tags, from the inside out, after which a template would be a child of body for all of these trees.
func closersOf(trees []tree) (closers string, open *openElement) {
	now := make([]tree, len(trees))
	for i := range trees {
		now[i] = trees[i].clone()
		now[i].strict = false
	}
	var b strings.Builder
	for i := 0; i < len(now); {
		if now[i].atBody() {
			i++
			continue
		}
		tok, ok := closer(now, i)
		if !ok {
			if top := now[i].top(); top != nil {
				return "", top
			}
			return "", &openElement{name: "html"}
		}
		for j := range now {
			now[j].read(tok)
		}
		if tok.kind == tokenClose {
			b.WriteByte('<')
			b.WriteByte('/')
		} else {
			b.WriteByte('<')
		}
		b.WriteString(tok.name)
		b.WriteByte('>')
		i = 0
	}
	return b.String(), nil
}

func (t *tree) read(tok token) {
	if tok.kind == tokenClose {
		t.end(&tok)
	} else {
		t.start(&tok)
	}
}

// atBody tells whether a template would now be a child of body.
func (t *tree) atBody() bool {
	switch t.mode {
	case modeInBody, modeAfterBody, modeAfterAfterBody, modeInTable, modeInSelect:
		return len(t.open) == 2 && t.topIs(tagBody)
	}
	return false
}

// closer is a tag that brings the first of the trees that needs one nearer to its body, and does no harm in the others.
func closer(trees []tree, needs int) (token, bool) {
	t := &trees[needs]
	switch t.mode {
	case modeInitial, modeBeforeHTML, modeBeforeHead, modeInHead, modeAfterHead:
		return token{kind: tokenOpen, name: "body", tag: tagBody}, true
	case modeInFrameset, modeAfterFrameset, modeAfterAfterFrameset:
		return token{}, false
	}
	last := ""
search:
	for i := len(t.open) - 1; i > 0; i-- {
		e := &t.open[i]
		if e.name == last {
			continue // it has been tried
		}
		last = e.name
		tok := token{kind: tokenClose, name: e.name, tag: tagOf(e.name)}
		for j := range trees {
			if !trees[j].onlyCloses(&tok) {
				continue search
			}
		}
		after := t.clone()
		after.end(&tok)
		if len(after.open) < len(t.open) {
			return tok, true
		}
	}
	return token{}, false
}

// onlyCloses tells whether an end tag does no more than to close: one of a paragraph that is not open would open it, and one
// of a formatting element would move the blocks in it.
func (t *tree) onlyCloses(tok *token) bool {
	if t.cdata() {
		return tok.tag != tagP && tok.tag != tagBr
	}
	switch {
	case tok.tag == tagP:
		return t.in(scopeButton, tagP) >= 0
	case !tok.tag.has(traitFormatting):
		return true
	}
	f := t.activeIndex(tok.tag)
	if f < 0 {
		return true
	}
	at := t.indexOf(t.active[f].id)
	if at < 0 || !t.visible(at) {
		return true
	}
	for i := at + 1; i < len(t.open); i++ {
		if t.open[i].special() {
			return false
		}
	}
	return true
}
