package shell

import (
	"inlay/internal/ascii"
)

// namespace is what an element's name belongs to. In svg and math, markup is read by other rules (HTML standard, section
// 13.2.6.5), except in the few elements there that hold HTML.
type namespace uint8

const (
	inHTML namespace = iota
	inSVG
	inMath
)

// breaksOut tells whether a start tag ends the svg or math that it stands in (section 13.2.6.5).
func breaksOut(t *token) bool {
	switch t.name {
	case "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3",
		"h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s",
		"small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var":
		return true
	case "font":
		for i := range t.attrs {
			switch t.attrs[i].name {
			case "color", "face", "size":
				return true
			}
		}
	}
	return false
}

// cdata tells whether CDATA sections are known where the tree is.
func (t *tree) cdata() bool {
	top := t.top()
	return top != nil && top.kind != inHTML
}

// foreign tells whether a start tag would now make an element of svg or math.
func (t *tree) foreign() bool {
	top := t.top()
	return top != nil && !top.html
}

// entersHTML tells whether a start tag in svg or math makes an element of HTML, or svg within math.
func (t *tree) entersHTML(tag *token) bool {
	top := t.top()
	return top.text && tag.name != "mglyph" && tag.name != "malignmark" ||
		top.kind == inMath && top.name == "annotation-xml" && tag.name == "svg"
}

// startForeign opens svg or math, or an element in it, which is then of the same kind whatever its name.
func (t *tree) startForeign(tok *token) {
	e := openElement{name: tok.name, at: tok.at, kind: inSVG}
	if t.foreign() && !t.entersHTML(tok) {
		e.kind = t.top().kind
	} else if tok.tag == tagMath {
		e.kind = inMath
	}
	t.moved(" directly in <%>, which browsers move out of the table", "a row or a cell around it")
	if tok.slash {
		return
	}
	switch {
	case e.kind == inSVG:
		e.html = tok.name == "foreignobject" || tok.name == "desc" || tok.name == "title"
		e.bar = e.html
	case tok.name == "annotation-xml":
		encoding, _ := tok.attr("encoding")
		encoding = ascii.ToLower(encoding)
		e.html = encoding == "text/html" || encoding == "application/xhtml+xml"
		e.bar = true
	default:
		switch tok.name {
		case "mi", "mn", "mo", "ms", "mtext":
			e.text, e.bar = true, true
		}
	}
	t.push(e)
}

// leaveForeign closes svg or math around a tag that cannot stand in it.
func (t *tree) leaveForeign() {
	for top := t.top(); !top.html && !top.text; top = t.top() {
		t.problem(" closes the <"+top.name+"> that it stands in", "no HTML in svg and math, except in <foreignObject>")
		t.closeTo(len(t.open) - 1)
	}
}

// endForeign ends an element of svg or math; false: the end tag is one of HTML around it.
func (t *tree) endForeign(tok *token) bool {
	for i := len(t.open) - 1; i > 0 && t.open[i].kind != inHTML; i-- {
		if t.open[i].name == tok.name {
			t.closeTo(i)
			return true
		}
	}
	return false
}
