package edge

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"unicode/utf8"

	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/trace"
)

// What a request is called, and what ties it to a trace: for the log, and for who debugs.

// loggerOf is who logs where nobody was given.
func loggerOf(f LogFormat) *slog.Logger {
	if f == LogJSON {
		return slog.New(slog.NewJSONHandler(escaping{os.Stderr}, nil))
	}
	return slog.Default()
}

// escaping is a writer of lines of JSON in which nothing does anything to a terminal: what else than JSON's own controls would, C1's
// and those that turn the direction of a text, is written as \uXXXX, as worker/say.mjs writes it. Outside of strings there is none.
type escaping struct{ to io.Writer }

func (w escaping) Write(line []byte) (int, error) {
	if bytes.IndexFunc(line, hides) < 0 {
		return w.to.Write(line)
	}
	escaped := make([]byte, 0, len(line)+64)
	for _, c := range string(line) {
		if hides(c) {
			escaped = fmt.Appendf(escaped, `\u%04x`, c)
		} else {
			escaped = utf8.AppendRune(escaped, c)
		}
	}
	if _, err := w.to.Write(escaped); err != nil {
		return 0, err
	}
	return len(line), nil
}

// hides tells whether a character is such a one.
func hides(c rune) bool {
	return c >= 0x7f && c <= 0x9f || c == 0x61c || c == 0x200e || c == 0x200f || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}

// maxRequestID is how long a name for a request may be that a proxy has given it, in bytes.
const maxRequestID = 128

// requestID is what a request is called in the log: the X-Request-Id of a trusted proxy, or 16 hexadecimal digits that are given to no
// other.
func (h *Handler) requestID(r *http.Request) string {
	if given := r.Header["X-Request-Id"]; len(given) == 1 && isRequestID(given[0]) && (&visitor{r: r, front: &h.front}).came().Trusted {
		return given[0]
	}
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, rand.Uint64()))
}

// isRequestID tells whether a text can be one: that of a log line, without quotes.
func isRequestID(id string) bool {
	for i := 0; i < len(id); i++ {
		if c := id[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=' && i == 0 || c == ',' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}

// named is the writer of a request while one debugs: its answer says what the request is called, whoever writes it.
type named struct {
	http.ResponseWriter
	id   string
	said bool
}

func (w *named) say() {
	if !w.said {
		w.said = true
		w.Header()["Inlay-Request"] = []string{w.id}
	}
}

func (w *named) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.say()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *named) Write(p []byte) (int, error) {
	w.say()
	return w.ResponseWriter.Write(p)
}

// FlushError is for http.ResponseController.
func (w *named) FlushError() error {
	w.say()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (w *named) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// led is what a fill has of the request that leads it, beside what is asked for: nothing of it is in its key.
type led struct {
	request string        // what it is called
	trace   []field.Field // that its visitor's trace goes on in; nil: there is none
	client  *http.Request // for a check for leaks; nil: there is none
}

// ledKey finds what a fill has of its leader in the fill's context.
type ledKey struct{}

func withLed(ctx context.Context, l *led) context.Context { return context.WithValue(ctx, ledKey{}, l) }

// ledIn is what a fill has of its leader; the zero value for what nobody leads, as a check for leaks.
func ledIn(ctx context.Context) *led {
	if l, ok := ctx.Value(ledKey{}).(*led); ok {
		return l
	}
	return new(led)
}

// leads is what the fills of a request have of it.
func leads(x *exchange) (l led) {
	l.request = x.id
	fields := header(x.r.Header)
	parent, state := trace.Passed(fields.Field(trace.ParentField), fields.Field(trace.StateField))
	if parent != "" {
		l.trace = append(l.trace, field.Field{Name: trace.ParentField, Value: parent})
	}
	if state != "" {
		l.trace = append(l.trace, field.Field{Name: trace.StateField, Value: state})
	}
	return l
}

// telling is the fill whose end the engine is told of.
type telling struct {
	of   *led
	fill *engine.Fill
}

// attributes are what a log line says of what the engine has found out about src.
func (t telling) attributes(src string, more ...any) []any {
	if t.fill == nil {
		return append([]any{"src", src}, more...)
	}
	f := *t.fill
	f.Src = src
	return t.of.attributes(&f, more...)
}

// attributes are what a log line says of a fill: whose it is, and what more there is to say.
func (l *led) attributes(f *engine.Fill, more ...any) []any {
	all := append(make([]any, 0, len(more)+10), "src", f.Src)
	all = append(all, more...)
	for _, a := range [...]struct{ name, value string }{{"request", l.request}, {"page", f.PagePattern}, {"slot", f.Slot}, {"key", loggedKey(&f.FillRequest)}} {
		if a.value != "" {
			all = append(all, a.name, a.value)
		}
	}
	return all
}

// secrets are header fields whose values are for nobody who reads a log.
var secrets = [...]string{"cookie", "authorization", "proxy-authorization"}

// loggedKey is a fragment's key as a log has it: without the secrets of a visitor.
func loggedKey(r *page.FillRequest) string {
	key := r.Src
	for _, f := range r.Fields {
		if slices.Contains(secrets[:], f.Name) {
			f.Value = "..."
		}
		key += "\n" + f.Name + ": " + f.Value
	}
	return key
}
