package forwarded

import (
	"strings"

	"inlay/internal/ascii"
)

// vouching are the fields, besides X-Forwarded-…, that origins take for a proxy's word on who a visitor is.
var vouching = map[string]bool{
	elements: true, realIP: true, "x-forwarded": true, "x-client-ip": true, "x-cluster-client-ip": true, "x-original-forwarded-for": true,
	"x-original-host": true, "x-url-scheme": true, "front-end-https": true, "true-client-ip": true, "fastly-client-ip": true,
	"cf-connecting-ip": true, "cf-connecting-ipv6": true, "cf-pseudo-ipv4": true, "cf-ipcountry": true, "cf-visitor": true,
}

// Vouches tells whether a field of a request, whose name is in any case, says something of a visitor that not everybody may say:
// it is to be taken out, before what [Came.Set] has is set. More is such a field of the site's own; empty: none. An underscore
// is a hyphen to what makes variables of fields (CGI, WSGI, PHP), so no proxy's name has one, and such a field goes always.
// Of a trusted proxy the others stay, and what says the visitor's address says nothing new.
func (c *Came) Vouches(name, value, more string) bool {
	name = ascii.ToLower(name)
	plain := strings.ReplaceAll(name, "_", "-")
	own := more != "" && plain == strings.ReplaceAll(more, "_", "-")
	switch {
	case own && name != more:
		return true
	case !own && !vouching[plain] && !ascii.HasPrefix(plain, "x-forwarded-"):
		return false
	case !own && name != plain:
		return true
	}
	return !c.Trusted && (value == "" || value != text(c.visitor))
}
