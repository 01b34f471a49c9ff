package edge

import (
	"errors"
	"strings"
)

// template is text with {params} in it: literal[0], holes[0], literal[1] … literal[len(holes)].
type template struct {
	literal []string
	holes   []hole
	query   bool // a src that has a query of its own
}

// hole is where a parameter goes.
type hole struct {
	param int  // index into the page's params
	path  bool // in the path of a src, where the slashes of a {name...} stay
}

// parseTemplate splits text at its {params}, which must be among params.
func parseTemplate(text string, params []string) (template, error) {
	var t template
	for rest := text; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			t.literal = append(t.literal, rest)
			return t, nil
		}
		end := strings.IndexAny(rest[i+1:], "{}")
		if rest[i] == '}' || end < 0 || rest[i+1+end] == '{' {
			return t, errors.New(shorten(text) + " has a brace without its other half; " +
				"expected {name} (a literal brace is %7B or %7D)")
		}
		name := rest[i+1 : i+1+end]
		param := indexOf(params, name)
		if param < 0 {
			return t, errors.New("the unknown parameter " + shorten("{"+name+"}") + "; " + expectedParam(name, params))
		}
		t.literal = append(t.literal, rest[:i])
		t.holes = append(t.holes, hole{param: param})
		rest = rest[i+end+2:]
	}
}

func expectedParam(name string, params []string) string {
	if len(params) == 0 {
		return "the page's pattern has no parameters"
	}
	if near := nearest(strings.TrimSuffix(name, "..."), params); near != "" {
		return "did you mean {" + near + "}? The pattern has " + braced(params)
	}
	return "the pattern has " + braced(params)
}

func braced(params []string) string { return "{" + strings.Join(params, "}, {") + "}" }

// expand writes the template with the parameters as they are.
func (t *template) expand(params []string) string {
	if len(t.holes) == 0 {
		return t.literal[0]
	}
	out := t.literal[0]
	for i, h := range t.holes {
		out += params[h.param] + t.literal[i+1]
	}
	return out
}

// appendURL writes a src's template with the parameters percent-encoded. In its path a {name...} stands for any number of
// segments: where there are none, or where they end in a slash, the slash that follows is left out, since an empty segment
// is another path (and at the beginning another host).
func (t *template) appendURL(dst []byte, params []string) []byte {
	dst = append(dst, t.literal[0]...)
	for i, h := range t.holes {
		dst = appendEncoded(dst, params[h.param], h.path)
		next := t.literal[i+1]
		if h.path && next != "" && next[0] == '/' && dst[len(dst)-1] == '/' {
			next = next[1:]
		}
		dst = append(dst, next...)
	}
	return dst
}

// pathOf is the path of an expanded src.
func pathOf(src string) string {
	if src[0] != '/' {
		_, rest, ok := cutText(src, "://")
		if !ok {
			rest = src // binding:NAME/path
		}
		for rest != "" && rest[0] != '/' {
			rest = rest[1:]
		}
		src = rest
	}
	path, _ := splitTarget(src)
	return path
}

