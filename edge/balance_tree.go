package edge

import "math/bits"

// element is an element that changes how what follows it is read.
type element uint8

const (
	elOther element = iota

	// These hold raw text in HTML.
	elScript
	elStyle
	elTextarea
	elTitle
	elXmp
	elIframe
	elNoembed
	elNoframes
	elNoscript

	// These part what is in them from what is around them: see scopes.
	elTemplate
	elTable
	elObject
	elApplet
	elMarquee
	elSelect

	elPlaintext
	elCol
	elSVG
	elMath
	elHead  // base, basefont, bgsound, link, meta
	elPoint // within <svg> or <math>, holds HTML; <title> does too
)

const rawElements = int(elNoscript) + 1

func elementOf(name []byte) element {
	switch string(name) {
	case "script":
		return elScript
	case "style":
		return elStyle
	case "textarea":
		return elTextarea
	case "title":
		return elTitle
	case "xmp":
		return elXmp
	case "iframe":
		return elIframe
	case "noembed":
		return elNoembed
	case "noframes":
		return elNoframes
	case "noscript":
		return elNoscript
	case "template":
		return elTemplate
	case "table":
		return elTable
	case "object":
		return elObject
	case "applet":
		return elApplet
	case "marquee":
		return elMarquee
	case "plaintext":
		return elPlaintext
	case "select":
		return elSelect
	case "col":
		return elCol
	case "svg":
		return elSVG
	case "math":
		return elMath
	case "base", "basefont", "bgsound", "link", "meta":
		return elHead
	case "desc", "foreignobject", "mi", "mo", "mn", "ms", "mtext", "annotation-xml":
		return elPoint
	}
	return elOther
}

// String is the name of an element that holds raw text or is a scope.
func (e element) String() string {
	return [...]string{"", "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript",
		"template", "table", "object", "applet", "marquee", "select"}[e]
}

func (e element) raw() bool   { return e >= elScript && e <= elNoscript }
func (e element) scope() bool { return e >= elTemplate && e <= elSelect }

// scopes are the elements open that part what is in them from what is around them: templates, tables, select and those
// that embed.
//
// That the others are closed matters because of formatting elements: a template's end forgets those that were opened in
// it, but only back to the innermost of these elements, or of a table's cells (section 13.2.4.3, the markers). The
// fragment "<b><object>" in a patch would turn the rest of the page bold. (What is not seen is formatting between the
// cells of a fragment of bare table rows, "<tr><b><td>".)
type scopes struct {
	open  [maxScopes]element
	start [maxScopes]int // offset of the start tag
	n     int
}

// maxScopes is how deep templates, tables and the like may be nested in each other: treeGuess.chosen has a bit for each
// depth, and one for the fragment itself.
const maxScopes = 63

// inSelect tells whether what follows is in a <select>. Browsers that do not know the customizable one ignore most tags in
// it. A template in it begins anew.
func (s *scopes) inSelect() bool {
	for i := s.n - 1; i >= 0 && s.open[i] != elTemplate; i-- {
		if s.open[i] == elSelect {
			return true
		}
	}
	return false
}

func (s *scopes) top() element {
	if s.n == 0 {
		return elOther
	}
	return s.open[s.n-1]
}

// treeGuess is what is known of the tree without building it. It errs to one side: when it says HTML, it is HTML.
type treeGuess struct {
	// svg and math count the elements open, at least: an end tag closes one that is open, or else none is.
	svg, math int
	// lost: HTML within <svg> or <math>, in which end tags may be ignored. Nothing says for certain where it ends.
	lost bool
	// point: the tag before was the start of an element that holds HTML within <svg> or <math>. If its end tag follows,
	// it held only text, and the guess holds.
	point   bool
	pointAt [maxTagName]byte
	pointN  int
	// chosen has a bit for each depth of templates at which a tag has decided what may follow ("in template" of section
	// 13.2.6.4.22); dropped, where that tag was <col>, after which all tags but <col> and <template> are ignored.
	chosen, dropped uint64
}

// foreign tells whether the next tag may stand in <svg> or <math>, where the rules of XML hold in part.
func (t *treeGuess) foreign() bool { return t.svg > 0 || t.math > 0 || t.lost }

// scriptState is how far the text of a script is escaped: <!-- and <script> within it hide its end tag (the "script data
// escaped" states).
type scriptState uint8

const (
	scriptPlain scriptState = iota
	scriptEscaped
	scriptDoubleEscaped
)

// elements is a set of elements that hold raw text.
type elements uint16

func (s elements) has(e element) bool { return s>>e&1 != 0 }
func (s elements) lowest() element    { return element(bits.TrailingZeros16(uint16(s))) }

// dualText is what must read the same as raw text and as markup: the elements open that may be either. It is read as
// markup, and besides, as raw text would be: an end tag of such an element counts wherever it stands, so it must not
// stand where markup would hide it; and templates within must be balanced, since raw text hides them.
type dualText struct {
	open   elements
	scopes [rawElements]int // open at the element's start
	start  [rawElements]int // offset of the element's start tag
	svg    int              // open at the start of the first: what closes them within may be hidden
	math   int

	// The end tag, or the <!-- of a script, being looked for in raw text.
	phase   dualPhase
	name    [8]byte
	nameLen int
}

type dualPhase uint8

const (
	dualText0 dualPhase = iota
	dualLess
	dualSlash
	dualName
	dualBang
	dualHyphen
)

