package main

import (
	"fmt"
	"html"
	"net/http"
)

// Handler answers the fragments of the pages, and all that is no page. In a Worker its memory lasts for one batch of
// fragments; what has to last belongs into what it asks.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/products", list)
	mux.HandleFunc("GET /fragments/products/{id}", describe)
	mux.HandleFunc("GET /fragments/title/{id}", title)
	mux.HandleFunc("GET /fragments/price/{id}", price)
	return mux
}

type product struct {
	id, name, text string
	cents          int
}

var catalogue = []product{
	{"teapot", "Teapot", "Holds four cups & keeps them warm.", 4200},
	{"kettle", "Kettle", "Whistles when the water boils.", 3500},
	{"cup", "Cup", "For one.", 900},
}

// find gives the product of the request, or answers that there is none.
func find(w http.ResponseWriter, r *http.Request) (product, bool) {
	for _, p := range catalogue {
		if p.id == r.PathValue("id") {
			return p, true
		}
	}
	http.NotFound(w, r) // in a required slot this is the page's status, and the visitor sees pages/404.html
	return product{}, false
}

func list(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintln(w, "<ul>")
	for _, p := range catalogue {
		fmt.Fprintf(w, "<li><a href=\"/products/%s\">%s</a></li>\n", p.id, html.EscapeString(p.name))
	}
	fmt.Fprintln(w, "</ul>")
}

func title(w http.ResponseWriter, r *http.Request) {
	if p, ok := find(w, r); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>%s · Teahouse</title>", html.EscapeString(p.name))
	}
}

func describe(w http.ResponseWriter, r *http.Request) {
	if p, ok := find(w, r); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<h1>%s</h1>\n<p>%s</p>", html.EscapeString(p.name), html.EscapeString(p.text))
	}
}

func price(w http.ResponseWriter, r *http.Request) {
	p, ok := find(w, r)
	if !ok {
		return
	}
	currency, rate := "EUR", 1.0
	if c, err := r.Cookie("currency"); err == nil && c.Value == "CHF" { // declared in the slot's vary, so it is here
		currency, rate = "CHF", 0.94
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<p>%.2f %s</p>", rate*float64(p.cents)/100, currency)
}
