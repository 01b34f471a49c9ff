package overlay

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"inlay/internal/inject"
)

// Where the script and what it asks for are: below a path that inlay lets no site have.
const (
	Prefix     = "/_inlay/dev/"
	ScriptPath = Prefix + "overlay.js"
	VisitPath  = Prefix + "visit"
)

// askedBy is in what the script asks: no page of another origin can send it unless it is let to, and nobody lets it.
const askedBy = "Inlay-Dev"

// Host is what the script is answered with.
type Host struct {
	Book *Book
	// Names are what the site is served under, besides this machine's own names.
	Names func() []string
	// Look gives what is stored under the keys of a visit, as /_inlay/entries has it. Where what is known of the visit is elsewhere, it
	// brings that first: see Visit.Take.
	Look func(ctx context.Context, v *Visit) (map[string]json.RawMessage, error)
	// Change purges fragments by their keys, or with soft invalidates them.
	Change func(ctx context.Context, keys []string, soft bool) error
}

// IsOwn tells whether a path is one that a Host answers.
func IsOwn(path string) bool {
	return path == ScriptPath || path == VisitPath || strings.HasPrefix(path, VisitPath+"/")
}

// ServeHTTP answers what [IsOwn].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	if !inject.IsSameOrigin(r) || !inject.IsOurs(r.Host, h.Names()) || r.URL.Path != ScriptPath && r.Header.Get(askedBy) == "" {
		http.Error(w, "inlay: this is for pages of the site itself", http.StatusForbidden)
		return
	}
	if r.URL.Path == ScriptPath {
		header.Set("Content-Type", "text/javascript; charset=utf-8")
		header.Set("Cache-Control", "no-cache")
		_, _ = w.Write([]byte(script))
		return
	}
	v := h.Book.Visit(r.URL.Query().Get("id"))
	if v == nil {
		http.Error(w, "inlay: this visit is not known any more; load the page again", http.StatusNotFound)
		return
	}
	entries, err := h.Look(r.Context(), v)
	if err != nil {
		http.Error(w, "inlay: "+err.Error(), http.StatusBadGateway)
		return
	}
	switch r.URL.Path {
	case VisitPath:
		text, err := json.Marshal(v.Told(func(key string) json.RawMessage { return entries[key] }))
		if err != nil {
			http.Error(w, "inlay: "+err.Error(), http.StatusInternalServerError)
			return
		}
		header.Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	case VisitPath + "/page":
		// A document that is looked at and not shown: nothing in it may run or be loaded, whoever opens it.
		header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		header.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(v.Marked())
	case VisitPath + "/purge", VisitPath + "/invalidate":
		h.change(w, r, v)
	default:
		http.NotFound(w, r)
	}
}

// change purges or invalidates the fragment of a slot of the visit, or of all of them.
func (h *Host) change(w http.ResponseWriter, r *http.Request, v *Visit) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "inlay: this takes POST only", http.StatusMethodNotAllowed)
		return
	}
	keys := v.Keys()
	if name := r.URL.Query().Get("slot"); name != "" {
		if keys = nil; v.keyOf(name) != "" {
			keys = []string{v.keyOf(name)}
		}
	}
	if len(keys) == 0 {
		http.Error(w, "inlay: the visit has no fragment of that slot", http.StatusNotFound)
		return
	}
	if err := h.Change(r.Context(), keys, strings.HasSuffix(r.URL.Path, "/invalidate")); err != nil {
		http.Error(w, "inlay: "+err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// keyOf is the key of the slot of a name, empty if there is none.
func (v *Visit) keyOf(name string) string {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	for _, s := range v.slots {
		if s.Slot == name {
			return s.Key
		}
	}
	return ""
}
