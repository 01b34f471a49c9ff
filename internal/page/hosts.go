package page

import (
	"slices"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
)

// Hosts are the hosts that absolute sources of pages name: what INLAY_ALLOW_HOSTS has to list.
func Hosts(pages []Page) []string {
	var hosts []string
	for i := range pages {
		for j := range pages[i].Slots {
			if host := pages[i].Slots[j].Host(); host != "" && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// Host is the host of an absolute src, empty for any other.
func (s *Slot) Host() string {
	_, rest, absolute := ascii.Cut(s.Src, "://")
	if !absolute || strings.HasPrefix(s.Src, "/") || strings.HasPrefix(s.Src, route.BindingPrefix) {
		return ""
	}
	host, _, _ := ascii.Cut(rest, "/")
	host, _, _ = ascii.Cut(host, "?")
	return host
}
