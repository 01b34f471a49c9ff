package config

import (
	"strings"

	"inlay/internal/ascii"
)

// HostOf is the member of Hosts that a Host field names, empty if there is none. A member without a port is meant for
// every port that no other member names.
func (c *Config) HostOf(field string) string {
	name := field
	if i := strings.LastIndexByte(field, ':'); i >= 0 && strings.IndexByte(field[i:], ']') < 0 {
		name = field[:i]
	}
	found := ""
	for _, host := range c.Hosts {
		if ascii.EqualFold(host, field) {
			return host
		}
		if ascii.EqualFold(host, name) {
			found = host
		}
	}
	return found
}
