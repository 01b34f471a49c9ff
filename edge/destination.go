package edge

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/page"
)

// destination is where a fill of src goes: a URL, a service binding, or, with both empty, the handlers that come with
// the program. A binding's URL has a host of its own that is never looked up.
func (c *Config) destination(src string) (url, binding string) {
	if rest, ok := strings.CutPrefix(src, page.BindingPrefix); ok {
		name, path, _ := ascii.Cut(rest, "/")
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

// checkSources refuses slots whose src is absolute and names a host that is not allowed: found out at start rather than
// by each of its fills.
func (c *Config) checkSources(p *page.Page) *ConfigError {
	for i := range p.Slots {
		s := &p.Slots[i]
		if host := s.Host(); host != "" && !c.allowsHost(host) {
			return &ConfigError{Msg: "edge: page " + p.Pattern + ", line " + decimal.String(s.Line) + ", slot " + s.Name + ": the host " +
				ascii.Quote(host) + " of its src is not in INLAY_ALLOW_HOSTS; add it there"}
		}
	}
	return nil
}

func (c *Config) allowsHost(host string) bool {
	for _, allowed := range c.AllowHosts {
		if ascii.EqualFold(host, allowed) {
			return true
		}
	}
	return false
}
