package batch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/recorder"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Handler lets an origin take fills in batches from whoever has the secret; an empty one is nobody's. It wraps the
// handler that answers the fragments: POST to [Path] with Authorization: Bearer and the secret runs each fill of the
// batch through h, as GET of its src with its declared fields and no others, all at once, and streams each answer back as
// soon as its handler has finished. A handler that panics, answers with more than 8 MiB or breaks off fails its own fill
// only. The requests have the Host and the context of the batch's.
//
// No other request for a path below /_inlay, in any spelling, reaches h: it is answered with 404, or 401 where only the
// secret is wrong. Every other goes to h as it is, and if it carries Inlay-Fill: 1 and there is a secret, its response has
// Inlay-Fills: 1 besides: so does a remote origin announce that it takes batches.
//
// What h sees and what becomes of what it does are as with net/http's server: an implicit 200, one WriteHeader, a
// Content-Type told from the first bytes where h sets none, http.ErrBodyNotAllowed and http.ErrContentLength. Two things
// differ: an answer is kept until its handler has finished, so Flush sends nothing yet, and it cannot be hijacked.
func Handler(h http.Handler, secret string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case route.IsInternal(r.URL.Path) || route.IsInternal(r.URL.EscapedPath()):
			if secret == "" || r.Method != http.MethodPost || r.URL.EscapedPath() != Path {
				http.Error(w, "There is nothing here.", http.StatusNotFound)
				return
			}
			lines := r.Header["Authorization"]
			scheme, given, _ := strings.Cut(strings.Join(lines, ""), " ")
			// Of two lines another reader on the way may have meant the other.
			if len(lines) != 1 || !ascii.EqualFold(scheme, "bearer") || !config.SameSecret(ascii.TrimOWS(given), secret) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="inlay"`)
				http.Error(w, "A batch of fills needs the secret.", http.StatusUnauthorized)
				return
			}
			serveFills(h, w, r)
			return
		case secret != "" && r.Header.Get("Inlay-Fill") == "1":
			w.Header().Set("Inlay-Fills", "1")
		}
		h.ServeHTTP(w, r)
	})
}

// batch is the body of a request for fills.
type batch struct {
	Fills []batchFill `json:"fills"`
}

type batchFill struct {
	Src string `json:"src"`
	// Host is the visitor's, where the site keeps hosts apart; it comes as the request's Host and X-Forwarded-Host.
	Host string `json:"host"`
	// Proto is the scheme of the visitor's URL, http or https, where the key has it; it comes as X-Forwarded-Proto.
	Proto string `json:"proto"`
	// Fields are pairs of name and value. encoding/json takes arrays of any length for a [2]string.
	Fields [][]string `json:"fields"`
	// Document: all fields of the answer are wanted.
	Document bool `json:"document"`
}

// batchError is a batch that is not of the form; nothing of it was run.
type batchError struct {
	status int
	text   string
}

// Error says what the form is.
func (e *batchError) Error() string { return "edge: " + e.text }

func serveFills(h http.Handler, w http.ResponseWriter, r *http.Request) {
	b, err := readBatch(w, r)
	if err != nil {
		http.Error(w, err.Error(), err.status)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	// Room for all: a fill that nobody waits for any more can still end.
	frames := make(chan frame, len(b.Fills))
	for i := range b.Fills {
		go runFill(ctx, h, r, i, &b.Fills[i], func(f frame) { frames <- f })
	}

	w.Header().Set("Content-Type", framesType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	// What cannot be flushed is sent all the same, later.
	_ = control.Flush()
	var buf []byte
	for range b.Fills {
		select {
		case f := <-frames:
			if buf = appendFrame(buf[:0], &f); writeFrame(w, buf, f.Body) != nil {
				return // the other side has gone
			}
			_ = control.Flush()
		case <-ctx.Done():
			return
		}
	}
}

// appendFrame appends a frame up to its body, or puts a failure in its place if it has no room in a frame.
func appendFrame(dst []byte, f *frame) []byte {
	dst, err := appendFramePrefix(dst, f)
	if err != nil {
		*f = failedFrame(f.Index, http.StatusInternalServerError, failureTooLarge, err.Error())
		dst, _ = appendFramePrefix(dst, f)
	}
	return dst
}

// writeFrame writes a frame in one piece if it is small: in app.wasm each write is a turn of the event loop.
func writeFrame(w io.Writer, prefix, body []byte) error {
	const small = 64 << 10
	if len(body) <= small {
		_, err := w.Write(append(prefix, body...))
		return err
	}
	if _, err := w.Write(prefix); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

func readBatch(w http.ResponseWriter, r *http.Request) (*batch, *batchError) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, &batchError{http.StatusUnsupportedMediaType, "a batch of fills is application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFillsBytes))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, &batchError{http.StatusRequestEntityTooLarge, "a batch of fills has at most 262144 bytes"}
		}
		return nil, &batchError{http.StatusBadRequest, "the batch of fills broke off"}
	}
	return parseBatch(body)
}

func parseBatch(body []byte) (*batch, *batchError) {
	var b batch
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, &batchError{http.StatusBadRequest, "the batch of fills is not of the form " + batchForm + ": " + err.Error()}
	}
	if len(b.Fills) < 1 || len(b.Fills) > maxFills {
		return nil, &batchError{http.StatusBadRequest,
			"the batch has " + strconv.Itoa(len(b.Fills)) + " fills; it may have 1 to " + strconv.Itoa(maxFills)}
	}
	return &b, nil
}

const batchForm = `{"fills":[{"src":"/path","fields":[["name","value"]]}]}`

// problem says what is wrong with a fill, empty if nothing is.
func (f *batchFill) problem() string {
	if !strings.HasPrefix(f.Src, "/") || strings.HasPrefix(f.Src, "//") || strings.HasPrefix(f.Src, `/\`) {
		return "the src is not an absolute path"
	}
	for i := 0; i < len(f.Src); i++ {
		if c := f.Src[i]; c <= ' ' || c > '~' || c == '#' || c == '\\' {
			return "the src has a character that must be percent-encoded"
		}
	}
	if path, _ := route.SplitTarget(f.Src); route.IsInternal(path) || route.HasDotSegments(path) {
		return "the src is no path that a slot can have"
	}
	if f.Host != "" {
		if _, problem := config.ParseHost(f.Host); problem != 0 {
			return wording.Of(problem)
		}
	}
	if f.Proto != "" && f.Proto != "http" && f.Proto != "https" {
		return "the proto is neither http nor https"
	}
	for _, pair := range f.Fields {
		if len(pair) != 2 {
			return "a field is a pair of name and value"
		}
		name := strings.ToLower(pair[0])
		if !isFrameName(name) {
			return "a field's name is no token"
		}
		if !route.MayFill(name) {
			return "the field " + name + " is none that a slot can declare"
		}
		for i := 0; i < len(pair[1]); i++ {
			if !field.IsFieldByte(pair[1][i]) {
				return "the field " + pair[0] + " has a control character"
			}
		}
	}
	return ""
}

// request is what the handler is asked; or it says what is wrong with the fill.
func (f *batchFill) request(ctx context.Context, outer *http.Request) (r *http.Request, problem string) {
	if problem := f.problem(); problem != "" {
		return nil, problem
	}
	u, err := url.ParseRequestURI(f.Src)
	if err != nil {
		return nil, "the src is no path: " + err.Error()
	}
	r = (&http.Request{
		Method: http.MethodGet, URL: u, RequestURI: f.Src,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(f.Fields)), Body: http.NoBody,
		Host: outer.Host, RemoteAddr: outer.RemoteAddr, TLS: outer.TLS,
	}).WithContext(ctx)
	for _, pair := range f.Fields {
		r.Header.Add(pair[0], ascii.TrimOWS(pair[1]))
	}
	if f.Document && r.Header["Accept"] == nil {
		r.Header.Set("Accept", "text/html") // unless its Vary names it
	}
	r.Header.Set("Surrogate-Capability", field.SurrogateCapability)
	if f.Host != "" {
		r.Host = f.Host
		r.Header.Set("X-Forwarded-Host", f.Host)
	}
	if f.Proto != "" {
		r.Header.Set("X-Forwarded-Proto", f.Proto)
	}
	return r, ""
}

// runFill runs one fill through h and calls end with its frame, whatever h does: panic, end its goroutine.
func runFill(ctx context.Context, h http.Handler, outer *http.Request, index int, fill *batchFill, end func(frame)) {
	failed := func(failure, text string) frame {
		return failedFrame(index, http.StatusInternalServerError, failure, text)
	}
	f := failed(failurePanic, "the handler ended its goroutine")
	ctx, cancel := context.WithCancel(ctx)
	w := recorder.New(maxFrameBody, cancel)
	defer func() { end(withHead(f, w)) }()
	defer cancel()
	r, problem := fill.request(ctx, outer)
	if problem != "" {
		f = failedFrame(index, http.StatusBadRequest, failureBadRequest, problem)
		return
	}
	defer func() {
		switch v := recover(); {
		case v == nil:
		case v == http.ErrAbortHandler:
			f = failed(failurePanic, "the handler aborted its answer")
		default:
			// The value goes to the log and not to the other side, as with net/http's server.
			f = failed(failurePanic, "the handler panicked; its log says with what")
			logPanic(r, v)
		}
	}()
	h.ServeHTTP(w, r)
	if f = frameOf(index, w); fill.Document && f.Failure == "" {
		f.Others = others(w.Sent())
	}
}

// others are the fields of an answer that go out with a page which is kept of it, each once.
func others(header http.Header) (all []field.Field) {
	for _, f := range recorder.Kept(header, func(name string) bool { return name != "location" && answer.KeepsField(name) }) {
		if n := len(all); n > 0 && all[n-1].Name == f.Name {
			all[n-1].Value += ", " + f.Value
		} else {
			all = append(all, f)
		}
	}
	return all
}

// frameOf is the frame of an answer, after its handler has finished.
func frameOf(index int, w *recorder.Writer) frame {
	switch err := w.End(); {
	case err == recorder.ErrTooLarge:
		return failedFrame(index, http.StatusInternalServerError, failureTooLarge, err.Error())
	case err != nil:
		return failedFrame(index, http.StatusInternalServerError, failureTruncated, err.Error())
	}
	return frame{Index: index, Answer: w.Answer(), Body: w.Kept(), Location: w.Location()}
}

// withHead gives a frame without an answer what its handler said before: it may be that the fragment is not for others.
func withHead(f frame, w *recorder.Writer) frame {
	if !w.Settled() || f.Failure == "" {
		return f
	}
	a := f.Answer
	f.Answer = w.Answer()
	f.Answer.Status, f.Answer.ContentType, f.Answer.Size = a.Status, a.ContentType, a.Size
	return f
}

func logPanic(r *http.Request, v any) {
	printf := log.Printf
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ErrorLog != nil {
		printf = s.ErrorLog.Printf
	}
	printf("edge: panic in the handler of the fill %s: %v\n%s", r.RequestURI, v, debug.Stack())
}

// failedFrame is the frame of a fill that has no answer.
func failedFrame(index, status int, failure, text string) frame {
	return frame{
		Index: index, Failure: failure, Body: []byte(text + "\n"),
		Answer: answer.Answer{Status: status, ContentType: "text/plain; charset=utf-8"},
	}
}
