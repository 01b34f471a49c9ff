package recorder

import (
	"errors"
	"net/http"
	"strconv"

	"inlay/internal/answer"
)

// Writer keeps a handler's answer to one fill, of a batch or natively. It does with it what net/http's server would.
type Writer struct {
	header http.Header // the handler's own, which it may go on changing
	sent   http.Header // as it was when the status was settled; nil before
	status int
	length int64 // the declared Content-Length; -1: none
	body   []byte
	passed int64  // bytes that were written and not kept: see keeps
	own    []byte // the origin's own page for 404 or 410, as far as it was written
	sniff  int    // bytes from which the type is told, fixed by the first Flush; -1: no Flush yet

	limit    int // bytes that body may have
	tooLarge bool
	cancel   func() // ends the handler's context
}

// New is ready for one answer, whose body may have limit bytes; cancel ends the handler's context.
func New(limit int, cancel func()) *Writer {
	return &Writer{header: http.Header{}, length: -1, sniff: -1, limit: limit, cancel: cancel}
}

// ErrTooLarge is what a handler gets that writes more than it may.
var ErrTooLarge = errors.New("edge: the answer has more bytes than a fragment may have")

var (
	_ http.ResponseWriter = (*Writer)(nil)
	_ http.Flusher        = (*Writer)(nil)
)

// Header is the handler's own, as with net/http.
func (w *Writer) Header() http.Header { return w.header }

// WriteHeader settles status and header. Informational statuses have nobody to inform, and after the first final one all
// are too late.
func (w *Writer) WriteHeader(status int) {
	if w.sent != nil {
		return
	}
	if status < 100 || status > 999 {
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	if v := w.sent.Get("Content-Length"); v != "" {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
			w.length = n
		}
	}
}

// Write keeps p, if the answer's body matters: see keeps.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.admit(len(p)); err != nil {
		return 0, err
	}
	if w.keeps() {
		w.body = append(w.body, p...)
	} else if w.isOwn() {
		w.own = append(w.own, p...)
	}
	return len(p), nil
}

// WriteString saves io.WriteString a copy.
func (w *Writer) WriteString(s string) (int, error) {
	if err := w.admit(len(s)); err != nil {
		return 0, err
	}
	if w.keeps() {
		w.body = append(w.body, s...)
	} else if w.isOwn() {
		w.own = append(w.own, s...)
	}
	return len(s), nil
}

// admit says whether n more bytes may be written.
func (w *Writer) admit(n int) error {
	w.WriteHeader(http.StatusOK)
	switch {
	case n == 0:
		return nil
	case !w.mayHaveBody():
		return http.ErrBodyNotAllowed
	case w.length >= 0 && int64(len(w.body))+w.passed+int64(n) > w.length:
		return http.ErrContentLength
	case !w.keeps():
		if w.passed += int64(n); w.passed > int64(w.limit) {
			w.cancel() // it need not go on; what it has said stands
			return ErrTooLarge
		}
	case w.tooLarge || len(w.body)+n > w.limit:
		w.tooLarge = true
		w.cancel()
		return ErrTooLarge
	}
	return nil
}

// keeps tells whether the answer's body matters: only that of a 200 is ever a fragment, so no other can be too large for
// one, or too short.
func (w *Writer) keeps() bool { return w.status == http.StatusOK }

// isOwn tells whether the answer's body may be shown in place of a page that requires the fragment.
func (w *Writer) isOwn() bool { return HasOwnPage(w.status) }

// Flush settles what a flush settles: status, header, and the type, which is told from what there is.
func (w *Writer) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.sniff < 0 {
		w.sniff = len(w.body) + len(w.own)
	}
}

// mayHaveBody: see RFC 9110, section 6.4.1.
func (w *Writer) mayHaveBody() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

// End settles the answer once its handler has finished, or says why there is none: ErrTooLarge, or that it broke off.
func (w *Writer) End() error {
	w.Flush()
	switch {
	case w.tooLarge:
		return ErrTooLarge
	case w.status < 200:
		return errors.New("the handler switched protocols, which a fill cannot")
	case w.keeps() && w.length > int64(len(w.body)):
		return errors.New("the handler wrote " + strconv.Itoa(len(w.body)) + " of the " +
			strconv.FormatInt(w.length, 10) + " bytes that it declared")
	}
	return nil
}

// Settled tells whether the handler has said a status, so that there is something to read.
func (w *Writer) Settled() bool { return w.sent != nil }

// Kept are the answer's bytes: those of a fragment, or of a page of the origin's own for 404 or 410.
func (w *Writer) Kept() []byte {
	if !w.isOwn() {
		return w.body
	}
	if w.passed > int64(w.limit) || w.length >= 0 && w.length != int64(len(w.own)) {
		return nil
	}
	return OwnPage(w.status, w.sent, w.own)
}

// Location is where a redirect leads, as [Location] has it.
func (w *Writer) Location() string { return Location(w.sent) }

// Sent is the header as it was when the status was settled, nil before that.
func (w *Writer) Sent() http.Header { return w.sent }

// Answer is what the storing rules look at.
func (w *Writer) Answer() answer.Answer { return Read(w.status, w.sent, w.Kept(), w.sniff) }
