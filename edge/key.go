package edge

import (
	"inlay/internal/decimal"
)

// inputs is what a key may read of a request, besides the parameters of its page's pattern.
type inputs interface {
	// rawQuery is the query of the request's target, still encoded, without the question mark.
	rawQuery() string
	// header is the value of a header field by its lower-case name: several joined by ", ", cookies by "; ". Empty when
	// the request has none.
	header(name string) string
}

// FillRequest is what a fill asks of an origin. It is read back from the fragment's key and from nothing else.
type FillRequest struct {
	// Src is the expanded src.
	Src string
	// Fields are the header fields that the slot declares and the request had, in the order of their names.
	Fields []Field
}

// Field is a header field; its name is in lower case.
type Field struct{ Name, Value string }

// maxKey is how long a key may be, in bytes: room for a few parameters of the longest kind.
const maxKey = 8 << 10

var errInternal = &RequestError{"a parameter leads to a path that is not the site's"}

var errLongKey = &RequestError{"what the page depends on in the request is longer than 8 KiB"}

// varying is what a slot or a page varies on, in the order in which it enters a key.
type varying struct {
	query  []string // sorted
	fields []string // header fields in lower case, sorted; "cookie" stands for cookies
	cookie []string // sorted
}

// newVarying sorts out the inputs of slots.
func newVarying(slots ...Slot) varying {
	var v varying
	for i := range slots {
		for _, in := range slots[i].Vary {
			switch in.Kind {
			case Query:
				v.query = insert(v.query, in.Name)
			case Header:
				v.fields = insert(v.fields, in.Name)
			case Cookie:
				v.cookie = insert(v.cookie, in.Name)
				v.fields = insert(v.fields, "cookie")
			}
		}
	}
	return v
}

// insert adds s to a sorted list that has each string once.
func insert(list []string, s string) []string {
	i := 0
	for n := len(list); i < n; {
		if m := (i + n) / 2; list[m] < s {
			i = m + 1
		} else {
			n = m
		}
	}
	if i < len(list) && list[i] == s {
		return list
	}
	list = append(list, "")
	copy(list[i+1:], list[i:])
	list[i] = s
	return list
}

// appendKey appends the key of the slot's fragment: the expanded src in its canonical form, with the declared parameters
// of the query after its own, and a line "name: value" for each declared header field that the request has. The error is
// a *RequestError.
//
// A key is at the same time the fill's request, see [fillRequest]: what is not in it cannot reach the origin. No value
// has a line feed, so no two requests share a key.
func (s *Slot) appendKey(dst []byte, params []string, in inputs) ([]byte, error) {
	start := len(dst)
	dst = s.src.appendURL(dst, params)
	if len(s.src.holes) > 0 && leadsElsewhere(pathOf(string(dst[start:]))) {
		return dst[:start], errInternal
	}
	dst = s.vary.appendQuery(dst, in, s.src.query)
	dst = s.vary.appendFields(dst, in)
	if len(dst)-start > maxKey {
		return dst[:start], errLongKey
	}
	return dst, nil
}

// appendKey appends the identity of the page in its composed form: its index, its parameters, and what its slots declare.
// The error is a *RequestError.
func (p *Page) appendKey(dst []byte, index int, params []string, in inputs) ([]byte, error) {
	start := len(dst)
	dst = append(dst, "page:"...)
	dst = decimal.Append(dst, int64(index))
	for _, value := range params {
		dst = append(dst, '\n')
		dst = append(dst, value...)
	}
	dst = append(dst, '\n')
	dst = p.vary.appendQuery(dst, in, false)
	dst = p.vary.appendFields(dst, in)
	if len(dst)-start > maxKey {
		return dst[:start], errLongKey
	}
	return dst, nil
}

// expandTags are the tags of the slot's fragment. Parameters go in as they are.
func (s *Slot) expandTags(params []string) []string {
	if len(s.tags) == 0 {
		return nil
	}
	tags := make([]string, len(s.tags))
	for i := range s.tags {
		tags[i] = s.tags[i].expand(params)
	}
	return tags
}

// fillRequest reads a key of Slot.appendKey.
func fillRequest(key string) FillRequest {
	src, rest, more := cutText(key, "\n")
	f := FillRequest{Src: src}
	for more {
		var line string
		line, rest, more = cutText(rest, "\n")
		name, value, _ := cutText(line, ": ")
		f.Fields = append(f.Fields, Field{name, value})
	}
	return f
}

// appendQuery appends the declared parameters of the request's query: all values of a name, in their order. Pairs with
// malformed percent-encoding count as absent, as in net/url.
func (v *varying) appendQuery(dst []byte, in inputs, more bool) []byte {
	if len(v.query) == 0 {
		return dst
	}
	query := in.rawQuery()
	for _, name := range v.query {
		for rest := query; rest != ""; {
			var pair string
			pair, rest, _ = cutText(rest, "&")
			if !isQueryName(pair, name) {
				continue
			}
			_, value, _ := cutText(pair, "=")
			if !validEscapes(value) {
				continue
			}
			if more {
				dst = append(dst, '&')
			} else {
				dst, more = append(dst, '?'), true
			}
			dst = append(appendEncoded(dst, name, false), '=')
			dst = appendReencoded(dst, value)
		}
	}
	return dst
}

// isQueryName tells whether the name of a still encoded pair is name.
func isQueryName(pair, name string) bool {
	i := 0
	for ; i < len(pair) && pair[i] != '='; i++ {
		if name == "" {
			return false
		}
		b, n := queryByte(pair, i)
		if n == 0 || b != name[0] {
			return false
		}
		i += n - 1
		name = name[1:]
	}
	return name == "" && i > 0
}

// queryByte decodes the byte at s[i:], which takes n bytes there; n is 0 for malformed percent-encoding.
func queryByte(s string, i int) (b byte, n int) {
	switch s[i] {
	case '+':
		return ' ', 1
	case '%':
		if b, ok := unhex(s, i+1); ok {
			return b, 3
		}
		return 0, 0
	}
	return s[i], 1
}

func validEscapes(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if _, ok := unhex(s, i+1); !ok {
				return false
			}
			i += 2
		}
	}
	return true
}

// appendReencoded writes an encoded value of a query in its one form.
func appendReencoded(dst []byte, value string) []byte {
	for i := 0; i < len(value); {
		b, n := queryByte(value, i)
		if isUnreserved(b) {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', hexDigits[b>>4], hexDigits[b&15])
		}
		i += n
	}
	return dst
}

// appendFields appends the lines of the declared header fields and cookies that the request has. An empty value, or one
// that is not usable, counts as absent.
func (v *varying) appendFields(dst []byte, in inputs) []byte {
	for _, name := range v.fields {
		value := in.header(name)
		if name == "cookie" {
			dst = v.appendCookies(dst, value)
			continue
		}
		value = trimOWS(value)
		if value == "" || !usable(value) {
			continue
		}
		dst = append(dst, '\n')
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
	}
	return dst
}

func (v *varying) appendCookies(dst []byte, header string) []byte {
	before := "\ncookie: "
	for _, name := range v.cookie {
		value, ok := cookieValue(header, name)
		if !ok {
			continue
		}
		dst = append(dst, before...)
		dst = append(dst, name...)
		dst = append(dst, '=')
		dst = append(dst, value...)
		before = "; "
	}
	return dst
}