// open is at the end of a start tag.
func (b *balance) open(e element) {
	t := &b.tree
	if t.point {
		t.point, t.lost = false, true
	}
	foreign := t.foreign()
	level := uint64(1) << b.templates
	switch e {
	case elHead, elNoframes, elScript, elStyle, elTemplate, elTitle:
	default:
		if t.chosen&level == 0 {
			t.chosen |= level
			if e == elCol {
				t.dropped |= level
			}
		}
	}
	switch {
	case e.scope():
		b.openScope(e, foreign)
	case e == elPlaintext:
		b.refuse(b.start, "makes all the rest of the page text; a fragment must not have it", "plaintext")
	case e == elSVG && !b.slash:
		t.svg++
	case e == elMath && !b.slash:
		t.math++
	case e.raw():
		b.openRaw(e, foreign || t.dropped&level != 0)
	}
	if foreign && !b.slash && (e == elPoint || e == elTitle) {
		t.point, t.pointAt, t.pointN = true, b.name, b.nameLen
	}
}

func (b *balance) openScope(e element, foreign bool) {
	s := &b.scopes
	switch {
	case e == elTemplate && foreign:
		b.refuse(b.start, "stands within <svg> or <math>, or after one whose end is not certain, where it is not a template", "template")
		return
	case foreign && b.slash:
		return
	case s.n == maxScopes:
		b.refuse(b.start, "is nested too deep: 63 of <template>, <table> and the like are open", e.String())
		return
	}
	s.open[s.n], s.start[s.n] = e, b.start
	s.n++
	if e == elTemplate {
		b.templates++
		level := uint64(1) << b.templates
		b.tree.chosen &^= level
		b.tree.dropped &^= level
	}
}

// openRaw begins an element that holds raw text, unless the tree has it otherwise.
func (b *balance) openRaw(e element, uncertain bool) {
	switch e {
	case elNoscript:
		uncertain = true
	case elScript, elTextarea:
		// Within <select>, a script is a script, and a textarea ends the select.
	default:
		uncertain = uncertain || b.scopes.inSelect()
	}
	if !uncertain {
		b.state, b.text, b.script = stRawText, e, scriptPlain
		return
	}
	d := &b.dual
	if d.open.has(e) {
		b.refuse(b.start, "stands within another, which not every browser reads the same", e.String())
		return
	}
	if d.open == 0 {
		d.svg, d.math, d.phase = b.tree.svg, b.tree.math, dualText0
	}
	d.open |= 1 << e
	d.scopes[e], d.start[e] = b.scopes.n, b.start
}

// close is at the end of an end tag.
func (b *balance) close(e element) {
	t, d := &b.tree, &b.dual
	if t.point {
		t.point = false
		t.lost = t.lost || string(b.name[:min(b.nameLen, maxTagName)]) != string(t.pointAt[:min(t.pointN, maxTagName)])
	}
	switch {
	case e.scope():
		b.closeScope(e)
	case e == elSVG && t.svg > 0 && (d.open == 0 || t.svg > d.svg):
		t.svg--
	case e == elMath && t.math > 0 && (d.open == 0 || t.math > d.math):
		t.math--
	case e.raw() && d.open.has(e):
		if s := &b.scopes; s.n > d.scopes[e] {
			b.refuse(d.start[e], "has a <"+s.top().String()+"> in it that is not closed in it", e.String())
		}
		d.open &^= 1 << e
	}
}

// closeScope is at the end tag of a scope. Only the innermost can be closed: an end tag is ignored if another scope is open
// within its own. A template's is not, so nothing may be open then.
func (b *balance) closeScope(e element) {
	s := &b.scopes
	if e == elTemplate && b.templates == 0 {
		b.refuse(b.start, "has no <template> before it and would end the patch early", "/template")
		return
	}
	for open := b.dual.open; open != 0; open &= open - 1 {
		if raw := open.lowest(); b.dual.scopes[raw] == s.n {
			b.refuse(b.start, "ends what was opened outside of <"+raw.String()+">, which not every browser reads the same", "/"+e.String())
			return
		}
	}
	if s.top() != e {
		if e == elTemplate {
			b.refuse(s.start[s.n-1], "is not closed; the fragment must close it", s.top().String())
		}
		return
	}
	s.n--
	if e != elTemplate {
		return
	}
	b.templates--
	if b.dual.open == 0 {
		// It took everything open within it along, and was not opened within <svg> or <math>.
		b.tree.svg, b.tree.math, b.tree.lost = 0, 0, false
	}
}

// compare reads a byte the way raw text does, and refuses what the reading as markup, whose state has not had that byte
// yet, takes for something else.
func (b *balance) compare(c byte) {
	d := &b.dual
	switch d.phase {
	case dualText0:
	case dualLess:
		switch c {
		case '/':
			d.phase, d.nameLen = dualSlash, 0
			return
		case '!':
			d.phase = dualBang
			return
		}
	case dualSlash, dualName:
		if isAlpha(c) {
			if d.nameLen < len(d.name) {
				d.name[d.nameLen] = lower(c)
			}
			d.nameLen++
			d.phase = dualName
			return
		}
		if d.phase == dualName && isNameEnd(c) && d.nameLen <= len(d.name) {
			e := elementOf(d.name[:d.nameLen])
			if e.raw() && d.open.has(e) && !(b.state == stTagName && b.closing && b.element() == e) {
				b.refuse(d.start[e], "has its end tag within a comment, an attribute or other text, which not every browser reads the same", e.String())
			}
		}
	case dualBang:
		if c == '-' {
			d.phase = dualHyphen
			return
		}
	case dualHyphen:
		if c == '-' && d.open.has(elScript) {
			b.refuse(d.start[elScript], "has <!-- in it where it may be markup or text, which not every browser reads the same", "script")
		}
	}
	d.phase = dualText0
	if c == '<' {
		d.phase = dualLess
	}
}
