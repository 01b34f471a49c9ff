package edge

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"inlay/internal/answer"
	"inlay/internal/ascii"
	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/recorder"
	"inlay/internal/shell"
)

// A page of the origin: the answer to a request that was passed on has slots, which are filled as its bytes come. The origin's
// handler goes on in the goroutine of its request, and what it writes goes to the engine; the answer is written by another.

// composer is a passed answer that is composed.
type composer struct {
	h        *Handler
	c        *conn
	name     string // of the page, for the log
	outliner *shell.Outliner
	cancel   context.CancelFunc // of the request that the origin has

	raw     int64 // bytes that the origin has written
	length  int64 // that it has announced; -1: none
	buf     []byte
	held    []byte    // bytes whose pieces are not known yet
	given   int       // how many bytes came before them
	failed  error     // nil: it goes on
	inflate *inflater // nil: they are not compressed

	left chan struct{} // closed when nobody writes the answer any more
	// panicked is what the client's writer panicked with, once left is closed.
	panicked any
}

const (
	// composeBuffer is how much of what a handler writes is kept until it flushes, as net/http's own server does.
	composeBuffer = 4 << 10
	// maxQueued is how much may wait to be written to a client before the origin has to wait.
	maxQueued = 1 << 20
)

// errGone is what an origin's handler gets that writes for a client who has gone.
var errGone = errors.New("edge: the client has gone")

// describesOrigin are the fields of an origin's answer that do not hold for what is made of it: names in canonical form.
var describesOrigin = [...]string{
	"Content-Length", "Etag", "Last-Modified", "Accept-Ranges", "Content-Encoding", "Content-Md5", "Digest", "Repr-Digest", "Content-Digest",
	"Expires", "Pragma", "Age", "Surrogate-Control", "X-Accel-Expires", "Edge-Control", "Trailer", "Transfer-Encoding",
}

// isForCaches tells whether a field tells certain caches how long they may keep an answer, whatever its Cache-Control says (RFC 9213):
// what is composed for one visitor is for none. The name is in canonical form.
func isForCaches(name string) bool { return strings.HasSuffix(name, "-Cache-Control") }

// compose begins to compose the answer to a request that was passed on, if it has slots; nil if it has none.
func (h *Handler) compose(out *passWriter, c *conn, cancel context.CancelFunc, status int) *composer {
	w, header := out.ResponseWriter, out.own
	if status < 200 || status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusPartialContent ||
		status >= 300 && status < 400 {
		return nil
	}
	a := recorder.Read(status, header, nil, 0)
	if !isHTML(a.ContentType) {
		return nil
	}
	edge, esi := a.Slots()
	declared := edge || esi || c.shell
	if c.exchange.r.Method != http.MethodGet {
		if declared {
			withoutOrigin(header) // a GET would be answered with other bytes
			out.mute = true       // else the server counts them
		}
		return nil
	}
	encoding := ascii.ToLower(ascii.TrimOWS(a.ContentEncoding))
	switch encoding {
	case "gzip", "x-gzip":
		a.ContentEncoding = ""
	case "", "identity":
	default:
		if declared {
			h.coded.Store(true)
			h.refuse(c.exchange.request.Target, "the answer has Content-Encoding "+ascii.Quote(encoding)+", so it was not read for slots; the origin was asked for gzip or none", "request", c.exchange.id)
		}
		return nil
	}
	var p engine.Parse
	h.event(func() { p = h.engine.PassHead(c.exchange.request, &a, h.now()) })
	if p == (engine.Parse{}) {
		return nil
	}
	own := maps.Clone(header) // the handler may go on changing its own
	stripInternal(own)
	withoutOrigin(own)
	allowFallback(own)
	c.composed = &origin{status: status, header: own}
	m := &composer{
		h: h, c: c, name: c.exchange.request.Target, cancel: cancel, length: -1, left: make(chan struct{}),
		outliner: shell.NewOutliner(shell.OutlineOptions{Document: true, EdgeSlots: p.EdgeSlots, ESI: p.ESI, Base: p.Base}),
	}
	if n, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		m.length = n
	}
	if encoding == "gzip" || encoding == "x-gzip" {
		m.inflate = newInflater(m.read)
	}
	go m.answer(w)
	return m
}

