package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A member with its port is meant before one without, in whichever order they are listed.
func TestHostWithItsPortIsMeantFirst(t *testing.T) {
	for _, hosts := range [][]string{{"a.example", "a.example:8443", "[::1]", "[::1]:8443"}, {"[::1]:8443", "[::1]", "a.example:8443", "a.example"}} {
		c := Config{Hosts: hosts}
		for field, want := range map[string]string{
			"a.example": "a.example", "a.example:8443": "a.example:8443", "A.Example:8443": "a.example:8443", "a.example:80": "a.example",
			"[::1]": "[::1]", "[::1]:8443": "[::1]:8443", "[::1]:1": "[::1]", "b.example:8443": "",
		} {
			assert.Equal(t, want, c.HostOf(field), "%v: %s", hosts, field)
		}
	}
}
