package inject

import (
	"net"
	"net/http"
	"os"
	"strings"
)

// What a server has beside the site while it is being written (mistakes with lines of the site's files, when something is saved,
// what was fetched) is for who writes the site. A page of somebody
// else that is open in the same browser may ask for it too: from an origin of
// its own, which browsers tell, or under a name of its own that it lets point
// to this machine (DNS rebinding), which only Host tells.

// IsOurs: whether a host, with or without a port, can be no foreign page's: the
// name of this machine, an address, or one of the names, which may have ports, that the site itself lists.
func IsOurs(host string, names []string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(strings.Trim(name, "[]")) != nil {
		return true
	}
	if machine, err := os.Hostname(); err == nil && machine != "" {
		if machine = strings.ToLower(machine); name == machine || name == machine+".local" {
			return true
		}
	}
	for _, one := range names {
		if h, _, err := net.SplitHostPort(one); err == nil {
			one = h
		}
		if strings.EqualFold(name, one) {
			return true
		}
	}
	return false
}

// IsSameOrigin: whether what the browser says of who asks is a page of the same
// origin, or nobody. What is no browser says nothing.
func IsSameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || strings.EqualFold(origin, "http://"+r.Host) || strings.EqualFold(origin, "https://"+r.Host)
}
