//go:build !tinygo

package answer

import (
	"inlay/internal/ascii"
	"inlay/internal/route"
)

// MaxRedirects is how many redirects a fill follows. The next one is its answer.
const MaxRedirects = 5

// RedirectTarget gives where a fill of base, an absolute URL without a fragment, goes next that was answered with a
// status and a Location. It is empty if the fill goes nowhere: then the redirect itself is the answer, and no fragment.
//
// A redirect is followed to the same scheme, host and port alone, since the slot's cookies and header fields were
// declared for these, and never to inlay's own paths. A Location is a reference as RFC 3986 has it: no backslashes,
// controls, spaces or other characters that some readers mend and others do not, no user, no "//" before a path. Dot
// segments are resolved, encoded ones too.
//
// worker/redirect.mjs does the same for Workers; testdata/redirects.json holds both to it.
func RedirectTarget(base string, status int, location string) string {
	switch status {
	case 301, 302, 303, 307, 308:
	default:
		return ""
	}
	ref, _, _ := ascii.Cut(ascii.TrimOWS(location), "#")
	if ref == "" || !isReference(ref) {
		return ""
	}
	scheme, rest, _ := ascii.Cut(base, "://")
	end := ascii.IndexAny(rest+"/", "/?")
	authority, from := rest[:end], rest[end:]
	path, _ := route.SplitTarget(from)

	if i := ascii.IndexAny(ref, ":/?"); i >= 0 && ref[i] == ':' {
		if !ascii.EqualFold(ref[:i], scheme) || !hasPrefixText(ref[i+1:], "//") {
			return ""
		}
		ref = ref[i+1:]
	}
	if hasPrefixText(ref, "//") {
		end := 2 + ascii.IndexAny(ref[2:]+"/", "/?")
		if !sameAuthority(scheme, ref[2:end], authority) {
			return ""
		}
		if ref = ref[end:]; ref == "" || ref[0] == '?' {
			ref = "/" + ref
		}
	}
	switch ref[0] {
	case '/':
	case '?':
		ref = path + ref
	default:
		for path != "" && path[len(path)-1] != '/' {
			path = path[:len(path)-1]
		}
		ref = path + ref
	}
	n := ascii.IndexAny(ref+"?", "?")
	path, ok := resolveDots(ref[:n])
	if !ok || isOwnPath(path) {
		return ""
	}
	return scheme + "://" + authority + path + ref[n:]
}

// VisitorsLocation is where a redirect leads the visitor of a page whose required fragment was asked for at base, and answered by it:
// on the site of its origin, whose URL of paths is prefix, a path of the visitor's; elsewhere an absolute URL, which whoever knows the
// visitor's host has to look at. It is empty where the redirect leads nowhere that a visitor can be sent, and for what is no redirect.
//
// worker/redirect.mjs does the same for Workers; testdata/visitors.json holds both to it.
func VisitorsLocation(prefix, base string, status int, location string) string {
	location = ascii.TrimOWS(location)
	ref, fragment, has := ascii.Cut(location, "#")
	if has {
		if fragment = "#" + fragment; fragment != "#" && !isReference(fragment[1:]) {
			return ""
		}
	}
	if next := RedirectTarget(base, status, location); next != "" {
		return behind(prefix, next, fragment)
	}
	scheme, rest, absolute := ascii.Cut(ref, "://")
	switch status {
	case 301, 302, 303, 307, 308:
	default:
		return ""
	}
	if !absolute || !isReference(ref) || !ascii.EqualFold(scheme, "http") && !ascii.EqualFold(scheme, "https") || rest == "" || ascii.InSet(rest[0], "/?") {
		return ""
	}
	// An origin that does not know by which scheme it is asked means itself; what is not taken from it then is a path that nobody is
	// sent to.
	own, authority, _ := ascii.Cut(base, "://")
	authority = authority[:ascii.IndexAny(authority+"/", "/?")]
	if sameAuthority(scheme, rest[:ascii.IndexAny(rest+"/", "/?")], authority) {
		return behind(prefix, RedirectTarget(base, status, own+"://"+rest), fragment)
	}
	return ref + fragment
}

