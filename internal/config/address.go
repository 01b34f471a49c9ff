package config

import (
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// The URLs and hosts of the configuration are read by a check of their own: net/url does not come under TinyGo, and a
// strict form (RFC 3986 with nothing exotic) leaves no room for two readers to see two hosts in one text.

func (r *reader) origin(name string) string {
	v := r.get(name)
	if v == "" || v == Route {
		return v
	}
	origin, problem := parseOrigin(v)
	if problem != wording.Nothing {
		// A URL with user information may hold a password: it is not shown.
		shown := v
		if strings.IndexByte(v, '@') >= 0 {
			shown = ""
		}
		r.fail(name, shown, wording.ExpectedOrigin, wording.Of(problem))
		return ""
	}
	return origin
}

func (r *reader) hosts(name string) []string {
	var hosts []string
	for rest := r.get(name); rest != ""; {
		var v string
		if v, rest = cutMember(rest); v == "" {
			continue
		}
		host, problem := ParseHost(v)
		if problem != wording.Nothing {
			r.fail(name, v, wording.ExpectedHosts, wording.Of(problem))
			continue
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// cutMember cuts a list after its first member.
func cutMember(list string) (member, rest string) {
	n := ascii.IndexAny(list+",", ","+space)
	return list[:n], list[min(n+1, len(list)):]
}

// parseOrigin reads an absolute http or https URL without user information, query and fragment, and gives it back with
// scheme and host in lower case and no slash at its end; or says what is wrong with it.
func parseOrigin(v string) (origin string, problem wording.ID) {
	scheme, rest, ok := ascii.Cut(v, "://")
	scheme = ascii.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return "", wording.NotHTTP
	}
	authority, path := rest, ""
	if i := ascii.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if strings.IndexByte(authority, '@') >= 0 {
		return "", wording.HasUser
	}
	host, problem := ParseHost(authority)
	if problem != wording.Nothing {
		return "", problem
	}
	if strings.IndexByte(path, '#') >= 0 {
		return "", wording.HasFragment
	}
	if strings.IndexByte(path, '?') >= 0 {
		return "", wording.HasQuery
	}
	if problem := checkPath(path); problem != wording.Nothing {
		return "", problem
	}
	return scheme + "://" + host + ascii.TrimEnd(path, "/"), wording.Nothing
}

// checkPath says what is wrong with a URL's path: bytes that a path cannot have, escapes that are none, or dot segments,
// which one reader would resolve and the next would not.
func checkPath(path string) (problem wording.ID) {
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) || !ascii.IsHex(path[i+1]) || !ascii.IsHex(path[i+2]) {
				return wording.PathEscape
			}
		case c == '/', route.IsUnreserved(c), ascii.InSet(c, "!$&'()*+,;=:@"):
		default:
			return wording.PathByte
		}
	}
	for path != "" {
		var segment string
		segment, path, _ = ascii.Cut(path, "/")
		segment, _ = route.UnescapePath(segment)
		if route.IsDots(segment) {
			return wording.PathDots
		}
	}
	return wording.Nothing
}

// ParseHost reads host or host:port and gives it back in lower case, or says what is wrong with it.
func ParseHost(v string) (host string, problem wording.ID) {
	v = ascii.ToLower(v)
	name, port, hasPort := v, "", false
	if strings.HasPrefix(v, "[") {
		end := strings.IndexByte(v, ']')
		if end < 0 {
			return "", wording.BracketOpen
		}
		if !isIPv6(v[1:end]) {
			return "", wording.NotIPv6
		}
		if rest := v[end+1:]; rest != "" {
			if rest[0] != ':' {
				return "", wording.AfterBracket
			}
			port, hasPort = rest[1:], true
		}
	} else {
		name, port, hasPort = ascii.Cut(v, ":")
		if problem := checkName(name); problem != wording.Nothing {
			return "", problem
		}
	}
	if hasPort {
		n, ok := ascii.Digits(port)
		if !ok || port == "" || len(port) > 5 || n < 1 || n > 65535 {
			return "", wording.PortNumber
		}
		if port[0] == '0' {
			return "", wording.PortZero
		}
	}
	return v, wording.Nothing
}

// checkName says what is wrong with a host name or an IPv4 address (RFC 1123, section 2.1; an underscore is allowed, as
// names in private networks have it).
func checkName(name string) (problem wording.ID) {
	if name == "" {
		return wording.NoHost
	}
	if len(name) > 253 {
		return wording.LongHost
	}
	numeric := true
	for rest, more := name, true; more; {
		var label string
		label, rest, more = ascii.Cut(rest, ".")
		if label == "" || len(label) > 63 {
			return wording.HostLabel
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return wording.HostHyphen
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return wording.HostByte
			}
		}
		// What a URL parser takes for a number in the last place makes the whole an IPv4 address (URL standard, host
		// parsing), in forms such as 0x7f.1 too.
		_, decimal := ascii.Digits(label)
		numeric = decimal || strings.HasPrefix(label, "0x") && allHex(label[2:])
	}
	if numeric && !isIPv4(name) {
		return wording.NotIPv4
	}
	return wording.Nothing
}

func isIPv4(s string) bool {
	parts := 0
	for more := true; more; parts++ {
		var part string
		part, s, more = ascii.Cut(s, ".")
		n, ok := ascii.Digits(part)
		if !ok || part == "" || len(part) > 3 || n > 255 || len(part) > 1 && part[0] == '0' {
			return false
		}
	}
	return parts == 4
}

// isIPv6 tells whether s is an IPv6 address (RFC 4291, section 2.2), without a zone.
func isIPv6(s string) bool {
	head, tail, compressed := ascii.Cut(s, "::")
	n, ok := groups(head, !compressed)
	if !compressed {
		return ok && n == 8
	}
	m, ok2 := groups(tail, true)
	return ok && ok2 && n+m <= 7
}

// groups counts the 16-bit groups of a part of an IPv6 address. Only at an address's end may there be an IPv4 address.
func groups(s string, last bool) (n int, ok bool) {
	if s == "" {
		return 0, true
	}
	for more := true; more; {
		var g string
		g, s, more = ascii.Cut(s, ":")
		if !more && last && strings.IndexByte(g, '.') >= 0 {
			return n + 2, isIPv4(g)
		}
		if g == "" || len(g) > 4 || !allHex(g) {
			return 0, false
		}
		n++
	}
	return n, true
}

func allHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if !ascii.IsHex(s[i]) {
			return false
		}
	}
	return true
}
