package forwarded

import (
	"net/netip"
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// Names of the fields in which proxies tell of a visitor, in lower case.
const (
	forField   = "x-forwarded-for"
	hostField  = "x-forwarded-host"
	protoField = "x-forwarded-proto"
	elements   = "forwarded" // RFC 7239
	realIP     = "x-real-ip"
)

// Request is what a server knows of a request by itself, and what its header says.
type Request struct {
	Peer   string // who has connected, as net/http's RemoteAddr; empty: not known
	Scheme string // of the connection: http or https
	Host   string // the Host field
	Fields Fields
}

// Fields reads header fields by their lower-case name: the values of a repeated field joined by ", ", empty when there is none.
type Fields interface {
	Field(name string) string
}

// Came is how a visitor came to the site, as far as it is believed.
type Came struct {
	Trusted bool   // whether the peer is a trusted proxy
	Scheme  string // http or https
	Host    string // as a Host field has it, with the port that it names

	visitor  netip.Addr // not valid: not known
	peer     netip.Addr
	chain    []string // who came before the peer, the visitor first, as X-Forwarded-For has them
	elements string   // the same as Forwarded, where it came as that
}

// maxChain is how many members of a list are read, from its end. No site has as many proxies.
const maxChain = 32

// Read finds out how a request came. Where the peer is a trusted proxy its X-Forwarded-For, -Host and -Proto count; Forwarded
// does where it has set none of them, since a proxy that speaks one of the two passes on what a visitor says in the other.
// A list is read from its end, where the nearest proxy has written: the visitor is the first that is no trusted proxy.
func (t *Trust) Read(r Request) (c Came) {
	c.Scheme, c.Host, c.Trusted = r.Scheme, r.Host, t.Has(r.Peer)
	c.peer, _ = addressOf(r.Peer)
	c.visitor = c.peer
	if !c.Trusted {
		return c
	}
	chain, hosts, protos := r.Fields.Field(forField), r.Fields.Field(hostField), r.Fields.Field(protoField)
	if chain != "" || hosts != "" || protos != "" {
		c.chain = nodes(chain)
		first := t.first(&c)
		c.believe(pick(members(hosts), first, len(c.chain)), pick(members(protos), first, len(c.chain)))
	} else if all, ok := parseElements(r.Fields.Field(elements)); ok {
		c.elements = r.Fields.Field(elements)
		for i := range all {
			c.chain = append(c.chain, all[i].node)
		}
		host, proto := "", ""
		for i := t.first(&c); i < len(all); i++ { // what the first does not say, the next may
			if host == "" {
				host = all[i].host
			}
			if proto == "" {
				proto = all[i].proto
			}
		}
		c.believe(host, proto)
	} else if addr, err := netip.ParseAddr(r.Fields.Field(realIP)); err == nil {
		c.chain = []string{addr.WithZone("").String()}
		t.first(&c)
	}
	return c
}

// first finds the visitor in the chain: the last that is no trusted proxy, or the first of all. It answers with his place.
func (t *Trust) first(c *Came) int {
	for i := len(c.chain) - 1; i >= 0; i-- {
		addr, ok := addressOf(c.chain[i])
		if i > 0 && ok && t.Has(addr.String()) {
			continue
		}
		c.visitor = addr
		return i
	}
	return 0
}

// believe takes host and scheme that a trusted proxy has told, if they are such.
func (c *Came) believe(host, scheme string) {
	if host != "" && IsHost(host) {
		c.Host = host
	}
	switch ascii.ToLower(scheme) {
	case "http", "ws":
		c.Scheme = "http"
	case "https", "wss":
		c.Scheme = "https"
	}
}

// pick is the member at a place of a list that goes along with a chain of n; of any other list its last member, which the
// nearest proxy has written.
func pick(list []string, place, n int) string {
	switch {
	case len(list) == 0:
		return ""
	case len(list) == n:
		return list[place]
	}
	return list[len(list)-1]
}

// members are those of a list (RFC 9110, section 5.6.1), the last maxChain of them.
func members(list string) (all []string) {
	for m := range strings.SplitSeq(list, ",") {
		if m = ascii.TrimOWS(m); m != "" {
			all = append(all, m)
		}
	}
	return all[max(0, len(all)-maxChain):]
}

// nodes are the members of X-Forwarded-For, up to the last that cannot be one: who has let that through has let
// through what is before it. Ports are dropped.
func nodes(list string) []string {
	all := members(list)
	for i := len(all) - 1; i >= 0; i-- {
		addr, ok := addressOf(all[i])
		switch {
		case ok:
			all[i] = addr.String()
		case len(all[i]) > 64 || !ascii.Only(all[i], isNodeByte):
			return all[i+1:]
		}
	}
	return all
}

// isNodeByte is of what proxies write that do not tell an address: unknown, _hidden, a name.
func isNodeByte(c byte) bool { return ascii.IsAlpha(c) || ascii.IsDigit(c) || ascii.InSet(c, "._-") }

// Authority is the visitor's host in lower case, without a port that is the scheme's own.
func (c *Came) Authority() string {
	host := strings.TrimSuffix(ascii.ToLower(c.Host), ":")
	port := ":80"
	if c.Scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(host, port)
}

// Set are the fields to set on a request that is passed on, in place of all by those names. Host is what an origin is to be told as
// the visitor's; empty: nothing. A field without a value is to be taken out.
func (c *Came) Set(host string) []field.Field {
	chain := c.chain
	peer := text(c.peer)
	if peer != "" {
		chain = append(slices.Clip(chain), peer)
	}
	own := "for=" + nodeOf(peer)
	if host != "" {
		own += ";host=" + quoted(host)
	}
	own += ";proto=" + c.Scheme
	before := c.elements
	if before == "" {
		for _, node := range c.chain {
			if before != "" {
				before += ", "
			}
			before += "for=" + nodeOf(node)
		}
	}
	if before != "" {
		own = before + ", " + own
	}
	return []field.Field{
		{Name: forField, Value: strings.Join(chain, ", ")},
		{Name: hostField, Value: host},
		{Name: protoField, Value: c.Scheme},
		{Name: elements, Value: own},
		{Name: realIP, Value: text(c.visitor)},
	}
}

// text is an address as text, empty if it is not known.
func text(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

// Country is a country that a field of a platform or a proxy names, as two letters or what stands for them (T1: Tor); empty
// where it says that it does not know.
func Country(value string) string {
	if len(value) != 2 || !ascii.IsAlpha(value[0]) || !ascii.IsAlpha(value[1]) && !ascii.IsDigit(value[1]) || ascii.EqualFold(value, "xx") {
		return ""
	}
	return strings.ToUpper(value)
}

// IsHost tells whether a Host field is what a host of a URL can be (RFC 3986, section 3.2.2, without names that no host
// has), with a port or without. worker/exchange.mjs asks the same. There may be none.
func IsHost(host string) bool {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && host[len(host)-1] != ']' {
		name, port = host[:i], host[i+1:]
		if name == "" {
			return false
		}
	}
	brackets := len(name) > 2 && name[0] == '[' && name[len(name)-1] == ']'
	if brackets {
		name = name[1 : len(name)-1]
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '.', ascii.IsHex(c):
		case c == ':' && brackets:
		case !brackets && (ascii.IsAlpha(c) || c == '-' || c == '_'):
		default:
			return false
		}
	}
	return len(port) <= 5 && ascii.Only(port, ascii.IsDigit)
}
