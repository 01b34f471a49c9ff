package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"runtime/debug"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/forwarded"
)

// proxyTo is a remote origin, for what no page answers.
func proxyTo(target *url.URL, remote *http.Transport, shown shownPages, o *Options, f *front) http.Handler {
	log, dev, origin := o.Logger, o.Config.Dev, o.Config.Origin
	return &httputil.ReverseProxy{
		Transport: remote,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.URL.RawQuery = p.In.URL.RawQuery // as it came: nobody here reads it
			for _, name := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if told := p.In.Header[name]; told != nil { // by front.inward; ReverseProxy takes them out, whosever they are
					p.Out.Header[name] = told
				}
			}
			p.Out.Header.Set(forwarded.LoopField, f.loop.Add(header(p.In.Header).Field(forwarded.LoopField)))
		},
		// The answer to an upgrade does not go through the writer of pass.
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusSwitchingProtocols {
				stripInternal(r.Header)
			}
			if out, ok := r.Request.Context().Value(passKey{}).(*passWriter); ok && r.StatusCode != http.StatusSwitchingProtocols {
				r.Body = &originBody{r.Body, out, r.Request, log}
				out.open = r.ContentLength < 0
			}
			if r.StatusCode == http.StatusSwitchingProtocols && r.Request.Header.Get("Upgrade") == "" {
				return errors.New("it switches protocols, which nobody asked for")
			}
			return nil
		},
		FlushInterval: -1,
		ErrorLog:      stdlog.New(io.Discard, "", 0), // it would say that a body broke off, which originBody does
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil { // else it is the client that has gone
				request := ""
				if out, ok := r.Context().Value(passKey{}).(*passWriter); ok {
					request = out.request
				}
				log.Error("inlay: the origin cannot be reached", "origin", origin, "error", err, "request", request)
			}
			shown.fail(w, r, dev, http.StatusBadGateway, "the origin "+origin+" cannot be reached: "+err.Error(), "The origin cannot be reached.")
		},
	}
}

// pass gives a request to the origin. What inlay and origins tell each other in fields of their own, Inlay-…, is not for
// those outside: a visitor's do not get in, and an origin's do not get out.
func (h *Handler) pass(w http.ResponseWriter, r *http.Request, c *conn) {
	out := &passWriter{ResponseWriter: w, request: c.exchange.id}
	inner := r.WithContext(context.WithValue(r.Context(), passKey{}, out))
	inner.Header = r.Header.Clone()
	if c.target != "" && c.target != c.exchange.request.Target {
		retarget(inner, c.target)
	}
	if t := c.exchange.traced; t != nil {
		inner = t.out(inner)
	}
	came := (&visitor{r: r, front: &h.front}).came()
	if !forwarded.CountDown(r.Method, inner.Header) {
		h.answerLast(w, r)
		return
	}
	h.front.inward(inner.Header, came, c.host)
	h.front.stripTrailer(inner.Trailer)
	if inner.Body != nil && (r.ContentLength < 0 || r.Trailer != nil) {
		inner.Body = &passBody{ReadCloser: r.Body, outer: r, inner: inner, strip: h.front.stripTrailer}
	}
	inner.Header.Set("Surrogate-Capability", field.SurrogateCapability)
	out.outward = func(header http.Header) { h.front.outward(header, came) }
	out.headed = func(status int) { c.exchange.headed(h, status, nil) }
	if !isSafe(r.Method) {
		out.changed = func() { h.passed(r.Context(), c, w.Header()) }
	}
	before := w.Header().Clone()
	defer func() {
		switch p := recover(); {
		case p == nil:
		case p == http.ErrAbortHandler || out.wrote:
			panic(p) // which ends the answer where it is
		default:
			h.options.Logger.Error("inlay: the handler panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()), "request", c.exchange.id)
			header := w.Header()
			clear(header)
			maps.Copy(header, before)
			why := fmt.Sprintf("the handler of %s %s panicked: %v", r.Method, r.URL.Path, p)
			h.shown.fail(w, r, h.options.Config.Dev, http.StatusBadGateway, why, "The site's own handlers have ended without an answer.")
		}
	}()
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && inner.Header.Get("Upgrade") == "" {
		ctx, cancel := context.WithCancel(inner.Context())
		defer cancel()
		inner = inner.WithContext(ctx)
		askForPage(inner.Header, c.shell, h.coded.Load())
		out.own = w.Header().Clone()
		if out.own == nil {
			out.own = http.Header{}
		}
		out.compose = func(status int) *composer { return h.compose(out, c, cancel, status) }
	}
	defer out.end()
	h.unpaged.ServeHTTP(out, inner)
	out.begin(http.StatusOK) // if it has written nothing
	out.whole = true
}

// retarget has a request ask for another query, and nothing else.
func retarget(r *http.Request, target string) {
	to := *r.URL
	to.RawQuery, to.ForceQuery = "", false
	if _, query, has := strings.Cut(target, "?"); has {
		to.RawQuery = query
	}
	r.URL, r.RequestURI = &to, target
}

// passKey finds the writer of a request that is passed on in the context of what the origin gets.
type passKey struct{}

// originBody is the body of a remote origin's answer. That it broke off ReverseProxy tells nobody but a server.
type originBody struct {
	io.ReadCloser
	to    *passWriter
	asked *http.Request // what it answers
	log   *slog.Logger
}

func (b *originBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		if b.to.broke == nil && b.asked.Context().Err() == nil { // else it is the client that has gone
			b.log.Warn("inlay: the origin's answer broke off", "target", b.asked.URL.RequestURI(), "error", err, "request", b.to.request)
		}
		b.to.broke = err
	}
	return n, err
}

