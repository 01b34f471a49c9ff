package page

import (
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/route"
)

// FillRequest is what a fill asks of an origin. It is read back from the fragment's key and from nothing else.
type FillRequest struct {
	// Src is the expanded src.
	Src string
	// Fields are the header fields that the slot declares and the request had, in the order of their names.
	Fields []field.Field
}

// Host is the visitor's, empty if it is not in the key.
func (f *FillRequest) Host() string {
	for i := range f.Fields {
		if f.Fields[i].Name == HostField {
			return f.Fields[i].Value
		}
	}
	return ""
}

// HostField carries the visitor's host to the origin, and is a line of the keys: from the list of the site's hosts, of shells, or
// where a slot declares host.
const HostField = route.HostField

// ProtoField carries the scheme of the visitor's URL, and is a line of the keys of shells.
const ProtoField = route.ProtoField

// maxKey is how long a key may be, in bytes: room for a few parameters of the longest kind.
const maxKey = 8 << 10

var errInternal = &route.RequestError{Reason: "a parameter leads to a path that is not the site's"}

var errLongKey = &route.RequestError{Reason: "what the page depends on in the request is longer than 8 KiB"}

// AppendKey appends the key of the slot's fragment: the expanded src in its canonical form, with the declared parameters
// of the query after its own, and a line "name: value" for each declared header field that the request has. The error is
// a *RequestError.
//
// A key is at the same time the fill's request, see [ReadKey]: what is not in it cannot reach the origin. No value
// has a line feed, so no two requests share a key.
func (s *Slot) AppendKey(dst []byte, params []string, in route.Inputs) ([]byte, error) {
	start := len(dst)
	dst = s.Source.AppendURL(dst, params)
	if len(s.Source.Holes) > 0 && route.LeadsElsewhere(route.PathOf(string(dst[start:]))) {
		return dst[:start], errInternal
	}
	dst = s.Varies.AppendQuery(dst, in, s.Source.Query)
	dst = s.Varies.AppendFields(dst, in)
	if len(dst)-start > maxKey {
		return dst[:start], errLongKey
	}
	return dst, nil
}

// AppendKey appends the identity of the page in its composed form: its index, its parameters, and what its fragments vary
// on, which may be more than its slots declare. The error is a *RequestError.
func (p *Page) AppendKey(dst []byte, index int, params []string, varies *route.Varying, in route.Inputs) ([]byte, error) {
	start := len(dst)
	dst = append(dst, "page:"...)
	dst = decimal.Append(dst, int64(index))
	for _, value := range params {
		dst = append(dst, '\n')
		dst = append(dst, value...)
	}
	dst = append(dst, '\n')
	return AppendInputs(dst, start, varies, in)
}

// AppendInputs appends the values of inputs to the identity of a page, which begins at start. The error is a *RequestError.
func AppendInputs(dst []byte, start int, varies *route.Varying, in route.Inputs) ([]byte, error) {
	dst = varies.AppendQuery(dst, in, false)
	dst = varies.AppendAllFields(dst, in)
	if len(dst)-start > maxKey {
		return dst[:start], errLongKey
	}
	return dst, nil
}

// ExpandTags are the tags of the slot's fragment. Parameters go in as they are.
func (s *Slot) ExpandTags(params []string) []string {
	if len(s.TagTemplates) == 0 {
		return nil
	}
	tags := make([]string, len(s.TagTemplates))
	for i := range s.TagTemplates {
		tags[i] = s.TagTemplates[i].Expand(params)
	}
	return tags
}

// ReadKey reads a key of Slot.appendKey.
func ReadKey(key string) FillRequest {
	src, rest, more := ascii.Cut(key, "\n")
	f := FillRequest{Src: src}
	for more {
		var line string
		line, rest, more = ascii.Cut(rest, "\n")
		name, value, _ := ascii.Cut(line, ": ")
		f.Fields = append(f.Fields, field.Field{Name: name, Value: value})
	}
	return f
}
