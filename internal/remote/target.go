package remote

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Target is the site that text names: its scheme, host and port. Without a scheme it is http for a host of this machine and
// https for any other. With http and a host elsewhere it is refused unless insecure is set, since whoever carries the
// request could read the token.
func Target(text string, insecure bool) (*url.URL, error) {
	const example = "such as https://shop.example.com or http://localhost:8787"
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("the site's URL is empty; give one, %s", example)
	}
	full := text
	if !strings.Contains(text, "://") {
		full = "https://" + text
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is no URL of a site; write one, %s", text, example)
	}
	switch {
	case u.User != nil:
		// Not quoted: it holds a secret, perhaps the token itself.
		return nil, fmt.Errorf("the site's URL has a user or a password in it; leave them out: the token comes from INLAY_TOKEN, .dev.vars or --token-file")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q has the scheme %s; write http or https, %s", text, u.Scheme, example)
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("%q has more than scheme, host and port; give the site alone, as %s://%s", text, u.Scheme, u.Host)
	}
	if full != text && isLocal(u.Hostname()) {
		u.Scheme = "http"
	}
	if u.Scheme == "http" && !insecure && !isLocal(u.Hostname()) {
		return nil, fmt.Errorf("the token would go to %s unencrypted; write https://%s, or add --insecure if nobody can listen on the way", u.Host, u.Hostname())
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// Local tells whether a site runs on this machine.
func Local(site *url.URL) bool { return isLocal(site.Hostname()) }

// isLocal tells whether a host is this machine: what connects to it stays on its loopback interface. localhost and the
// names below it are never anything else (RFC 6761, section 6.3).
func isLocal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
