package example

import "net/http"

// changePrice takes a form that changes something, and says which tags are over with it.
func changePrice(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	// Here the price is changed.
	w.Header().Set("Cache-Group-Invalidation", `"product:`+id+`", "lists"`)
	http.Redirect(w, r, "/products/"+id, http.StatusSeeOther)
}
