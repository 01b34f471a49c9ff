package config

import (
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
)

// The URLs and hosts of the configuration are read by a check of their own: net/url does not come under TinyGo, and a
// strict form (RFC 3986 with nothing exotic) leaves no room for two readers to see two hosts in one text.

func (r *reader) origin(name string) string {
	v := r.get(name)
	if v == "" {
		return ""
	}
	origin, problem := parseOrigin(v)
	if problem != "" {
		// A URL with user information may hold a password: it is not shown.
		shown := v
		if strings.IndexByte(v, '@') >= 0 {
			shown = ""
		}
		r.fail(name, shown, problem+"; expected an absolute URL such as https://origin.example.com or http://127.0.0.1:8080")
		return ""
	}
	return origin
}

func (r *reader) hosts(name string) []string {
	var hosts []string
	for rest := r.get(name); rest != ""; {
		var v string
		if n := ascii.IndexAny(rest, ","+space); n >= 0 {
			v, rest = rest[:n], rest[n+1:]
		} else {
			v, rest = rest, ""
		}
		if v == "" {
			continue
		}
		host, problem := ParseHost(v)
		if problem != "" {
			r.fail(name, v, problem+"; expected hosts with commas or spaces between, such as api.example.com, 127.0.0.1:8080")
			continue
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// parseOrigin reads an absolute http or https URL without user information, query and fragment, and gives it back with
// scheme and host in lower case and no slash at its end; or says what is wrong with it.
func parseOrigin(v string) (origin, problem string) {
	scheme, rest, ok := ascii.Cut(v, "://")
	scheme = ascii.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return "", "the URL does not begin with http:// or https://"
	}
	authority, path := rest, ""
	if i := ascii.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if strings.IndexByte(authority, '@') >= 0 {
		return "", "the URL must not have a user or password before its host"
	}
	host, problem := ParseHost(authority)
	if problem != "" {
		return "", problem
	}
	if strings.IndexByte(path, '#') >= 0 {
		return "", "the URL must not have a fragment (#)"
	}
	if strings.IndexByte(path, '?') >= 0 {
		return "", "the URL must not have a query (?)"
	}
	if problem := checkPath(path); problem != "" {
		return "", problem
	}
	return scheme + "://" + host + ascii.TrimEnd(path, "/"), ""
}

// checkPath says what is wrong with a URL's path: bytes that a path cannot have, escapes that are none, or dot segments,
// which one reader would resolve and the next would not.
func checkPath(path string) (problem string) {
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '%':
			if i+2 >= len(path) || !ascii.IsHex(path[i+1]) || !ascii.IsHex(path[i+2]) {
				return "the URL's path has a % that two hexadecimal digits do not follow"
			}
		case c == '/', route.IsUnreserved(c), ascii.InSet(c, "!$&'()*+,;=:@"):
		default:
			return "the URL's path has a character that must be percent-encoded"
		}
	}
	for path != "" {
		var segment string
		segment, path, _ = ascii.Cut(path, "/")
		segment, _ = route.UnescapePath(segment)
		if route.IsDots(segment) {
			return "the URL's path has . or .. in it"
		}
	}
	return ""
}

// ParseHost reads host or host:port and gives it back in lower case, or says what is wrong with it.
func ParseHost(v string) (host, problem string) {
	v = ascii.ToLower(v)
	name, port, hasPort := v, "", false
	if strings.HasPrefix(v, "[") {
		end := strings.IndexByte(v, ']')
		if end < 0 {
			return "", "the host's [ has no ]"
		}
		if !isIPv6(v[1:end]) {
			return "", "the host in brackets is not an IPv6 address"
		}
		if rest := v[end+1:]; rest != "" {
			if rest[0] != ':' {
				return "", "after ] comes a port or nothing"
			}
			port, hasPort = rest[1:], true
		}
	} else {
		name, port, hasPort = ascii.Cut(v, ":")
		if problem := checkName(name); problem != "" {
			return "", problem
		}
	}
	if hasPort {
		n, ok := ascii.Digits(port)
		if !ok || port == "" || len(port) > 5 || n < 1 || n > 65535 {
			return "", "the port is not a number from 1 to 65535"
		}
		if port[0] == '0' {
			return "", "the port begins with 0"
		}
	}
	return v, ""
}

// checkName says what is wrong with a host name or an IPv4 address (RFC 1123, section 2.1; an underscore is allowed, as
// names in private networks have it).
func checkName(name string) (problem string) {
	if name == "" {
		return "the host is missing"
	}
	if len(name) > 253 {
		return "the host is longer than 253 bytes"
	}
	numeric := true
	for rest, more := name, true; more; {
		var label string
		label, rest, more = ascii.Cut(rest, ".")
		if label == "" || len(label) > 63 {
			return "a part of the host between dots is empty or longer than 63 bytes"
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return "a part of the host begins or ends with a hyphen"
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return "the host has a character that no host has (names that are not ASCII are written in their xn-- form)"
			}
		}
		// What a URL parser takes for a number in the last place makes the whole an IPv4 address (URL standard, host
		// parsing), in forms such as 0x7f.1 too.
		_, decimal := ascii.Digits(label)
		numeric = decimal || strings.HasPrefix(label, "0x") && allHex(label[2:])
	}
	if numeric && !isIPv4(name) {
		return "the host ends in a number but is not an IPv4 address of four numbers"
	}
	return ""
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
