package overlay

import (
	"html"
	"net/http"
)

// Connects are the paths that the script asks.
var Connects = []string{VisitPath, VisitPath + "/"}

// Tag brings the overlay into the page of a visit.
func (v *Visit) Tag() string {
	return `<script src="` + ScriptPath + `" integrity="` + Integrity + `" data-visit="` + html.EscapeString(v.ID) + `" async></script>`
}

// Plain has a page asked for so that the overlay can be added, and each time anew: the browser's stored page has the overlay of another
// visit.
func Plain(header http.Header) {
	if header.Get("Accept-Encoding") != "" {
		header.Set("Accept-Encoding", "identity")
	}
	header.Del("If-None-Match")
	header.Del("If-Modified-Since")
}