func withoutOrigin(header http.Header) {
	for name := range header {
		if canonical := http.CanonicalHeaderKey(name); slices.Contains(describesOrigin[:], canonical) || isForCaches(canonical) {
			delete(header, name)
		}
	}
}

// allowFallback has the policies of a page that may stream allow the fallback script. Values are not changed, which a handler may
// have still, but replaced.
func allowFallback(header http.Header) {
	for name, values := range header {
		if isPolicy(name) {
			header[name] = mapped(values, patch.AllowFallback)
		}
	}
}

// isPolicy tells whether a field is a Content-Security-Policy, in force or to be reported on.
func isPolicy(name string) bool {
	return ascii.EqualFold(name, "content-security-policy") || ascii.EqualFold(name, "content-security-policy-report-only")
}

// keptFields are the fields that a page of the origin is kept with.
func keptFields(header http.Header) []field.Field {
	kept := recorder.Kept(header, answer.KeepsField)
	for i := range kept {
		if isPolicy(kept[i].Name) {
			kept[i].Value = patch.AllowFallback(kept[i].Value)
		}
	}
	if hasNoTransform(header) {
		kept = append(kept, field.Field{Name: noTransformField, Value: "1"})
	}
	return kept
}

// isHTML tells whether a Content-Type is text/html; in which charset is not looked at.
func isHTML(contentType string) bool {
	essence, _, _ := ascii.Cut(contentType, ";")
	return ascii.EqualFold(ascii.TrimOWS(essence), "text/html")
}

// answer writes what the engine asks for, until the answer has ended or its client has gone.
func (m *composer) answer(w http.ResponseWriter) {
	defer close(m.left)
	defer m.cancel() // nobody needs what the origin would still say
	defer func() { m.panicked = recover() }()
	x := *m.c.exchange
	x.w, x.passed, x.origin = w, true, m.c.composed.header
	m.c.serve(m.h, &x)
}

// Write takes what the origin's handler writes, and each time hands over what a server would have sent by then.
func (m *composer) Write(p []byte) (int, error) {
	if m.length >= 0 && m.raw+int64(len(p)) > m.length {
		return 0, http.ErrContentLength
	}
	m.raw += int64(len(p))
	if m.buf = append(m.buf, p...); len(m.buf) >= composeBuffer {
		m.flush()
	}
	select {
	case <-m.left:
		return len(p), errGone
	default:
		return len(p), m.failed
	}
}

// flush hands over what was written.
func (m *composer) flush() {
	p := m.buf
	m.buf = m.buf[:0]
	switch {
	case len(p) == 0 || m.failed != nil:
	case m.inflate != nil:
		m.failed = m.inflate.write(p)
	default:
		m.read(p)
	}
}

// read takes bytes of the page, in plain.
func (m *composer) read(p []byte) {
	m.held = append(m.held, p...)
	o, refused := m.outliner.Write(p)
	m.part(&o, refused, false)
	m.await()
}

// part gives the engine the pieces that are known now.
func (m *composer) part(o *page.Outline, refused []string, done bool) {
	for _, text := range refused {
		m.h.refuse(m.name, text, "request", m.c.exchange.id)
	}
	if len(o.Pieces) == 0 && len(o.Slots) == 0 && len(o.Links) == 0 && !done {
		return
	}
	end := rebase(o, m.given)
	text := m.held[:end:end]
	m.held, m.given = m.held[end:], m.given+end
	outline := page.EncodeOutline(o)
	m.h.event(func() {
		if m.h.conns[m.c.id] == m.c {
			m.h.engine.PassPart(m.c.id, outline, &blob{bytes: text}, end, done, m.h.now())
			m.c.tell()
		}
	})
}

