package devserver

import (
	"strings"

	"inlay/internal/inject"
)

// isOurs: whether a host, with or without a port, can be no foreign page's.
func (f *front) isOurs(host string) bool { return inject.IsOurs(host, f.hosts()) }

// hostsOf are the names that a site's variables say it is served under, and
// what it was told to listen on.
func hostsOf(ip string, vars map[string]string) []string {
	return append(strings.FieldsFunc(vars["INLAY_HOSTS"], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' }), ip)
}
