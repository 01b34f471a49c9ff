package forwarded

import (
	"strings"

	"inlay/internal/ascii"
)

// Origin is what an origin's answers may say of it where the visitor knows only the site.
type Origin struct {
	host string // in lower case
	port string // empty: the scheme's own
	path string // empty, or without a slash at its end
}

// ParseOrigin reads the URL of an origin as the configuration has it: valid, scheme and host in lower case, no slash at its end.
func ParseOrigin(url string) (o Origin) {
	scheme, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, o.path = rest[:i], rest[i:]
	}
	o.host, o.port = cutPort(rest)
	if o.port == "" || o.port == "80" && scheme == "http" || o.port == "443" && scheme == "https" {
		o.port = ""
	}
	return o
}

func cutPort(authority string) (host, port string) {
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.Contains(authority[i:], "]") {
		return authority[:i], authority[i+1:]
	}
	return authority, ""
}

// Reference is a reference of an origin's answer as the visitor can follow it: what names the origin's own host, under http or
// https, leads to the site, whose scheme and host are given as https://shop.example, and the origin's path is taken off.
// What names another host or port, or a path that is not below the origin's, stays as it is, as does what is relative to the request.
func (o *Origin) Reference(ref, site string) string {
	rest := ref
	switch scheme, after, _ := strings.Cut(ref, ":"); {
	case ascii.EqualFold(scheme, "http"), ascii.EqualFold(scheme, "https"):
		rest = after
	}
	if !strings.HasPrefix(rest, "//") {
		path, ok := o.below(rest)
		switch {
		case len(rest) < len(ref) || o.path == "" || !ok:
			return ref
		case strings.HasPrefix(path, "//"), strings.HasPrefix(path, `/\`):
			return site + path // by itself it would name a host
		}
		return path
	}
	rest = rest[2:]
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	path, ok := o.below(rest[end:])
	if !ok || !o.is(rest[:end]) {
		return ref
	}
	return site + path
}

// is tells whether an authority is the origin's: by its name, and the port if it has one. Servers that do not know under which
// port they are reached leave it out, and those that know of TLS in front of them name the one of https.
func (o *Origin) is(authority string) bool {
	host, port := cutPort(authority)
	if !ascii.EqualFold(host, o.host) {
		return false
	}
	return port == "" || port == o.port || o.port == "" && (port == "80" || port == "443")
}

// below is what follows the origin's path in a path, a query and a fragment: with a slash in front.
func (o *Origin) below(target string) (rest string, ok bool) {
	if target, ok = strings.CutPrefix(target, o.path); !ok {
		return "", false
	}
	switch {
	case target == "" || target[0] == '?' || target[0] == '#':
		return "/" + target, true
	}
	return target, target[0] == '/'
}

// Refresh is the field of that name, which has a reference after its seconds.
func (o *Origin) Refresh(value, site string) string {
	at := strings.IndexAny(value, ";,")
	if at < 0 {
		return value
	}
	at += 1 + spaces(value[at+1:])
	if ascii.HasPrefix(ascii.ToLower(value[at:]), "url") {
		next := at + 3 + spaces(value[at+3:])
		if next < len(value) && value[next] == '=' {
			at = next + 1 + spaces(value[next+1:])
		}
	}
	end := len(value)
	if at < end && (value[at] == '"' || value[at] == '\'') {
		if closing := strings.IndexByte(value[at+1:], value[at]); closing >= 0 {
			end = at + 1 + closing
		}
		at++
	}
	return value[:at] + o.Reference(value[at:end], site) + value[end:]
}

func spaces(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// Cookie is a line of Set-Cookie (RFC 6265) as the visitor's browser takes it: without a Domain that is the origin's own host, which
// is not the site's, and with a Path below the origin's taken off that.
func (o *Origin) Cookie(line, site string) string {
	parts := strings.Split(line, ";")
	kept := parts[:1]
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		name, value = ascii.ToLower(ascii.TrimOWS(name)), ascii.TrimOWS(value)
		switch {
		case name == "domain" && o.isNotThe(site, value):
			continue
		case name == "path" && o.path != "":
			if path, ok := o.below(value); ok && !strings.ContainsAny(value, "?#") {
				part = part[:strings.IndexByte(part, '=')+1] + path
			}
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}

// isNotThe tells whether a cookie's domain is the origin's host, and not one that the site's host is or is below.
func (o *Origin) isNotThe(site, domain string) bool {
	domain = ascii.ToLower(strings.TrimPrefix(domain, "."))
	_, authority, _ := strings.Cut(site, "://")
	host, _ := cutPort(authority)
	return domain == o.host && host != domain && !strings.HasSuffix(host, "."+domain)
}
