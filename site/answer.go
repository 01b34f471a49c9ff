package site

import (
	"html"
	"net/http"
	"strconv"
)

func writeFragment(w http.ResponseWriter, cacheControl string, fragment []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(fragment)))
	w.Header().Set("Cache-Control", cacheControl)
	// The status has left; a reader that goes away is no error of the site.
	_, _ = w.Write(fragment)
}

// writeError answers with a fragment that says what is wrong. No cache keeps it.
func writeError(w http.ResponseWriter, status int, message string) {
	write(w, status, `<p class="none">`+html.EscapeString(message)+"</p>\n")
}

func write(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// notFound answers every path that is neither a page nor anything else here.
func notFound(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusNotFound, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>Not found · Go standard library</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:18vh auto;padding:0 1.25rem}code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}h1{line-height:1.2}</style>
</head>
<body>
<h1>Nothing here</h1>
<p>This site has no page at <code>`+html.EscapeString(r.URL.Path)+`</code>. Pages of packages are at addresses like <a href="/pkg/net/http">/pkg/net/http</a>.</p>
<p><a href="/">All packages</a></p>
</body>
</html>
`)
}
