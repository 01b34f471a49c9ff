package route

import (
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
)

// Varying is what a slot or a page varies on, in the order in which it enters a key.
type Varying struct {
	query  []string // sorted
	fields []string // header fields in lower case, sorted; "cookie" stands for cookies; what is derived has a colon and by what
	cookie []string // sorted; a bucket has a slash and how many shares there are
}

// Add sorts in what a slot declares.
func (v *Varying) Add(inputs []Input) {
	for i := range inputs {
		in := &inputs[i]
		field := in.Field()
		switch in.Kind {
		case Query:
			v.query = insert(v.query, in.Name)
			continue
		case Cookie, Bucket:
			v.cookie = insert(v.cookie, in.Name)
		case Header:
		default:
			field += ":" + in.Name
		}
		v.fields = insert(v.fields, field)
	}
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

// Fields are the names of the request's header fields that Vary names, in order: a cache has the visitor's host and scheme in
// the URL. The country is in no field of a request, so where it counts that is "*" alone: RFC 9110, section 12.5.5, names the
// client's address as a case of it.
func (v *Varying) Fields() []string {
	var names []string
	for _, f := range v.fields {
		name, _, derived := ascii.Cut(f, ":")
		switch {
		case derived && name == CountryField:
			return []string{"*"}
		case derived && (name == HostField || name == ProtoField):
		case len(names) == 0 || names[len(names)-1] != name:
			names = append(names, name)
		}
	}
	return names
}

// TakesQuery tells whether anything of the query is among it.
func (v *Varying) TakesQuery() bool { return len(v.query) > 0 }

// Drawn are the shares that a visitor has no cookie of yet, each as the pair of its cookie.
func (v *Varying) Drawn(in Inputs) []string {
	var pairs []string
	for _, c := range v.cookie {
		name, n := BucketOf(c)
		if n == 0 {
			continue
		}
		if value, _ := cookieValue(in.Header(cookieField), name); !isShare(value, n) {
			pairs = append(pairs, name+"="+decimal.String(in.Share(name, n)))
		}
	}
	return pairs
}

// Value is the decoded value of an input that a request has, the first if there are several; empty if there is none that can be
// used.
func Value(in Inputs, i Input) string {
	value := ""
	switch i.Kind {
	case Query:
		for rest := in.RawQuery(); rest != ""; {
			var pair string
			pair, rest, _ = ascii.Cut(rest, "&")
			if _, encoded, _ := ascii.Cut(pair, "="); IsQueryName(pair, i.Name) {
				value, _ = DecodeQuery(encoded)
				break
			}
		}
	case Cookie:
		value, _ = cookieValue(in.Header("cookie"), i.Name)
	case Header:
		value = ascii.TrimOWS(in.Header(i.Name))
	case Host:
		value = in.Header(":authority")
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
			if !IsQueryName(pair, name) {
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

// IsQueryName tells whether the name of a still encoded pair is name.
func IsQueryName(pair, name string) bool {
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

// cutField cuts what fields has: the name of a field, and if that is derived by what, and the field or pseudo-field that it is made of.
func cutField(f string) (name, source, by string, derived bool) {
	name, by, derived = ascii.Cut(f, ":")
	source = name
	if derived {
		switch name {
		case CountryField:
			source = WhereField
		case HostField:
			source = AuthorityField
		case ProtoField:
			source = SchemeField
		}
	}
	return name, source, by, derived
}

// AppendFields appends the lines of the declared header fields and cookies that the request has, and of what is derived
// from it. An empty value, or one that is not usable, counts as absent.
func (v *Varying) AppendFields(dst []byte, in Inputs) []byte { return v.appendFields(dst, in, false) }

// AppendAllFields does so for a page, whose slots may have a field as it came beside what is derived for it: an empty line
// tells the two apart.
func (v *Varying) AppendAllFields(dst []byte, in Inputs) []byte { return v.appendFields(dst, in, true) }

func (v *Varying) appendFields(dst []byte, in Inputs, all bool) []byte {
	for _, f := range v.fields {
		name, source, by, derived := cutField(f)
		if name == cookieField {
			dst = v.appendCookies(dst, in)
			continue
		}
		value := in.Header(source)
		switch {
		case derived && name == languageField:
			value = languageOf(value, by)
		case derived && name == CountryField:
			value = countryOf(value, by)
		}
		value = ascii.TrimOWS(value)
		if value == "" || !usable(value) {
			continue
		}
		dst = append(dst, '\n')
		if all && derived {
			dst = append(dst, '\n')
		}
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
	}
	return dst
}

// AppendSources appends what AppendFields reads of a request, each name ended by NUL: header fields and pseudo-fields, then an empty
// name, then cookies. Two requests that have the same there have the same lines.
func (v *Varying) AppendSources(dst []byte) []byte {
	for _, f := range v.fields {
		if name, source, _, _ := cutField(f); name != cookieField {
			dst = append(append(dst, source...), 0)
		}
	}
	dst = append(dst, 0)
	for _, c := range v.cookie {
		name, _ := BucketOf(c)
		dst = append(append(dst, name...), 0)
	}
	return dst
}

func (v *Varying) appendCookies(dst []byte, in Inputs) []byte {
	header := in.Header(cookieField)
	before := "\ncookie: "
	for _, c := range v.cookie {
		name, n := BucketOf(c)
		value, ok := cookieValue(header, name)
		switch {
		case n > 0 && !isShare(value, n):
			value = decimal.String(in.Share(name, n))
		case n == 0 && !ok:
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
