//go:build !js

package app

import (
	"net"
	"strings"
)

// addressOf is where the server listens: what -listen says, else ADDR, either of them a host, a port behind a colon, or
// both; the host is 127.0.0.1 and the port PORT where they do not say, and 8787 without PORT. So nobody on another machine
// reaches a server whose operator did not ask for that.
func addressOf(listen string, lookup func(string) (string, bool)) string {
	if listen == "" {
		listen, _ = lookup("ADDR")
	}
	host, port := strings.TrimSpace(listen), ""
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if host == "" {
			host = "127.0.0.1"
		}
	}
	if port == "" {
		port, _ = lookup("PORT")
	}
	if port == "" {
		port = "8787"
	}
	return net.JoinHostPort(host, port)
}
