package forwarded

import (
	"net/netip"
	"strings"

	"inlay/internal/ascii"
)

// Trust is whose word counts for who a visitor is: the proxies in front. The zero value trusts nobody.
type Trust struct {
	all, unix bool
	prefixes  []netip.Prefix
}

// Words that stand for addresses in INLAY_TRUSTED_PROXIES. A Unix socket's other end is a program of the same machine, as
// a loopback address's is.
const (
	trustAll      = "all"
	trustNone     = "none"
	trustPrivate  = "private"
	trustLoopback = "loopback"
)

// Of RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3; of RFC 1918 and RFC 4193.
var (
	loopback = prefixes("127.0.0.0/8", "::1/128")
	private  = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)

func prefixes(all ...string) (list []netip.Prefix) {
	for _, p := range all {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// ParseTrust reads addresses, CIDR prefixes and words. The first that is none of these is wrong; empty: none is.
func ParseTrust(members []string) (t Trust, wrong string) {
	for _, m := range members {
		switch strings.ToLower(m) {
		case trustNone:
		case trustAll:
			t.all = true
		case trustPrivate:
			t.unix, t.prefixes = true, append(append(t.prefixes, loopback...), private...)
		case trustLoopback:
			t.unix, t.prefixes = true, append(t.prefixes, loopback...)
		default:
			p, ok := parsePrefix(m)
			if !ok {
				return Trust{}, m
			}
			t.prefixes = append(t.prefixes, p)
		}
	}
	return t, ""
}

// parsePrefix reads an address, or a prefix whose other bits may be set. One of IPv4 in IPv6 (::ffff:10.0.0.0/104) is refused:
// addresses are compared as what they are, so that it would match nothing.
func parsePrefix(s string) (p netip.Prefix, ok bool) {
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" {
			return p, false
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return p, false
	}
	return p.Masked(), true
}

// Has tells whether an address is a trusted proxy's. Peer is as net/http's RemoteAddr has it, with a port or without; what
// begins with @ or / is a Unix socket.
func (t *Trust) Has(peer string) bool {
	if t.all {
		return true
	}
	addr, ok := addressOf(peer)
	if !ok {
		return t.unix && peer != "" && (peer[0] == '@' || peer[0] == '/')
	}
	for _, p := range t.prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// addressOf is the address in a text that may have a port, brackets or a zone.
func addressOf(node string) (addr netip.Addr, ok bool) {
	name, port := node, "0"
	if inner, bracket := strings.CutPrefix(node, "["); bracket {
		var rest string
		if name, rest, ok = strings.Cut(inner, "]"); !ok || rest != "" && rest[0] != ':' {
			return addr, false
		}
		if rest != "" {
			port = rest[1:]
		}
	} else if strings.Count(node, ":") == 1 {
		name, port, _ = strings.Cut(node, ":")
	}
	addr, err := netip.ParseAddr(name)
	if err != nil || port == "" || len(port) > 5 || !ascii.Only(port, ascii.IsDigit) {
		return netip.Addr{}, false
	}
	return addr.WithZone("").Unmap(), true
}
