package example

import (
	"fmt"
	"net/http"
	"strconv"
)

// reviews is a fragment that Turbo can put into the page by itself: it brings its frame along.
func reviews(w http.ResponseWriter, r *http.Request) {
	page := max(1, number(r.FormValue("page")))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<turbo-frame id="reviews"><p>Review %d</p><a href="?inlay-slot=reviews&amp;page=%d">Next</a></turbo-frame>`, page, page+1)
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
