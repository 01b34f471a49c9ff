package config

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/route"
)

// Route as [Config].Origin is the server behind a Worker's route: whatever host and scheme the visitor has asked for.
const Route = "route"

// Destination is where a fill of src goes: a URL, a service binding, or, with both empty, the handlers that come with
// the program. A binding's URL has a host of its own that is never looked up. The fill's fields tell the visitor's host and scheme, in
// that order, if Origin is [Route].
func (c *Config) Destination(src string, fields []field.Field) (url, binding string) {
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
	if c.Origin == Route {
		host := ""
		for _, f := range fields {
			switch f.Name {
			case route.HostField:
				host = f.Value
			case route.ProtoField:
				return f.Value + "://" + host + src, ""
			}
		}
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
