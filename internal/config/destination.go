package config

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
)

// Destination is where a fill of src goes: a URL, a service binding, or, with both empty, the handlers that come with
// the program. A binding's URL has a host of its own that is never looked up.
func (c *Config) Destination(src string) (url, binding string) {
	if rest, ok := strings.CutPrefix(src, route.BindingPrefix); ok {
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

// AllowsHost tells whether an absolute src may name a host.
func (c *Config) AllowsHost(host string) bool {
	for _, allowed := range c.AllowHosts {
		if ascii.EqualFold(host, allowed) {
			return true
		}
	}
	return false
}
