package forwarded

import (
	"net/netip"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// element is what one proxy says in Forwarded.
type element struct {
	node        string // as X-Forwarded-For has it; unknown where it does not say
	host, proto string
}

// parseElements reads Forwarded (RFC 7239, section 4), with white space around its separators, which some write. A field that
// is not of the form says nothing at all: what a visitor has begun, with a quote that he does not close, may be of his making
// up to its end.
func parseElements(s string) (all []element, ok bool) {
	for s = ascii.TrimOWS(s); s != ""; {
		if s[0] == ',' {
			s = ascii.TrimOWS(s[1:])
			continue
		}
		e := element{node: unknown}
		if s, ok = e.read(s); !ok || len(all) == maxChain {
			return nil, false
		}
		all = append(all, e)
	}
	return all, len(all) > 0
}

// unknown is the identifier of who is not known (RFC 7239, section 6.2).
const unknown = "unknown"

// read takes an element off the front of s, up to the comma that ends it.
func (e *element) read(s string) (rest string, ok bool) {
	for {
		n := 0
		for n < len(s) && field.IsTokenChar(s[n]) {
			n++
		}
		if n == 0 || n == len(s) || s[n] != '=' {
			return "", false
		}
		name, value := ascii.ToLower(s[:n]), ""
		if value, s, ok = readValue(s[n+1:]); !ok {
			return "", false
		}
		switch name {
		case "for":
			if e.node, ok = nodeIn(value); !ok {
				return "", false
			}
		case "host":
			if e.host = value; value == "" || !IsHost(value) {
				return "", false
			}
		case "proto":
			if e.proto = value; value == "" || len(value) > 64 || !ascii.Only(value, isNodeByte) {
				return "", false
			}
		}
		if s = ascii.TrimOWS(s); s == "" || s[0] == ',' {
			return s, true
		}
		if s[0] != ';' {
			return "", false
		}
		if s = ascii.TrimOWS(s[1:]); s == "" || s[0] == ',' { // a semicolon at the end
			return s, true
		}
	}
}

// readValue takes a token or a quoted string off the front of s (RFC 9110, section 5.6.4).
func readValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		n := 0
		for n < len(s) && field.IsTokenChar(s[n]) {
			n++
		}
		return s[:n], s[n:], n > 0
	}
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return text.String(), s[i+1:], true
		case s[i] == '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		text.WriteByte(s[i])
	}
	return "", "", false
}

// nodeIn is a node of Forwarded (section 6) as X-Forwarded-For has it: without brackets and port.
func nodeIn(value string) (node string, ok bool) {
	if addr, ok := addressOf(value); ok {
		return addr.String(), true
	}
	name, _, _ := strings.Cut(value, ":")
	return name, name != "" && len(name) <= 64 && ascii.Only(name, isNodeByte)
}

// nodeOf is the reverse: what is no address is an obfuscated identifier, or unknown.
func nodeOf(node string) string {
	if addr, err := netip.ParseAddr(node); err == nil {
		if addr.Is4() {
			return addr.String()
		}
		return `"[` + addr.String() + `]"`
	}
	if len(node) > 1 && node[0] == '_' {
		return node
	}
	return unknown
}

// quoted is a host as the value of a parameter.
func quoted(host string) string {
	if ascii.Only(host, field.IsTokenChar) {
		return host
	}
	return `"` + host + `"`
}
