package notfound

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"

	"inlay/internal/field"
)

// text is the body of http.NotFound.
const text = "404 page not found\n"

// Field is the header field by which app.wasm tells that its handler has no route. It does not leave the Worker.
const Field = "Inlay-Not-Found"

// Show gives a handler that answers as next does, with a page in place of the answer of [http.NotFound].
func Show(next http.Handler, html string, fields []field.Field) http.Handler {
	return watch(next, func(w http.ResponseWriter) string {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(html)))
		for _, f := range fields {
			header.Set(f.Name, f.Value)
		}
		return html
	})
}

// Tell gives a handler that answers as next does, and marks the answer of [http.NotFound] by [Field].
func Tell(next http.Handler) http.Handler {
	return watch(next, func(w http.ResponseWriter) string {
		w.Header().Set(Field, "1")
		return text
	})
}

// watch calls instead where next has answered as [http.NotFound] does, before the head leaves; the body is what it returns.
func watch(next http.Handler, instead func(http.ResponseWriter) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &writer{ResponseWriter: w, instead: instead}
		next.ServeHTTP(out, r)
		out.release() // not by defer: what panics ends its answer where it is
	})
}

// writer holds a head back that may be that of http.NotFound, until the body tells.
type writer struct {
	http.ResponseWriter
	instead func(http.ResponseWriter) string

	wrote    bool // the head has left, or is held back
	held     bool
	replaced bool // the page has left, and what is written to it does not
}

var (
	_ http.Flusher  = (*writer)(nil)
	_ http.Hijacker = (*writer)(nil)
	_ io.ReaderFrom = (*writer)(nil)
)

func (w *writer) WriteHeader(status int) {
	switch {
	case w.wrote:
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		w.ResponseWriter.WriteHeader(status)
		return
	default:
		w.wrote = true
		header := w.Header()
		if status == http.StatusNotFound && header.Get("Content-Type") == "text/plain; charset=utf-8" && header.Get("X-Content-Type-Options") == "nosniff" {
			w.held = true
			return
		}
	}
	w.ResponseWriter.WriteHeader(status) // which complains about a second one
}

// release lets the head go that was held back.
func (w *writer) release() {
	if w.held {
		w.held = false
		w.ResponseWriter.WriteHeader(http.StatusNotFound)
	}
}

func (w *writer) Write(p []byte) (int, error) {
	switch {
	case w.replaced:
		return len(p), nil
	case w.held && string(p) == text:
		w.held, w.replaced = false, true
		body := w.instead(w.ResponseWriter)
		w.ResponseWriter.WriteHeader(http.StatusNotFound)
		if _, err := io.WriteString(w.ResponseWriter, body); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	w.wrote = true
	w.release()
	return w.ResponseWriter.Write(p)
}

// WriteString is Write; http.NotFound may come by it.
func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// ReadFrom lets files go out as the writer below lets them.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	if w.replaced {
		return io.Copy(io.Discard, r)
	}
	w.wrote = true
	w.release()
	return io.Copy(w.ResponseWriter, r)
}

// Flush sends what is there. A head that is held back is then known to be no http.NotFound.
func (w *writer) Flush() { _ = w.FlushError() }

// FlushError is for http.ResponseController.
func (w *writer) FlushError() error {
	w.wrote = true
	w.release()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack is for WebSockets.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
