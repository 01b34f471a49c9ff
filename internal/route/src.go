package route

import (
	"errors"
	"strings"

	"inlay/internal/ascii"
)

// BindingPrefix begins a src that names a service binding.
const BindingPrefix = "binding:"

// ParseSrc reads a src and makes its literal text canonical: percent-encoding in upper case, never of unreserved
// characters, always of what may not stand in a URL; scheme and host in lower case.
func ParseSrc(src string, params []string) (Template, error) {
	if src == "" {
		return Template{}, errors.New("an empty src; " + srcForm)
	}
	if i := ascii.IndexAny(src, " \t\r\n\f\\#"); i >= 0 {
		switch src[i] {
		case '#':
			return Template{}, errors.New("a # in a src; expected none: an origin is not told what follows it (a literal # is %23)")
		case '\\':
			return Template{}, errors.New(`a \ in a src; expected / between segments (a literal \ is %5C)`)
		}
		return Template{}, errors.New("a space in a src; expected %20")
	}
	if ascii.HasControl(src) {
		return Template{}, errors.New("a control character in a src; " + srcForm)
	}
	base, path, err := splitSrc(src)
	if err != nil {
		return Template{}, err
	}
	t, err := ParseTemplate(path, params)
	if err != nil {
		return t, err
	}
	inPath := true
	for i, literal := range t.Literal {
		if i > 0 {
			t.Holes[i-1].Path = inPath
		}
		inPath = inPath && strings.IndexByte(literal, '?') < 0
		canonical, ok := canonicalURL(literal)
		if !ok {
			return t, errors.New("malformed percent-encoding in " + ascii.Shorten(src) + "; expected % and two hexadecimal digits (a literal % is %25)")
		}
		t.Literal[i] = canonical
	}
	t.Literal[0] = base + t.Literal[0]
	t.Query = !inPath
	// With a letter for each parameter; what they make of it is looked at when they are known.
	internal, dots := readings(PathOf(strings.Join(t.Literal, "x")))
	if internal {
		return t, errors.New(ascii.Shorten(src) + " leads to a path of inlay's own; expected a path of the site")
	}
	if err := checkDots(path, params); err != nil {
		return t, err
	}
	if dots {
		return t, errors.New(ascii.Shorten(src) + " has what an origin could take for the segment . or ..; expected the path it leads to")
	}
	return t, nil
}

const srcForm = "expected an absolute path (/fragments/price), an http or https URL, or binding:NAME/path"

// splitSrc checks what comes before the path of a src and makes it canonical.
func splitSrc(src string) (base, path string, err error) {
	lower := ascii.ToLower(src)
	switch {
	case strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://"):
		i := strings.Index(src, "//") + 2
		end := len(src)
		if j := ascii.IndexAny(src[i:], "/?"); j >= 0 {
			end = i + j
		}
		host := src[i:end]
		if ascii.IndexAny(host, "{}") >= 0 {
			return "", "", errors.New("a parameter in the host of " + ascii.Shorten(src) + "; expected parameters in path and query only")
		}
		if !isHost(host) {
			return "", "", errors.New(ascii.Shorten(host) + " is no host; expected one such as example.com or 127.0.0.1:8080, " +
				"without user and in ASCII")
		}
		path = src[end:]
		if path == "" || path[0] == '?' {
			path = "/" + path
		}
		return lower[:end], path, nil
	case strings.HasPrefix(src, BindingPrefix):
		name, rest, ok := strings.Cut(src[len(BindingPrefix):], "/")
		if !ok || !isBindingName(name) {
			return "", "", errors.New(ascii.Shorten(src) + " names no binding with a path; expected binding:NAME/path, NAME in letters, digits, _ and $")
		}
		return src[:len(BindingPrefix)+len(name)], "/" + rest, nil
	case strings.HasPrefix(src, "//"):
		return "", "", errors.New(ascii.Shorten(src) + " has no scheme; " + srcForm)
	case src[0] == '/':
		return "", src, nil
	}
	return "", "", errors.New(ascii.Shorten(src) + " is no src; " + srcForm)
}

// isHost allows names, IPv4 and bracketed IPv6 addresses, with a port or without.
func isHost(s string) bool {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		port := s[i+1:]
		if port == "" || len(port) > 5 {
			return false
		}
		for j := 0; j < len(port); j++ {
			if !ascii.IsDigit(port[j]) {
				return false
			}
		}
		s = s[:i]
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && ascii.Only(inner, func(b byte) bool { return ascii.HexValue(b) < 16 || b == ':' || b == '.' })
	}
	return s != "" && ascii.Only(s, func(b byte) bool { return ascii.IsAlpha(b) || ascii.IsDigit(b) || b == '-' || b == '.' || b == '_' })
}

func isBindingName(s string) bool {
	return s != "" && !ascii.IsDigit(s[0]) && ascii.Only(s, func(b byte) bool { return ascii.IsAlpha(b) || ascii.IsDigit(b) || b == '_' || b == '$' })
}

// checkDots refuses a path of a src that is a "." or ".." segment, or could become one: parameters are none themselves,
// but a {name...} may be empty or end in a slash, and leave the dots next to it alone.
func checkDots(path string, params []string) error {
	path, _, _ = strings.Cut(path, "?")
	for rest, more := path, true; more; {
		var seg string
		seg, rest, more = strings.Cut(rest, "/")
		t, err := ParseTemplate(seg, params)
		if err != nil {
			return err
		}
		literal, _ := UnescapePath(strings.Join(t.Literal, ""))
		if len(t.Holes) == 0 && IsDots(literal) {
			return errors.New("the segment " + ascii.Shorten(seg) + " in a src; expected the path it leads to")
		}
		if IsDots(literal) && (len(t.Holes) == 1 || sameHoles(t.Holes)) {
			return errors.New("nothing but dots next to a parameter in " + ascii.Shorten(seg) + "; expected other text or a slash between them")
		}
	}
	return nil
}

func sameHoles(holes []Hole) bool {
	for _, h := range holes {
		if h.Param != holes[0].Param {
			return false
		}
	}
	return true
}
