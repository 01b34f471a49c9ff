// Package example is the shop of README.md and docs/writing-a-site.md: what they show of Go code stands here or in the
// tests beside it, so it compiles and runs.
package example

import (
	_ "embed"
	"fmt"
	"html"
	"net/http"
	"time"

	"inlay/edge"
)

//go:embed product.html
var product string

//go:embed search.html
var search string

// Pages are the shop's pages.
func Pages() ([]edge.Page, error) {
	var pages []edge.Page
	for pattern, shell := range map[string]string{
		"/products/{id}": product,
		"/search":        search,
	} {
		page, err := edge.ParsePage(pattern, shell)
		if err != nil {
			return nil, err
		}
		pages = append(pages, withPolicy(page))
	}
	return pages, nil
}

func withPolicy(page edge.Page) edge.Page {
	page.Patience = 30 * time.Millisecond // fragments that are this fast go inline, and the page is whole
	page.Preload = true                   // Link fields for what the head of the shell loads
	return page
}

// Origin answers the fragments, one by one or in batches, and all that is no page.
func Origin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/price/{id}", price)
	mux.HandleFunc("GET /fragments/results", results)
	mux.HandleFunc("GET /fragments/basket", basket)
	return edge.Fills(mux)
}

func price(w http.ResponseWriter, r *http.Request) {
	currency := "EUR"
	if c, err := r.Cookie("currency"); err == nil { // declared in vary, so it is here, and in the key
		currency = c.Value
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>%s</p>", html.EscapeString(priceIn(currency, r.PathValue("id"))))
}

func priceIn(currency, id string) string { return fmt.Sprintf("%d %s", 10+len(id), currency) }

func results(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "s-maxage=60, stale-while-revalidate=600")
	fmt.Fprintf(w, "<p>Nothing for %s, page %s.</p>", html.EscapeString(r.FormValue("q")), html.EscapeString(r.FormValue("page")))
}

func basket(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := r.Cookie("session"); err != nil {
		fmt.Fprint(w, "<p>Nothing in your basket.</p>")
		return
	}
	fmt.Fprint(w, "<p>3 things in your basket.</p>")
}
