package edge

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
func (t *tree) startForeign(tag *token) {
	if tag.slash {
		return
	}
	e := openElement{name: tag.name, at: tag.at, kind: inSVG}
	if t.foreign() && !t.entersHTML(tag) {
		e.kind = t.top().kind
	} else if tag.name == "math" {
		e.kind = inMath
	}
	switch {
	case e.kind == inSVG:
		e.html = tag.name == "foreignobject" || tag.name == "desc" || tag.name == "title"
	case tag.name == "annotation-xml":
		encoding, _ := tag.attr("encoding")
		encoding = lowerASCII(encoding)
		e.html = encoding == "text/html" || encoding == "application/xhtml+xml"
	default:
		switch tag.name {
		case "mi", "mn", "mo", "ms", "mtext":
			e.text = true
		}
	}
	t.open = append(t.open, e)
	t.tooDeep = t.tooDeep || len(t.open) > maxDepth
}

// leaveForeign closes svg or math around a tag that cannot stand in it.
func (t *tree) leaveForeign(by string) {
	for top := t.top(); top != nil && !top.html && !top.text; top = t.top() {
		t.problem(by, " closes the <"+top.name+"> that it stands in", "no HTML in svg and math, except in <foreignObject>")
		t.pop(len(t.open)-1, by)
	}
}

// endForeign ends an element of svg or math; false: the end tag is one of HTML around it.
func (t *tree) endForeign(name, by string) bool {
	for i := len(t.open) - 1; i >= 0 && t.open[i].kind != inHTML; i-- {
		if t.open[i].name == name {
			t.pop(i, by)
			return true
		}
	}
	return false
}
