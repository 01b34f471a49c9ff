package forwarded

import (
	"net/http"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
)

// hops are the fields that are for one connection, besides those that Connection names (RFC 9110, section 7.6.1).
var hops = [...]string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"Http2-Settings",
}

// TakeHops takes the fields out of a request's header that are for its connection. Two of them stay: an upgrade to WebSocket, since
// what follows any other is read by nobody here, and in HTTP/2 or TLS would be requests that nobody has checked; and that the client takes
// trailers.
func TakeHops(header http.Header) {
	names := header["Connection"]
	up, trailers := header["Upgrade"], lists(header["Te"], "trailers")
	upgrade := len(up) == 1 && ascii.EqualFold(ascii.TrimOWS(up[0]), "websocket") && lists(names, "upgrade")
	for _, line := range names {
		for name := range strings.SplitSeq(line, ",") {
			if name = ascii.TrimOWS(name); name != "" && ascii.Only(name, field.IsTokenChar) {
				header.Del(name)
			}
		}
	}
	for _, name := range hops {
		header.Del(name)
	}
	if upgrade {
		header["Connection"], header["Upgrade"] = []string{"Upgrade"}, up
	}
	if trailers {
		header["Te"] = []string{"trailers"}
	}
}

// lists tells whether a list in several lines has a member, in any case.
func lists(lines []string, member string) bool {
	for _, line := range lines {
		for m := range strings.SplitSeq(line, ",") {
			if ascii.EqualFold(ascii.TrimOWS(m), member) {
				return true
			}
		}
	}
	return false
}

// CountDown counts a request of OPTIONS or TRACE down that may be passed on only so often (RFC 9110, section 7.6.2). False: it may not
// be, and is to be answered as if there were nobody behind.
func CountDown(method string, header http.Header) bool {
	values := header["Max-Forwards"]
	if method != http.MethodOptions && method != http.MethodTrace || len(values) != 1 {
		return true
	}
	n, ok := ascii.Digits(values[0])
	if !ok || values[0] == "" || len(values[0]) > 9 {
		return true
	}
	if n == 0 {
		return false
	}
	header["Max-Forwards"] = []string{decimal.String(n - 1)}
	return true
}
