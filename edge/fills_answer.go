//go:build !tinygo

package edge

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// answerWriter keeps a handler's answer to one fill, of a batch or natively. It does with it what net/http's server would.
type answerWriter struct {
	header http.Header // the handler's own, which it may go on changing
	sent   http.Header // as it was when the status was settled; nil before
	status int
	length int64 // the declared Content-Length; -1: none
	body   []byte
	passed int64 // bytes that were written and not kept: see keeps
	sniff  int   // bytes from which the type is told, fixed by the first Flush; -1: no Flush yet

	limit    int // bytes that body may have
	tooLarge bool
	cancel   func() // ends the handler's context
}

func newAnswerWriter(limit int, cancel func()) *answerWriter {
	return &answerWriter{header: http.Header{}, length: -1, sniff: -1, limit: limit, cancel: cancel}
}

var errAnswerTooLarge = errors.New("edge: the answer has more bytes than a fragment may have")

var (
	_ http.ResponseWriter = (*answerWriter)(nil)
	_ http.Flusher        = (*answerWriter)(nil)
)

func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader settles status and header. Informational statuses have nobody to inform, and after the first final one all
// are too late.
func (w *answerWriter) WriteHeader(status int) {
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

func (w *answerWriter) Write(p []byte) (int, error) {
	if err := w.admit(len(p)); err != nil {
		return 0, err
	}
	if w.keeps() {
		w.body = append(w.body, p...)
	}
	return len(p), nil
}

// WriteString saves io.WriteString a copy.
func (w *answerWriter) WriteString(s string) (int, error) {
	if err := w.admit(len(s)); err != nil {
		return 0, err
	}
	if w.keeps() {
		w.body = append(w.body, s...)
	}
	return len(s), nil
}

// admit says whether n more bytes may be written.
func (w *answerWriter) admit(n int) error {
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
			return errAnswerTooLarge
		}
	case w.tooLarge || len(w.body)+n > w.limit:
		w.tooLarge = true
		w.cancel()
		return errAnswerTooLarge
	}
	return nil
}

// keeps tells whether the answer's body matters: only that of a 200 is ever a fragment, so no other can be too large for
// one, or too short.
func (w *answerWriter) keeps() bool { return w.status == http.StatusOK }

// Flush settles what a flush settles: status, header, and the type, which is told from what there is.
func (w *answerWriter) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.sniff < 0 {
		w.sniff = len(w.body)
	}
}

// mayHaveBody: see RFC 9110, section 6.4.1.
func (w *answerWriter) mayHaveBody() bool {
	return w.status >= 200 && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

// end settles the answer once its handler has finished, or says why there is none: a value of inlay-failure and a text.
func (w *answerWriter) end() (failure, text string) {
	w.Flush()
	switch {
	case w.tooLarge:
		return failureTooLarge, errAnswerTooLarge.Error()
	case w.status < 200:
		return failureTruncated, "the handler switched protocols, which a fill cannot"
	case w.keeps() && w.length > int64(len(w.body)):
		return failureTruncated, "the handler wrote " + strconv.Itoa(len(w.body)) + " of the " +
			strconv.FormatInt(w.length, 10) + " bytes that it declared"
	}
	return "", ""
}

// frame is the answer, after its handler has finished.
func (w *answerWriter) frame(index int) frame {
	if failure, text := w.end(); failure != "" {
		return failedFrame(index, http.StatusInternalServerError, failure, text)
	}
	return frame{Index: index, Answer: w.answer(), Body: w.body, Location: locationOf(w.sent)}
}

// failed gives a frame without an answer what its handler said before: it may be that the fragment is not for others.
func (w *answerWriter) failed(f frame) frame {
	if w.sent == nil || f.Failure == "" {
		return f
	}
	a := f.Answer
	f.Answer = w.answer()
	f.Answer.Status, f.Answer.ContentType, f.Answer.Size = a.Status, a.ContentType, a.Size
	return f
}

func (w *answerWriter) answer() Answer { return answerOf(w.status, w.sent, w.body, w.sniff) }

// answerOf is what the storing rules look at. The type of a body that has none is told from its first sniff bytes, as the
// server of its handler would do; of another's answer it is not.
func answerOf(status int, header http.Header, body []byte, sniff int) Answer {
	a, typed := readAnswer(header)
	a.Status, a.Size = status, len(body)
	encoded := false
	for name, values := range header {
		encoded = encoded || strings.EqualFold(name, "transfer-encoding") && strings.Join(values, "") != ""
	}
	start := body[:max(0, min(sniff, 512))]
	switch {
	case status == http.StatusNotModified:
		a.ContentType = ""
	case !typed && !encoded && a.ContentEncoding == "" && len(start) > 0:
		a.ContentType = http.DetectContentType(start)
	}
	return a
}

// readAnswer reads what a handler or a server set of an answer's fields, and tells whether it set a type at all. net/http
// sends a field under the name that the handler gave it, so canonical names are not all there is.
func readAnswer(header http.Header) (a Answer, typed bool) {
	for name, values := range header {
		name = strings.ToLower(ascii.TrimSpace(name)) // a client of net/http gives "Cache-Control : private" a name with a space
		if name == "set-cookie" {
			a.SetCookie = a.SetCookie || len(values) > 0
		}
		i := slices.Index(AnswerFields[:], name)
		if i < 0 {
			continue
		}
		typed = typed || name == "content-type"
		line := ascii.TrimSpace(strings.Join(values, ", "))
		if name == "cache-control" {
			line = field.JoinLines(values)
		}
		if name == "expires" && line == "" && len(values) > 0 {
			line = "0" // what is no date is past
		}
		field := a.Field(i)
		if *field != "" && line != "" {
			line = ", " + line
		}
		*field += line
	}
	return a, typed
}

// locationOf is the Location of an answer, empty if it has none, or several.
func locationOf(header http.Header) string {
	location, n := "", 0
	for name, values := range header {
		if strings.EqualFold(ascii.TrimSpace(name), "location") {
			location = strings.Join(values, "")
			n += len(values)
		}
	}
	if n != 1 {
		return ""
	}
	return location
}
