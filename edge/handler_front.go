package edge

import (
	"errors"
	"net/http"

	"inlay/internal/ascii"
	"inlay/internal/engine"
	"inlay/internal/forwarded"
)

// front is what stands before the handler: whose word counts for who a visitor is.
type front struct {
	trust   forwarded.Trust
	country string // field, in lower case; empty: none
}

func newFront(c *Config) (f front, err error) {
	proxies := c.TrustedProxies
	if proxies == nil {
		proxies = []string{"private"}
	}
	var wrong string
	if f.trust, wrong = forwarded.ParseTrust(proxies); wrong != "" {
		return f, errors.New("edge: Config.TrustedProxies has " + ascii.Quote(wrong) + ", which is no address, no network and no word: see Config.TrustedProxies")
	}
	f.country = ascii.ToLower(c.CountryField)
	return f, nil
}

// pooled is what a request needs until it is known that it cannot be answered at once.
type pooled struct {
	engine.Request
	visitor visitor
}

// visitor reads what the engine asks of a request, and tells how it came as far as that is believed.
type visitor struct {
	r     *http.Request
	front *front
	known bool
	how   forwarded.Came // if known
}

// Field is the value of a header field by its lower-case name. Host is the visitor's, whatever a trusted proxy has asked for; and
// some names are of no field: ":scheme" and ":authority", the visitor's host in lower case without the scheme's own port, and
// ":country".
func (v *visitor) Field(name string) string {
	if name == "host" {
		return v.came().Host
	}
	if name[0] != ':' {
		return header(v.r.Header).Field(name)
	}
	switch came := v.came(); {
	case name == ":scheme":
		return came.Scheme
	case name == ":authority":
		return came.Authority()
	case name == ":country" && came.Trusted && v.front.country != "":
		return forwarded.Country(header(v.r.Header).Field(v.front.country))
	}
	return ""
}

func (v *visitor) came() *forwarded.Came {
	if !v.known {
		scheme := "http"
		if v.r.TLS != nil {
			scheme = "https"
		}
		v.how = v.front.trust.Read(forwarded.Request{Peer: v.r.RemoteAddr, Scheme: scheme, Host: v.r.Host, Fields: header(v.r.Header)})
		v.known = true
	}
	return &v.how
}

// header reads an http.Header.
type header http.Header

// Field is the value of a field by its lower-case name: values of a repeated one joined, as one reader of all would have them.
func (h header) Field(name string) string {
	values := http.Header(h).Values(name)
	switch {
	case len(values) == 0:
		return ""
	case len(values) == 1:
		return values[0]
	}
	between := ", "
	if name == "cookie" {
		between = "; "
	}
	all := values[0]
	for _, v := range values[1:] {
		all += between + v
	}
	return all
}