// rebase makes the ranges of an outline, which count from the beginning of a page, count from what has not been given out of it yet,
// and says how many bytes they go through.
func rebase(o *page.Outline, given int) (end int) {
	in := func(pieces []page.Piece) {
		for i := range pieces {
			if p := &pieces[i]; p.Kind == page.TextPiece {
				p.From, p.To = p.From-given, p.To-given
				end = max(end, p.To)
			}
		}
	}
	in(o.Pieces)
	for i := range o.Slots {
		in(o.Slots[i].Group)
	}
	return end
}

// await waits while the client has more to read than is good.
func (m *composer) await() {
	for {
		queued := 0
		m.h.event(func() { queued = m.c.queued })
		if queued <= maxQueued {
			return
		}
		select {
		case <-m.c.room:
		case <-m.left:
			return
		}
	}
}

// end is when the origin's handler has returned, or its body broke off: err says so. It returns when the answer has been written as
// far as it will be, and panics as a handler does whose answer broke off.
func (m *composer) end(err error) {
	m.flush()
	if m.inflate != nil {
		if e := m.inflate.end(); err == nil {
			err = e
		}
	}
	if err == nil && m.length > m.raw {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && m.failed != nil {
		err = m.failed
	}
	if err == nil {
		o, refused := m.outliner.End()
		m.part(&o, refused, true)
	} else {
		m.h.event(func() {
			if m.h.conns[m.c.id] == m.c {
				m.h.engine.PassBroken(m.c.id, m.h.now())
				m.c.tell()
			}
		})
	}
	<-m.left
	switch {
	case m.panicked != nil:
		panic(m.panicked)
	case m.c.cut:
		panic(http.ErrAbortHandler)
	}
}

// refuse logs, once, why something in a page stays as it stands, or all of the page.
func (h *Handler) refuse(name, text string, more ...any) {
	const most = 512
	line := name + "\n" + text
	fresh := false
	h.event(func() {
		if fresh = !h.refused[line]; fresh {
			if len(h.refused) >= most {
				clear(h.refused)
			}
			h.refused[line] = true
		}
	})
	if fresh {
		h.options.Logger.Warn("inlay: left as it is", append([]any{"page", name, "why", text}, more...)...)
	}
}

// Parse reads a page of the origin that is to be kept, or a fragment, for its slots.
func (n nativeHost) Parse(b *blob, p engine.Parse) []byte {
	o, refused, err := shell.OutlineKept(b.text(), shell.OutlineOptions{Document: p.Document, EdgeSlots: p.EdgeSlots, ESI: p.ESI, Base: p.Base})
	if err != nil {
		refused = append(refused, err.Error())
	}
	if h := n.h; len(refused) > 0 {
		var more []any
		if t := h.telling; t.fill != nil {
			more = []any{"request", t.of.request, "slot", t.fill.Slot}
		}
		go func() { // the lock is held here
			for _, text := range refused {
				h.refuse(p.Base, text, more...)
			}
		}()
	}
	if err != nil || !p.Document && o.Plain(b.size()) {
		return nil
	}
	return page.EncodeOutline(&o)
}

// origin is what the origin of a composed answer has said before its body.
type origin struct {
	status int
	header http.Header
}

// composedHead is the engine's head for a composed answer, among what its origin has said.
func composedHead(head *blob, o *origin) *blob {
	if head.status != http.StatusOK {
		return head // it cannot be shown
	}
	all := maps.Clone(o.header)
	before, contentType := all["Cache-Status"], all["Content-Type"]
	delete(all, "Cache-Status")
	told := head.header
	if told.Get("Cache-Status") == "inlay;hit" { // of a page without slots, or whose head leaves before them: but its origin was asked
		told = maps.Clone(told)
		delete(told, "Cache-Status")
	}
	mergeHead(all, told)
	if len(before) > 0 { // who is nearest the origin comes first
		all["Cache-Status"] = append(slices.Clip(before), all["Cache-Status"]...)
	}
	if len(contentType) > 0 { // where it names no charset the page may
		all["Content-Type"] = contentType
	}
	return &blob{status: o.status, header: all}
}