// answerLast answers a request that may not be passed on any further.
func (h *Handler) answerLast(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.shown.fail(w, r, false, http.StatusNotImplemented, "", "Nobody behind may be asked.") // TRACE: what came in is nothing to be shown
}

// isSafe tells whether a request of a method is not meant to change anything (RFC 9110, section 9.2.1).
func isSafe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// passBody is the body of a request that is passed on. At its end the server tells its trailer, to the request that it made.
type passBody struct {
	io.ReadCloser
	outer, inner *http.Request
	strip        func(http.Header)
}

func (b *passBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.strip(b.outer.Trailer)
		b.inner.Trailer = b.outer.Trailer
	}
	return n, err
}

// isInternalField tells whether a header field is between inlay and its origins: to some, an underscore is a hyphen. A
// trailer may be set by a prefix.
func isInternalField(name string) bool {
	name = strings.TrimPrefix(name, http.TrailerPrefix)
	const prefix = "inlay"
	return len(name) > len(prefix) && ascii.EqualFold(name[:len(prefix)], prefix) && (name[len(prefix)] == '-' || name[len(prefix)] == '_')
}

func stripInternal(header http.Header) {
	for name := range header {
		if isInternalField(name) {
			delete(header, name)
		}
	}
	// The names that a trailer will have.
	announced := header["Trailer"]
	if len(announced) == 0 {
		return
	}
	delete(header, "Trailer")
	for name := range strings.SplitSeq(strings.Join(announced, ","), ",") {
		if name = ascii.TrimOWS(name); name != "" && !isInternalField(name) {
			header.Add("Trailer", name)
		}
	}
}

// passWriter is the writer of a request that is passed on. It can do what the one below can.
type passWriter struct {
	http.ResponseWriter
	request string // what it is called
	wrote   bool
	outward func(http.Header) // before the head of the answer leaves
	headed  func(status int)
	changed func() // what is to be done before the head of a success or a redirect leaves; may be nil

	// Of a request whose answer may be composed; else all of it is nil.
	own      http.Header                // the handler's: the one below is of who writes the answer
	compose  func(status int) *composer // nil: it is not composed
	composer *composer
	mute     bool  // of HEAD: what a handler writes all the same is nothing
	broke    error // the origin's body broke off
	whole    bool  // the handler has returned
	open     bool  // a remote origin has not said how long its answer is
}

var (
	_ http.Flusher  = (*passWriter)(nil)
	_ http.Hijacker = (*passWriter)(nil)
	_ io.ReaderFrom = (*passWriter)(nil)
)

func (w *passWriter) Header() http.Header {
	if w.own != nil {
		return w.own
	}
	return w.ResponseWriter.Header()
}

// strip takes out what is between inlay and its origins, and has the writer below know the rest.
func (w *passWriter) strip() {
	stripInternal(w.Header())
	if w.own != nil && w.composer == nil {
		below := w.ResponseWriter.Header()
		clear(below)
		maps.Copy(below, w.own)
	}
}

// end is when the handler has returned, or panics.
func (w *passWriter) end() {
	if w.composer == nil {
		if w.open && w.whole {
			// ReverseProxy flushes the head in a goroutine of its own: what has no length has none here either, whoever is first.
			_ = w.FlushError()
		}
		w.strip() // of trailers
		return
	}
	if w.whole {
		w.composer.end(w.broke)
		return
	}
	p := recover()
	w.composer.end(io.ErrUnexpectedEOF)
	if p != nil && p != http.ErrAbortHandler {
		panic(p)
	}
}

// sniff tells the type of what begins with p, where a handler leaves that to its server: whether it is composed hangs on it.
func (w *passWriter) sniff(p []byte) {
	if w.wrote || w.compose == nil || len(p) == 0 {
		return
	}
	if _, typed := w.own["Content-Type"]; typed || w.own.Get("Content-Encoding") != "" || w.own.Get("Transfer-Encoding") != "" {
		return
	}
	if found := http.DetectContentType(p); isHTML(found) {
		w.own.Set("Content-Type", found)
	}
}

// begin is before the head leaves.
func (w *passWriter) begin(status int) {
	if w.wrote {
		return
	}
	w.wrote = true
	if w.changed != nil && status >= 200 && status < 400 {
		w.changed()
	}
	w.outward(w.Header())
	if w.headed != nil {
		w.headed(status)
	}
	if w.compose != nil {
		w.composer = w.compose(status)
	}
	w.strip()
}

func (w *passWriter) WriteHeader(status int) {
	if w.composer != nil {
		return
	}
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.begin(status)
	} else {
		w.strip()
	}
	if w.composer == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *passWriter) Write(p []byte) (int, error) {
	w.sniff(p)
	w.begin(http.StatusOK)
	if w.composer != nil {
		return w.composer.Write(p)
	}
	if w.mute {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

func (w *passWriter) WriteString(s string) (int, error) {
	if !w.wrote {
		return w.Write([]byte(s))
	}
	if w.composer != nil {
		return w.composer.Write([]byte(s))
	}
	if w.mute {
		return len(s), nil
	}
	return io.WriteString(w.ResponseWriter, s)
}

func (w *passWriter) ReadFrom(r io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	if w.composer != nil {
		return io.Copy(w.composer, r)
	}
	if w.mute {
		return io.Copy(io.Discard, r)
	}
	return io.Copy(w.ResponseWriter, r)
}

func (w *passWriter) Flush() { _ = w.FlushError() } // what cannot be flushed is sent all the same, later

func (w *passWriter) FlushError() error {
	w.begin(http.StatusOK)
	if w.composer != nil {
		w.composer.flush()
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *passWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.composer != nil {
		return nil, nil, http.ErrHijacked
	}
	w.strip()
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.wrote = w.wrote || err == nil
	return conn, rw, err
}

// Unwrap is for http.ResponseController.
func (w *passWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
