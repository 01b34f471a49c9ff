package inject

import (
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"
)

// HashOf is a script's hash, as integrity and a policy have it.
func HashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// slotQuery asks for a slot of a page alone, which is no page.
const slotQuery = "inlay-slot="

// IsNavigation: whether a browser asks for a page that it will show in a tab.
// Over plain HTTP from another machine browsers do not say so.
func IsNavigation(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" || strings.HasPrefix(r.URL.RawQuery, slotQuery) || strings.Contains(r.URL.RawQuery, "&"+slotQuery) {
		return false
	}
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" {
		return dest == "document"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// AskPlainly lets an upstream answer a navigation with bytes that something can
// be added to. What the browser has stored counts only if it has the client of
// the same site in it.
func AskPlainly(header http.Header, id string) {
	if header.Get("Accept-Encoding") != "" {
		header.Set("Accept-Encoding", "identity")
	}
	var own []string
	for _, tag := range strings.Split(header.Get("If-None-Match"), ",") {
		if plain, ok := strings.CutSuffix(strings.TrimSpace(tag), EntityMark(id)); ok {
			own = append(own, plain+`"`)
		}
	}
	header.Del("If-None-Match")
	header.Del("If-Modified-Since")
	if len(own) > 0 {
		header.Set("If-None-Match", strings.Join(own, ", "))
	}
}

// EntityMark ends the entity tags of pages that have a client in them.
func EntityMark(id string) string { return `-inlay-dev-` + id + `"` }

// IsPage: whether an answer is HTML that a browser shows as a page.
func IsPage(status int, header http.Header) bool {
	if status == http.StatusNoContent || status == http.StatusPartialContent || header.Get("Content-Range") != "" {
		return false
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "text/html" || strings.HasPrefix(strings.ToLower(params["charset"]), "utf-16") {
		return false
	}
	disposition, _, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	return disposition != "attachment"
}