// appendEncoded percent-encodes all but RFC 3986's unreserved characters, and slashes where they may stay.
func appendEncoded(dst []byte, s string, slashes bool) []byte {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if isUnreserved(b) || b == '/' && slashes {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return dst
}

// isUnreserved is RFC 3986, section 2.3.
func isUnreserved(b byte) bool {
	return isAlpha(b) || isDigit(b) || b == '-' || b == '.' || b == '_' || b == '~'
}

const srcForm = "expected an absolute path (/fragments/price), an http or https URL, or binding:NAME/path"

// parseSrc reads a src and makes its literal text canonical: percent-encoding in upper case, never of unreserved
// characters, always of what may not stand in a URL; scheme and host in lower case.
func parseSrc(src string, params []string) (template, error) {
	if src == "" {
		return template{}, errors.New("an empty src; " + srcForm)
	}
	if i := strings.IndexAny(src, " \t\r\n\f\\#"); i >= 0 {
		switch src[i] {
		case '#':
			return template{}, errors.New("a # in a src; expected none: an origin is not told what follows it (a literal # is %23)")
		case '\\':
			return template{}, errors.New(`a \ in a src; expected / between segments (a literal \ is %5C)`)
		}
		return template{}, errors.New("a space in a src; expected %20")
	}
	if hasControl(src) {
		return template{}, errors.New("a control character in a src; " + srcForm)
	}
	base, path, err := splitSrc(src)
	if err != nil {
		return template{}, err
	}
	t, err := parseTemplate(path, params)
	if err != nil {
		return t, err
	}
	inPath := true
	for i, literal := range t.literal {
		if i > 0 {
			t.holes[i-1].path = inPath
		}
		inPath = inPath && strings.IndexByte(literal, '?') < 0
		canonical, ok := canonicalURL(literal)
		if !ok {
			return t, errors.New("malformed percent-encoding in " + shorten(src) + "; expected % and two hexadecimal digits (a literal % is %25)")
		}
		t.literal[i] = canonical
	}
	t.literal[0] = base + t.literal[0]
	t.query = !inPath
	// With a letter for each parameter; what they make of it is looked at when they are known.
	internal, dots := readings(pathOf(strings.Join(t.literal, "x")))
	if internal {
		return t, errors.New(shorten(src) + " leads to a path of inlay's own; expected a path of the site")
	}
	if err := checkDots(path, params); err != nil {
		return t, err
	}
	if dots {
		return t, errors.New(shorten(src) + " has what an origin could take for the segment . or ..; expected the path it leads to")
	}
	return t, nil
}

// splitSrc checks what comes before the path of a src and makes it canonical.
func splitSrc(src string) (base, path string, err error) {
	lower := strings.ToLower(src)
	switch {
	case strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://"):
		i := strings.Index(src, "//") + 2
		end := len(src)
		if j := strings.IndexAny(src[i:], "/?"); j >= 0 {
			end = i + j
		}
		host := src[i:end]
		if strings.ContainsAny(host, "{}") {
			return "", "", errors.New("a parameter in the host of " + shorten(src) + "; expected parameters in path and query only")
		}
		if !isHost(host) {
			return "", "", errors.New(shorten(host) + " is no host; expected one such as example.com or 127.0.0.1:8080, " +
				"without user and in ASCII")
		}
		path = src[end:]
		if path == "" || path[0] == '?' {
			path = "/" + path
		}
		return lower[:end], path, nil
	case strings.HasPrefix(src, "binding:"):
		name, rest, ok := strings.Cut(src[len("binding:"):], "/")
		if !ok || !isBindingName(name) {
			return "", "", errors.New(shorten(src) + " names no binding with a path; expected binding:NAME/path, NAME in letters, digits, _ and $")
		}
		return src[:len("binding:")+len(name)], "/" + rest, nil
	case strings.HasPrefix(src, "//"):
		return "", "", errors.New(shorten(src) + " has no scheme; " + srcForm)
	case src[0] == '/':
		return "", src, nil
	}
	return "", "", errors.New(shorten(src) + " is no src; " + srcForm)
}

// isHost allows names, IPv4 and bracketed IPv6 addresses, with a port or without.
func isHost(s string) bool {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		port := s[i+1:]
		if port == "" || len(port) > 5 {
			return false
		}
		for j := 0; j < len(port); j++ {
			if !isDigit(port[j]) {
				return false
			}
		}
		s = s[:i]
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && only(inner, func(b byte) bool { return hexValue(b) < 16 || b == ':' || b == '.' })
	}
	return s != "" && only(s, func(b byte) bool { return isAlpha(b) || isDigit(b) || b == '-' || b == '.' || b == '_' })
}

func isBindingName(s string) bool {
	return s != "" && !isDigit(s[0]) && only(s, func(b byte) bool { return isAlpha(b) || isDigit(b) || b == '_' || b == '$' })
}

func only(s string, allowed func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !allowed(s[i]) {
			return false
		}
	}
	return true
}

// canonicalURL writes the literal text of a URL in its one form; ok is false for malformed percent-encoding.
func canonicalURL(s string) (out string, ok bool) {
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		b := s[i]
		switch {
		case b == '%':
			if b, ok = unhex(s, i+1); !ok {
				return "", false
			}
			i += 2
			if isUnreserved(b) {
				dst = append(dst, b)
			} else {
				dst = append(dst, '%', hexDigits[b>>4], hexDigits[b&15])
			}
		case b >= 0x80 || strings.IndexByte("\"<>^`|", b) >= 0:
			dst = append(dst, '%', hexDigits[b>>4], hexDigits[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return string(dst), true
}

// checkDots refuses a path of a src that is a "." or ".." segment, or could become one: parameters are none themselves,
// but a {name...} may be empty or end in a slash, and leave the dots next to it alone.
func checkDots(path string, params []string) error {
	path, _, _ = strings.Cut(path, "?")
	for rest, more := path, true; more; {
		var seg string
		seg, rest, more = strings.Cut(rest, "/")
		t, err := parseTemplate(seg, params)
		if err != nil {
			return err
		}
		literal, _ := unescapePath(strings.Join(t.literal, ""))
		if len(t.holes) == 0 && isDots(literal) {
			return errors.New("the segment " + shorten(seg) + " in a src; expected the path it leads to")
		}
		if isDots(literal) && (len(t.holes) == 1 || sameHoles(t.holes)) {
			return errors.New("nothing but dots next to a parameter in " + shorten(seg) + "; expected other text or a slash between them")
		}
	}
	return nil
}

func sameHoles(holes []hole) bool {
	for _, h := range holes {
		if h.param != holes[0].param {
			return false
		}
	}
	return true
}
