package esi

import (
	"errors"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/route"
)

// maxSrc is how long a src may be, in bytes; a slot's may not be longer.
const maxSrc = 4 << 10

const srcForm = "expected a path, or an http or https URL"

// source reads a src or an alt, as written in the tag.
func (r *Reader) source(written string) (Source, error) {
	src := decode(written)
	switch {
	case src == "":
		return Source{}, errors.New("an empty one; " + srcForm)
	case len(src) > maxSrc:
		return Source{}, errors.New("longer than 4 KiB; expected a shorter one")
	case ascii.HasPrefix(src, route.BindingPrefix):
		// ESI is read in whatever text it stands; who can write some into it is not to reach what only the Worker can.
		return Source{}, errors.New("a binding; " + srcForm)
	}
	parts, variables, err := split(src)
	if err != nil {
		return Source{}, err
	}
	// With each variable as a parameter, named by its number.
	params := make([]string, len(variables))
	text := ""
	for i, part := range parts {
		if ascii.IndexAny(part, " \t\r\n") >= 0 {
			return Source{}, errors.New("white space in it; expected %20")
		}
		if i > 0 {
			params[i-1] = decimal.String(i - 1)
			text += "{" + params[i-1] + "}"
		}
		text += encodeBraces(part)
	}
	if text, err = resolve(r.base, text); err != nil {
		return Source{}, err
	}
	t, err := route.ParseSrc(text, params)
	if err != nil {
		return Source{}, err
	}
	s := Source{Template: t, Variables: variables}
	for i, literal := range t.Literal {
		if i > 0 {
			t.Holes[i-1].Path = false
			s.Text += variables[t.Holes[i-1].Param].written
		}
		s.Text += literal
	}
	return s, nil
}

// decode replaces the five references that XML has without a DTD, as Varnish does; others are text.
func decode(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
next:
	for i := 0; i < len(s); i++ {
		for _, ref := range references {
			if ascii.HasPrefix(s[i:], ref.name) {
				out = append(out, ref.is)
				i += len(ref.name) - 1
				continue next
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

var references = [...]struct {
	name string
	is   byte
}{{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}

// encodeBraces keeps braces of a src from being parameters.
func encodeBraces(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "{", "%7B"), "}", "%7D")
}

// Resolve makes a src, which has no variables, absolute against where it stands: a URL, or a path of the site's. Braces become
// %7B and %7D, as [route.ParseSrc] takes others for parameters.
func Resolve(base, src string) (string, error) {
	if src == "" {
		return "", errors.New("an empty one; " + srcForm)
	}
	return resolve(base, encodeBraces(src))
}

// resolve makes a src absolute, or absolute in its origin. As Varnish has it, and unlike RFC 3986, "?x" is of the folder.
func resolve(base, src string) (string, error) {
	origin, folder := splitBase(base)
	lower := ascii.ToLower(src[:min(len(src), len("https://"))])
	switch {
	case ascii.HasPrefix(lower, "http://") || ascii.HasPrefix(lower, "https://"):
		host := src[strings.IndexByte(src, ':')+len("://"):]
		i := strings.IndexByte(host, '/')
		if i < 0 {
			return "", errors.New("a URL without a path; expected / behind the host")
		}
		if strings.IndexByte(host[:i], '{') >= 0 {
			return "", errors.New("a variable in the host; expected variables in path and query only")
		}
		origin, src = src[:len(src)-len(host)+i], host[i:]
	case ascii.HasPrefix(src, route.BindingPrefix):
		i := strings.IndexByte(src, '/')
		if i < 0 {
			return src, nil // refused by route, which says more
		}
		origin, src = src[:i], src[i:]
	case ascii.HasPrefix(src, "//"):
		return "", errors.New("a URL without a scheme; " + srcForm)
	case hasScheme(src):
		return "", errors.New("a scheme that nothing is fetched with; " + srcForm)
	case src[0] != '/':
		src = folder + src
	}
	path, query := src, ""
	if i := strings.IndexByte(src, '?'); i >= 0 {
		path, query = src[:i], src[i:]
	}
	return origin + withoutDots(path) + query, nil
}

// splitBase cuts a base into its origin, empty for the site's own, and the folder of its path, with a slash at its end.
func splitBase(base string) (origin, folder string) {
	if i := strings.IndexByte(base, '?'); i >= 0 {
		base = base[:i]
	}
	if i := strings.Index(base, "://"); i >= 0 {
		i += len("://")
		if j := strings.IndexByte(base[i:], '/'); j >= 0 {
			origin, base = base[:i+j], base[i+j:]
		} else {
			origin, base = base, "/"
		}
	} else if i := strings.IndexByte(base, '/'); i > 0 && ascii.HasPrefix(base, route.BindingPrefix) {
		origin, base = base[:i], base[i:]
	}
	return origin, encodeBraces(base[:strings.LastIndexByte(base, '/')+1])
}

// hasScheme tells whether a colon comes before what ends a scheme.
func hasScheme(src string) bool {
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == ':':
			return i > 0
		case !ascii.IsAlpha(c) && (i == 0 || !ascii.IsDigit(c) && c != '+' && c != '-' && c != '.'):
			return false
		}
	}
	return false
}

// withoutDots removes the segments "." and ".." of a path, as RFC 3986, section 5.2.4, does. Those that are written in another
// way are left, for route to refuse.
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch s {
		case ".", "..":
			if s == ".." && len(kept) > 1 {
				kept = kept[:len(kept)-1]
			}
			if i == len(segments)-1 {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "/")
}
