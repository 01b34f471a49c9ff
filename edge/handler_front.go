package edge

import (
	"errors"
	"net/http"
	"slices"

	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/engine"
	"inlay/internal/forwarded"
)

// front is what stands before the handler, and what it says to whoever stands behind.
type front struct {
	trust   forwarded.Trust   // whose word counts for who a visitor is
	country string            // field, in lower case; empty: none
	listed  bool              // the site's hosts are
	loop    forwarded.Loop    // the site's name in CDN-Loop
	behind  *forwarded.Origin // Config.Origin, if what no page answers goes there; nil: it goes to a handler
}

func newFront(c *Config, pages []Page) (f front, err error) {
	if c.Origin == config.Route {
		return f, errors.New("edge: INLAY_ORIGIN is route, which leads to the server behind a Worker's route; a native server needs a URL, or Options.Origin")
	}
	proxies := c.TrustedProxies
	if proxies == nil {
		proxies = []string{"private"}
	}
	var wrong string
	if f.trust, wrong = forwarded.ParseTrust(proxies); wrong != "" {
		return f, errors.New("edge: Config.TrustedProxies has " + ascii.Quote(wrong) + ", which is no address, no network and no word: see Config.TrustedProxies")
	}
	f.country, f.listed = ascii.ToLower(c.CountryField), len(c.Hosts) > 0
	about := append([]string{"native", c.Origin}, c.Hosts...)
	for i := range pages {
		about = append(about, pages[i].Pattern)
		about = append(about, pages[i].shell.Static...)
		for j := range pages[i].Slots {
			about = append(about, pages[i].Slots[j].Src)
		}
	}
	f.loop = forwarded.NewLoop(about...)
	return f, nil
}

// inward makes a request's header that of one that is passed on: nothing in it is inlay's to say or for one connection, and of who
// the visitor is it says what is believed. Host is the member of Config.Hosts that he came for, if there is one; where hosts are
// listed an origin is told of no other.
func (f *front) inward(header http.Header, came *forwarded.Came, host string) {
	stripInternal(header)
	forwarded.TakeHops(header)
	f.stripVouching(header, came)
	if host == "" && !f.listed {
		host = came.Authority()
	}
	for _, field := range came.Set(host) {
		if field.Value != "" {
			header.Set(field.Name, field.Value)
		}
	}
}

// stripVouching takes out what not everybody may say.
func (f *front) stripVouching(header http.Header, came *forwarded.Came) {
	for name, values := range header {
		if len(values) != 1 && came.Vouches(name, "", f.country) || slices.ContainsFunc(values, func(v string) bool { return came.Vouches(name, v, f.country) }) {
			delete(header, name)
		}
	}
}

// stripTrailer does for trailers, which are header fields that come later, what inward does for a header.
func (f *front) stripTrailer(trailer http.Header) {
	stripInternal(trailer)
	var nobody forwarded.Came
	for name := range trailer {
		if nobody.Vouches(name, "", f.country) {
			delete(trailer, name)
		}
	}
}

// isLoop tells whether a request has come back to the site that passed it on.
func (f *front) isLoop(r *http.Request) bool {
	_, is := r.Header["Cdn-Loop"]
	return is && f.loop.Came(header(r.Header).Field(forwarded.LoopField))
}

// answerLoop answers such a request.
func (h *Handler) answerLoop(w http.ResponseWriter, x *exchange) {
	origin, r := h.options.Config.Origin, x.r
	h.options.Logger.Error("inlay: a request has come back to the site that passed it on: its origin, or the host of a src, leads to the site itself",
		"request", x.id, "origin", origin, "host", r.Host, "target", r.RequestURI)
	why := "INLAY_ORIGIN " + origin + ", or the host of a src, leads to this site itself, here as " + r.Host + "."
	h.shown.fail(w, r, h.options.Config.Dev, http.StatusLoopDetected, why, "This site's origin leads to the site itself.")
}

// outward brings what an origin's answer says of the origin's own host back to the site, as the visitor knows it.
func (f *front) outward(header http.Header, came *forwarded.Came) {
	authority := came.Authority()
	if f.behind == nil || authority == "" {
		return
	}
	site := came.Scheme + "://" + authority
	for name, back := range map[string]func(value, site string) string{
		"Location": f.behind.Reference, "Content-Location": f.behind.Reference, "Refresh": f.behind.Refresh, "Set-Cookie": f.behind.Cookie,
	} {
		for i, value := range header[name] {
			header[name][i] = back(value, site)
		}
	}
}

// pooled is what a request needs until it is known that it cannot be answered at once.
type pooled struct {
	engine.Request
	visitor  visitor
	exchange exchange
}

// visitor reads what the engine asks of a request, and tells how it came as far as that is believed.
type visitor struct {
	r     *http.Request
	front *front
	known bool
	how   forwarded.Came // if known
	// unconditional: whether the visitor has the page already is found out when it is known in which coding it would be sent.
	unconditional bool
}

// Field is the value of a header field by its lower-case name. Host is the visitor's, whatever a trusted proxy has asked for; and
// some names are of no field: ":scheme" and ":authority", the visitor's host in lower case without the scheme's own port, and
// ":country".
func (v *visitor) Field(name string) string {
	if name == "host" {
		return v.came().Host
	}
	if name[0] != ':' {
		if v.unconditional && name == "if-none-match" {
			return ""
		}
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
	var values []string
	if name == "if-none-match" {
		values = h["If-None-Match"] // asked for each warm page, a tenth of whose time it takes to write the name as net/http has it
	} else {
		values = http.Header(h).Values(name)
	}
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
