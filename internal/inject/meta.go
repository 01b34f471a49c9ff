package inject

import (
	"bytes"
	"html"
	"strings"
)

// Filter lets a page pass, and changes the policies of its
// <meta http-equiv="Content-Security-Policy"> so that they allow what is put in.
// What has come passes at once but for a tag that has not ended. The zero
// value's allowance has to be set.
type Filter struct {
	Allow Allowance
	held  []byte // of a tag that has not ended
	seen  int    // bytes that have passed
	over  bool   // such a <meta> counts in the head alone, and that has ended
}

const (
	maxHead = 256 << 10 // no policy is looked for behind so many bytes
	maxTag  = 16 << 10  // nor in a longer tag
)

// Next is what passes of the page's next bytes. The result may be chunk itself.
func (f *Filter) Next(chunk []byte) []byte {
	if f.over {
		return chunk
	}
	text := chunk
	if len(f.held) > 0 {
		text = append(f.held, chunk...)
		f.held = nil
	}
	var out []byte // nil: all of text as it is
	from := 0      // what lies before is in out
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '<')
		if i < 0 {
			break
		}
		at += i
		name, whole := tagName(text[at:])
		switch {
		case !whole && len(text)-at < maxTag:
			f.held = bytes.Clone(text[at:])
			text = text[:at]
		case name == "body" || name == "/head" || f.seen+at > maxHead:
			f.over = true
		case name == "meta":
			end, changed := f.meta(text[at:])
			if end < 0 && len(text)-at < maxTag {
				f.held = bytes.Clone(text[at:])
				text = text[:at]
				break
			}
			if changed != nil {
				out = append(append(out, text[from:at]...), changed...)
				from = at + end
			}
			at += max(end, 1)
			continue
		default:
			at++
			continue
		}
		break
	}
	f.seen += len(text)
	if out == nil {
		return text
	}
	return append(out, text[from:]...)
}

// Rest is what was held back, at the end of the page.
func (f *Filter) Rest() []byte { return f.held }

// tagName is the name of the tag that a text begins with, in lower case and
// with the slash of an end tag; "" if it is not one of those that matter. It is
// whole if more text could not make another name of it.
func tagName(text []byte) (name string, whole bool) {
	const longest = len("</head>")
	for i := 1; i < len(text) && i < longest; i++ {
		switch c := text[i]; {
		case c == '>' || c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == '/' && i > 1:
			return strings.ToLower(string(text[1:i])), true
		}
	}
	return "", len(text) >= longest
}

// meta reads the tag that text begins with. end is where it ends, -1 if it does
// not; changed is what stands in its place, nil if it stays.
func (f *Filter) meta(text []byte) (end int, changed []byte) {
	isPolicy := false
	var from, to int // of the content's value, with its quotes
	i := len("<meta")
	for {
		for i < len(text) && (isSpace(text[i]) || text[i] == '/') {
			i++
		}
		if i == len(text) {
			return -1, nil
		}
		if text[i] == '>' {
			break
		}
		start := i
		i++ // a name may begin with =
		for i < len(text) && !isSpace(text[i]) && text[i] != '/' && text[i] != '>' && text[i] != '=' {
			i++
		}
		name := text[start:i]
		for i < len(text) && isSpace(text[i]) {
			i++
		}
		if i == len(text) || text[i] != '=' {
			continue
		}
		for i++; i < len(text) && isSpace(text[i]); i++ {
		}
		if i == len(text) {
			return -1, nil
		}
		start = i
		if quote := text[i]; quote == '"' || quote == '\'' {
			n := bytes.IndexByte(text[i+1:], quote)
			if n < 0 {
				return -1, nil
			}
			i += n + 2
		} else {
			for i < len(text) && !isSpace(text[i]) && text[i] != '>' {
				i++
			}
		}
		switch {
		case bytes.EqualFold(name, []byte("http-equiv")):
			isPolicy = strings.EqualFold(unquote(text[start:i]), "content-security-policy")
		case bytes.EqualFold(name, []byte("content")):
			from, to = start, i
		}
	}
	end = i + 1
	if !isPolicy || to == 0 {
		return end, nil
	}
	policy := f.Allow.Policy(unquote(text[from:to]))
	changed = append(changed, text[:from]...)
	changed = append(changed, `"`+html.EscapeString(policy)+`"`...)
	return end, append(changed, text[to:end]...)
}

// unquote is an attribute's value.
func unquote(value []byte) string {
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') {
		value = value[1 : len(value)-1]
	}
	return html.UnescapeString(string(value))
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }
