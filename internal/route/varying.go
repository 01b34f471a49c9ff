package route

import (
	"unicode/utf8"

	"inlay/internal/ascii"
)

// Input is something of a request that a fragment depends on besides its page's parameters, as declared in vary.
type Input struct {
	Kind InputKind
	Name string
}

// InputKind says which part of a request an Input is.
type InputKind uint8

const (
	// Cookie is a cookie, by name; names are case-sensitive.
	Cookie InputKind = iota + 1
	// Header is a header field; its name is kept in lower case.
	Header
	// Query is a parameter of the query, by its decoded name.
	Query
	// Host is the host that the visitor asked, and Proto the scheme: the pseudo-fields :authority and :scheme, and to an origin
	// X-Forwarded-Host and X-Forwarded-Proto. They have no name.
	Host
	Proto
	// Kinds is how many there are, and none.
	Kinds
)

// Varying is what a slot or a page varies on, in the order in which it enters a key.
type Varying struct {
	query  []string // sorted
	fields []string // header fields in lower case, sorted; "cookie" stands for cookies
	cookie []string // sorted
}

// Add sorts in what a slot declares.
func (v *Varying) Add(inputs []Input) {
	for _, in := range inputs {
		switch in.Kind {
		case Query:
			v.query = insert(v.query, in.Name)
		case Header:
			v.fields = insert(v.fields, in.Name)
		case Cookie:
			v.cookie = insert(v.cookie, in.Name)
			v.fields = insert(v.fields, "cookie")
		case Host:
			v.fields = insert(v.fields, hostField)
		case Proto:
			v.fields = insert(v.fields, protoField)
		}
	}
}

// What a key has of the visitor's URL, and the pseudo-fields that say it. No slot can declare the fields themselves.
const (
	hostField  = "x-forwarded-host"
	protoField = "x-forwarded-proto"
)

// pseudoField is the field of a request that says what goes to an origin as a field of that name.
func pseudoField(name string) string {
	switch name {
	case hostField:
		return ":authority"
	case protoField:
		return ":scheme"
	}
	return name
}

// Join adds what another has, and tells whether that is anything new. The other may be in use elsewhere; so may v have been
// before: what it had is left alone.
func (v *Varying) Join(other *Varying) bool {
	query, fields, cookie := union(v.query, other.query), union(v.fields, other.fields), union(v.cookie, other.cookie)
	grown := len(query)+len(fields)+len(cookie) > len(v.query)+len(v.fields)+len(v.cookie)
	v.query, v.fields, v.cookie = query, fields, cookie
	return grown
}

func union(a, b []string) []string {
	all := append([]string(nil), a...)
	for _, s := range b {
		all = insert(all, s)
	}
	if len(all) == len(a) {
		return a
	}
	return all
}

// Fields are the names of the request's header fields that it has, in order: what Vary names.
func (v *Varying) Fields() []string { return v.fields }

// Value is the decoded value of an input that a request has, the first if there are several; empty if there is none that can be
// used.
func Value(in Inputs, i Input) string {
	value := ""
	switch i.Kind {
	case Query:
		for rest := in.RawQuery(); rest != ""; {
			var pair string
			pair, rest, _ = ascii.Cut(rest, "&")
			if _, encoded, _ := ascii.Cut(pair, "="); isQueryName(pair, i.Name) {
				value, _ = DecodeQuery(encoded)
				break
			}
		}
	case Cookie:
		value, _ = cookieValue(in.Header("cookie"), i.Name)
	case Header:
		value = ascii.TrimOWS(in.Header(i.Name))
	case Host:
		value = in.Header(pseudoField(hostField))
	}
	if !usable(value) {
		return ""
	}
	return value
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

// AppendQuery appends the declared parameters of the request's query: all values of a name, in their order. Pairs with
// malformed percent-encoding count as absent, as in net/url.
func (v *Varying) AppendQuery(dst []byte, in Inputs, more bool) []byte {
	if len(v.query) == 0 {
		return dst
	}
	query := in.RawQuery()
	for _, name := range v.query {
		for rest := query; rest != ""; {
			var pair string
			pair, rest, _ = ascii.Cut(rest, "&")
			if !isQueryName(pair, name) {
				continue
			}
			_, value, _ := ascii.Cut(pair, "=")
			if !ValidEscapes(value) {
				continue
			}
			if more {
				dst = append(dst, '&')
			} else {
				dst, more = append(dst, '?'), true
			}
			dst = append(AppendEncoded(dst, name, false), '=')
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

// AppendFields appends the lines of the declared header fields and cookies that the request has. An empty value, or one
// that is not usable, counts as absent.
func (v *Varying) AppendFields(dst []byte, in Inputs) []byte {
	for _, name := range v.fields {
		value := in.Header(pseudoField(name))
		if name == "cookie" {
			dst = v.appendCookies(dst, value)
			continue
		}
		value = ascii.TrimOWS(value)
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

func (v *Varying) appendCookies(dst []byte, header string) []byte {
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

// cookieValue finds a cookie in a Cookie field. Of several with one name the first counts: user agents send the one with
// the longer path first (RFC 6265, section 5.4). A pair without "=" is no cookie of any name.
func cookieValue(header, name string) (string, bool) {
	for header != "" {
		var pair string
		pair, header = cutCookie(header)
		have, value, ok := ascii.Cut(pair, "=")
		if ok && ascii.TrimOWS(have) == name {
			value = ascii.TrimOWS(value)
			return value, usable(value)
		}
	}
	return "", false
}

// cutCookie cuts a Cookie field after its first pair. Pairs are separated by "; " (RFC 6265, section 4.2.1), and several
// lines of the field by ", ", which is how workerd joins them and how RFC 9110, section 5.3, would have it. A cookie's
// value cannot have a comma or a space, so both are separators here, in any field: where a value has ", " after all it
// ends there, rather than go on with what may be another cookie.
func cutCookie(header string) (pair, rest string) {
	for i := 0; i < len(header); i++ {
		switch {
		case header[i] == ';':
			return header[:i], header[i+1:]
		case header[i] == ',' && i+1 < len(header) && header[i+1] == ' ':
			return header[:i], header[i+2:]
		}
	}
	return header, ""
}

// usable tells whether a value of a field or a cookie can be part of a key. One with a control character cannot, and one
// that is not UTF-8 cannot either: JavaScript gets U+FFFD in place of what is not, so that two values would be one.
func usable(value string) bool {
	plain := true
	for i := 0; i < len(value); i++ {
		if c := value[i]; ascii.IsControl(c) {
			return false
		} else if c >= utf8.RuneSelf {
			plain = false
		}
	}
	if plain {
		return true
	}
	for _, r := range value {
		if r == utf8.RuneError {
			return false
		}
	}
	return true
}

// Inputs is what a key may read of a request, besides the parameters of its page's pattern.
type Inputs interface {
	// RawQuery is the query of the request's target, still encoded, without the question mark.
	RawQuery() string
	// Header is the value of a header field by its lower-case name: several joined by ", ", cookies by "; ". Empty when
	// the request has none.
	Header(name string) string
}
