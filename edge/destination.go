package edge

import (
	"slices"
	"strings"

	"inlay/internal/decimal"
)

// destination is where a fill of src goes: a URL, a service binding, or, with both empty, the handlers that come with
// the program. A binding's URL has a host of its own that is never looked up.
func (c *Config) destination(src string) (url, binding string) {
	if rest, ok := strings.CutPrefix(src, bindingPrefix); ok {
		name, path, _ := cutText(rest, "/")
		return "http://binding.inlay.internal/" + path, name
	}
	if !strings.HasPrefix(src, "/") {
		return src, ""
	}
	if c.Origin == "" {
		return "", ""
	}
	return c.Origin + src, ""
}

const bindingPrefix = "binding:"

// checkSources refuses slots whose src is absolute and names a host that is not allowed: found out at start rather than
// by each of its fills.
func (c *Config) checkSources(p *Page) *ConfigError {
	for i := range p.Slots {
		s := &p.Slots[i]
		if host := s.host(); host != "" && !c.allowsHost(host) {
			return &ConfigError{Msg: "edge: page " + p.Pattern + ", line " + decimal.String(s.Line) + ", slot " + s.Name + ": the host " +
				quoteForMessage(host) + " of its src is not in INLAY_ALLOW_HOSTS; add it there"}
		}
	}
	return nil
}

// Hosts are the hosts that absolute sources of pages name: what INLAY_ALLOW_HOSTS has to list.
func Hosts(pages []Page) []string {
	var hosts []string
	for i := range pages {
		for j := range pages[i].Slots {
			if host := pages[i].Slots[j].host(); host != "" && !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

// host is the host of an absolute src, empty for any other.
func (s *Slot) host() string {
	_, rest, absolute := cutText(s.Src, "://")
	if !absolute || strings.HasPrefix(s.Src, "/") || strings.HasPrefix(s.Src, bindingPrefix) {
		return ""
	}
	host, _, _ := cutText(rest, "/")
	host, _, _ = cutText(host, "?")
	return host
}

func (c *Config) allowsHost(host string) bool {
	for _, allowed := range c.AllowHosts {
		if equalFold(host, allowed) {
			return true
		}
	}
	return false
}
