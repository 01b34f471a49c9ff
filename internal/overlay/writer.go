package overlay

import (
	"net/http"
	"time"

	"inlay/internal/inject"
)

// Writer is where the page of a visit is written, with the overlay at its end.
type Writer struct {
	http.ResponseWriter
	visit  *Visit
	host   string
	now    func() time.Time
	filter inject.Filter
	begun  bool
	page   bool // it is one that the overlay can be added to
}

// NewWriter is w with the overlay for a visit that has asked a host for a page.
func NewWriter(w http.ResponseWriter, v *Visit, host string, now func() time.Time) *Writer {
	return &Writer{ResponseWriter: w, visit: v, host: host, now: now}
}

// WriteHeader lets a head go by.
func (w *Writer) WriteHeader(status int) {
	if status >= 200 && !w.begun {
		w.begun = true
		header := w.Header()
		w.visit.Head(w.now(), status, header)
		if coded := header.Get("Content-Encoding"); inject.IsPage(status, header) && (coded == "" || coded == "identity") {
			w.page = true
			header.Del("Content-Length")
			header.Del("Etag") // these are other bytes, each time
			allow := inject.AllowanceFor(w.host, []string{ScriptPath}, []string{Integrity}, Connects)
			allow.On(header)
			w.filter.Allow = allow
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write lets bytes of the page go by.
func (w *Writer) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if !w.page {
		return w.ResponseWriter.Write(p)
	}
	w.visit.Passes(p, w.now())
	if _, err := w.ResponseWriter.Write(w.filter.Next(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// FlushError is for http.ResponseController.
func (w *Writer) FlushError() error {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// End is the end of the page, with the overlay.
func (w *Writer) End() {
	w.visit.Ends(w.now())
	if w.page {
		_, _ = w.ResponseWriter.Write(append(w.filter.Rest(), w.visit.Tag()...)) // a client that has gone needs none
	}
}

// Unwrap is for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
