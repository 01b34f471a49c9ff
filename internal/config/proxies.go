//go:build !tinygo

package config

import (
	"strings"

	"inlay/internal/forwarded"
)

// proxies reads INLAY_TRUSTED_PROXIES. In a Worker whoever passes requests on reads it, worker/forwarded.mjs, and the engine has
// no use for it.
func (r *reader) proxies(name string) []string {
	v := r.get(name)
	if v == "" {
		return nil
	}
	members := strings.FieldsFunc(v, func(c rune) bool { return c == ',' || strings.ContainsRune(space, c) })
	if _, wrong := forwarded.ParseTrust(members); wrong != "" {
		r.problems = append(r.problems, &Error{Name: name, Value: wrong, Msg: expectedProxies})
	}
	return members
}

// expectedProxies is in no list of texts, which all come to the core; worker/front.mjs has the same.
const expectedProxies = "expected addresses such as 203.0.113.7 or 10.0.0.0/8, or loopback, private, all or none, with commas or spaces between"
