package folder

import (
	"strings"
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/page"
)

// pageLine is what the comment says that a page's file begins with.
type pageLine struct {
	pattern  string // empty: the file's name says it
	at       int    // where the pattern stands in the file
	mode     page.Mode
	patience time.Duration
	preload  bool
	control  string
	end      int // where the shell begins
}

// The longest patience, as INLAY_PATIENCE has it.
const maxPatience = time.Second

const lineAttributes = "patience, mode, preload or cache-control"

// readPageLine reads the comment that a file may begin with. Without one, the shell begins where the file does. The errors
// have positions, and no file.
func readPageLine(text string) (pageLine, []*Error) {
	r := lineReader{text: text, seen: map[string]bool{}}
	comment, found := Line(text)
	if !found {
		if late := Late(text); late >= 0 {
			r.fail(late, "a comment of inlay that is not the first of the file", "it before everything else")
		}
		return pageLine{}, r.errors
	}
	if comment.End < 0 {
		r.fail(comment.At, "a comment that is not closed", "--> at its end")
		return pageLine{}, r.errors
	}
	if word := text[comment.From : comment.From+len(Word)]; word != Word {
		r.fail(comment.From, ascii.Shorten(strings.TrimRight(word, Space)), "<!-- "+Word+" …")
		return pageLine{}, r.errors
	}
	r.pos, r.end = comment.From+len(Word), comment.To
	for r.skip(); r.pos < r.end; r.skip() {
		r.part()
	}
	r.line.end = Shell(text, comment)
	if late := Late(text[r.line.end:]); late >= 0 {
		r.fail(r.line.end+late, "a second comment of inlay", "all in the first")
	}
	return r.line, r.errors
}

// lineReader reads what stands behind inlay: one part after the other.
type lineReader struct {
	text     string
	pos, end int
	line     pageLine
	seen     map[string]bool
	errors   []*Error
}

func (r *lineReader) fail(at int, found, expected string) {
	r.errors = append(r.errors, errorIn(r.text, at, found+"; expected "+expected))
}

func (r *lineReader) skip() {
	for r.pos < r.end && ascii.InSet(r.text[r.pos], Space) {
		r.pos++
	}
}

// word is what stands up to white space or one of stop.
func (r *lineReader) word(stop string) string {
	from := r.pos
	for r.pos < r.end && !ascii.InSet(r.text[r.pos], Space+stop) {
		r.pos++
	}
	return r.text[from:r.pos]
}

// part reads a pattern, or an attribute as HTML has them.
func (r *lineReader) part() {
	at := r.pos
	if r.text[at] == '/' {
		pattern := r.word("")
		if r.line.pattern != "" {
			r.fail(at, "a second pattern", "one: a page that answers two has two files")
			return
		}
		r.line.pattern, r.line.at = pattern, at
		return
	}
	name := r.word("=")
	after := r.pos
	r.skip()
	if r.pos == r.end || r.text[r.pos] != '=' {
		r.pos = after
		r.attribute(at, name, at, "", false)
		return
	}
	r.pos++
	r.skip()
	valueAt := r.pos
	value, ok := r.value()
	if !ok {
		r.fail(valueAt, "a quote that is not closed", "it before the comment's end")
		return
	}
	r.attribute(at, name, valueAt, value, true)
}

// value reads the value of an attribute. It is not ok where a quote is not closed; nothing is left then.
func (r *lineReader) value() (value string, ok bool) {
	if r.pos == r.end || !ascii.InSet(r.text[r.pos], `"'`) {
		return r.word(""), true
	}
	quote := r.text[r.pos]
	from := r.pos + 1
	i := strings.IndexByte(r.text[from:r.end], quote)
	if i < 0 {
		r.pos = r.end
		return "", false
	}
	r.pos = from + i + 1
	return r.text[from : from+i], true
}

func (r *lineReader) attribute(at int, name string, valueAt int, value string, has bool) {
	name = strings.ToLower(name)
	if r.seen[name] {
		r.fail(at, "attribute "+ascii.Shorten(name)+" again", "each attribute once")
		return
	}
	r.seen[name] = true
	switch name {
	case "patience", "mode", "cache-control":
		if !has {
			r.fail(at, name+" without a value", name+`="…"`)
			return
		}
	case "preload":
		if has && value != "" && value != name {
			r.fail(valueAt, "preload with the value "+ascii.Shorten(value), "no value")
		}
		r.line.preload = true
		return
	default:
		expected := "a pattern such as /products/{id}, " + lineAttributes
		if isMethod(name) && !has {
			expected = "a pattern without a method: a page answers GET and HEAD"
		}
		r.fail(at, ascii.Shorten(name), expected)
		return
	}
	switch name {
	case "patience":
		d, err := duration.Parse(value)
		switch {
		case err != nil:
			r.errors = append(r.errors, errorIn(r.text, valueAt, "patience: "+err.Error()))
		case d > maxPatience:
			r.fail(valueAt, "patience: "+ascii.Shorten(value), "1s at most")
		case d == 0:
			d = 1 // none, and not that of the variable
		}
		r.line.patience = d
	case "mode":
		r.line.mode = page.ModeNamed(value)
		if r.line.mode == page.Auto && value != page.Auto.String() {
			r.fail(valueAt, "mode: "+ascii.Shorten(value), "auto, stream, ordered or complete")
		}
	case "cache-control":
		r.line.control = strings.Trim(value, Space)
		if r.line.control == "" || !isPrintable(r.line.control) {
			r.fail(valueAt, "cache-control: "+ascii.Shorten(value), "the field's value, such as public, max-age=60")
		}
	}
}

func isMethod(name string) bool {
	switch name {
	case "get", "head", "post", "put", "patch", "delete", "options":
		return true
	}
	return false
}

// isPrintable tells whether a text is what the value of a header field can be everywhere: printable ASCII.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