// behind is what stands in a URL of an origin behind its prefix; empty if the URL is beside what the site has of the origin.
func behind(prefix, url, fragment string) string {
	if !hasPrefixText(url, prefix) || !hasPrefixText(url[len(prefix):], "/") {
		return ""
	}
	return url[len(prefix):] + fragment
}

// isReference tells whether s is made of what a URI reference may have, the "#" aside.
func isReference(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if _, ok := ascii.Unhex(s, i+1); !ok {
				return false
			}
		case ascii.IsAlpha(c), ascii.IsDigit(c), ascii.InSet(c, "-._~:/?@!$&'()*+,;=[]"):
		default:
			return false
		}
	}
	return true
}

// sameAuthority tells whether two authorities of one scheme are the same host and port. One with a user is the same as
// none.
func sameAuthority(scheme, a, b string) bool {
	hostA, portA := cutPort(scheme, a)
	hostB, portB := cutPort(scheme, b)
	return hostA != "" && ascii.IndexAny(a+b, "@") < 0 && ascii.EqualFold(hostA, hostB) && portA == portB
}

func cutPort(scheme, authority string) (host, port string) {
	host = authority
	for i := len(authority) - 1; i >= 0 && authority[i] != ']'; i-- {
		if authority[i] == ':' {
			host, port = authority[:i], authority[i+1:]
			break
		}
	}
	for len(port) > 1 && port[0] == '0' {
		port = port[1:]
	}
	if port == "" {
		port = "80"
		if ascii.EqualFold(scheme, "https") {
			port = "443"
		}
	}
	return host, port
}

// resolveDots resolves the dot segments of a path (RFC 3986, section 5.2.4). It refuses one that would begin with "//".
func resolveDots(path string) (string, bool) {
	if path == "" || path[0] != '/' {
		return "", false
	}
	var segments []string
	for more := true; more; {
		path = path[1:]
		end := ascii.IndexAny(path+"/", "/")
		segment := path[:end]
		path = path[end:]
		more = path != ""
		switch dotsOf(segment) {
		case 1:
			segment = ""
		case 2:
			segments = segments[:max(0, len(segments)-1)]
			segment = ""
		default:
			segments = append(segments, segment)
			continue
		}
		if !more { // a dot segment at the end leaves its slash
			segments = append(segments, segment)
		}
	}
	if len(segments) > 1 && segments[0] == "" {
		return "", false
	}
	out := ""
	for _, s := range segments {
		out += "/" + s
	}
	return out, out != ""
}

// dotsOf is 1 or 2 for a segment of so many dots, encoded or not, else 0.
func dotsOf(segment string) int {
	n := 0
	for i := 0; i < len(segment); n++ {
		switch {
		case segment[i] == '.':
			i++
		case i+3 <= len(segment) && ascii.EqualFold(segment[i:i+3], "%2e"):
			i += 3
		default:
			return 0
		}
	}
	if n > 2 {
		return 0
	}
	return n
}

// isOwnPath tells whether a path, decoded as often as it is encoded, has a segment that begins as inlay's own do.
func isOwnPath(path string) bool {
	b := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		b = append(b, path[i])
		for n := len(b); n >= 3 && b[n-3] == '%'; n = len(b) {
			c, ok := ascii.Unhex(string(b[n-2:]), 0)
			if !ok {
				break
			}
			b = append(b[:n-3], c)
		}
	}
	for i := range b {
		if b[i] = ascii.Lower(b[i]); b[i] == '\\' {
			b[i] = '/'
		}
	}
	_, _, own := ascii.Cut(string(b), "/_inlay")
	return own
}

func hasPrefixText(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }
