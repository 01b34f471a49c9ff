package edge

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"inlay/internal/coding"
	"inlay/internal/engine"
	"inlay/internal/overlay"
)

// In which coding a page is sent. A page that is kept composed is kept coded, once it has been asked for so when it was warm; what is
// for one client is coded as it goes.

// minCoded is the size in bytes from which a page is worth it: what is smaller fits into the packet that its head is in. 500 bytes of
// HTML take gzip 13 µs, and their reader 5, to become 344.
const minCoded = 1 << 10

// noTransformField is, among the fields that a page of the origin is kept with, that its Cache-Control said no-transform. It is in no answer.
const noTransformField = "inlay-no-transform"

// initCoder is for NewHandler.
func (h *Handler) initCoder() error {
	h.untouched = make([]bool, len(h.options.Pages))
	for i := range h.options.Pages {
		h.untouched[i] = hasNoTransform(http.Header{"Cache-Control": {h.options.Pages[i].CacheControl}})
	}
	h.coder = new(coding.Set)
	codings, err := coding.New(mapped(h.options.Codings, func(c Coding) coding.Coding { return c }), func(name string, err error) {
		h.options.Logger.Error("inlay: a coding of Options.Codings fails; what it fails for is sent as it is", "coding", name, "error", err)
	})
	if h.options.Config.Compress != CompressOff {
		h.coder = codings
	}
	return err
}

// asked is what a request may be answered in; the zero value if that is only what is not coded.
func (h *Handler) asked(w http.ResponseWriter, r *http.Request) (a coding.Accepts) {
	if h.coder.Len() == 0 || len(r.Header["Accept-Encoding"]) == 0 || !r.ProtoAtLeast(1, 1) { // caches of HTTP/1.0 do not know Vary
		return a
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || hasNoTransform(r.Header) {
		return a
	}
	if theirs := w.Header(); len(theirs) > 0 && (theirs.Get("Content-Encoding") != "" || hasNoTransform(theirs)) {
		return a // a handler around this one has said so
	}
	return h.coder.Parse(header(r.Header).Field("accept-encoding"))
}

func hasNoTransform(header http.Header) bool {
	for _, line := range header["Cache-Control"] {
		if listHas(line, "no-transform") {
			return true
		}
	}
	return false
}

// codedHeads are what becomes of a head by coding its page: found when it is needed, and kept with it.
type codedHeads struct {
	never    bool // the page is sent as it is
	personal bool // it depends on what only its visitor's browser sends
	tag      string
	plain    *blob                // the head of the page as it is, where others get it coded
	told     atomic.Pointer[blob] // the head of a page that says no-transform itself
	whole    [coding.Most]atomic.Pointer[blob]
	same     [coding.Most]atomic.Pointer[blob] // of 304
}

func (b *blob) codedHeads() *codedHeads {
	if h := b.coded.Load(); h != nil {
		return h
	}
	h := &codedHeads{tag: b.header.Get("Etag")}
	control, typ := b.header.Get("Cache-Control"), b.header.Get("Content-Type") // a 304 has no type
	h.never = b.noTransform || typ != "" && !isHTML(typ) || b.header.Get("Content-Encoding") != "" ||
		control != engine.StreamCacheControl && hasNoTransform(b.header) // what that says is for those who pass it on
	if !h.never {
		for _, line := range b.header["Vary"] {
			h.personal = h.personal || listHas(line, "cookie") || listHas(line, "authorization") || listHas(line, "*")
		}
		h.plain = &blob{status: b.status, header: withVary(b.header)}
	}
	b.coded.Store(h)
	return h
}

// withVary is a header of a page that there is in several codings.
func withVary(header http.Header) http.Header {
	all := make(http.Header, len(header)+2)
	maps.Copy(all, header)
	vary := strings.Join(header["Vary"], ", ")
	if !listHas(vary, "*") && !listHas(vary, "Accept-Encoding") {
		addTo(&vary, "Accept-Encoding")
	}
	all["Vary"] = []string{vary}
	return all
}

// headIn is a head of a page in a coding of which it has length bytes; a negative length is not known.
func (h *Handler) headIn(plain *blob, i, length int) *blob {
	all := withVary(plain.header)
	all["Content-Encoding"] = []string{h.coder.Name(i)}
	delete(all, "Content-Length")
	if length >= 0 {
		all["Content-Length"] = []string{strconv.Itoa(length)}
	}
	if tag := plain.header.Get("Etag"); tag != "" {
		all["Etag"] = []string{h.tagIn(tag, i)}
	}
	return &blob{status: plain.status, header: all}
}

// tagIn is the entity tag of a page in a coding: it has other bytes, so it has another tag (RFC 9110, section 8.8.3.3).
func (h *Handler) tagIn(tag string, i int) string {
	if tag == "" {
		return ""
	}
	return strings.TrimSuffix(tag, `"`) + "-" + h.coder.Name(i) + `"`
}

// sameOf is the head of a 304 for a page that would have been sent with a head: without what describes a body, and what a browser
// has from when it got that.
func sameOf(whole *blob) *blob {
	all := maps.Clone(whole.header)
	for _, name := range [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Link"} {
		delete(all, name)
	}
	return &blob{status: http.StatusNotModified, header: all}
}

// exchange is a request and where its answer goes, for what chooses a coding.
type exchange struct {
	w http.ResponseWriter
	r *http.Request
	// request as the engine has read it.
	request *engine.Request
	id      string // what the request is called in the log; empty as long as it is a warm page's
	asked   coding.Accepts
	// passed: it went to the origin with all that the visitor sent.
	passed bool
	// origin is what the origin of a passed answer said.
	origin http.Header
	// visit is told what is in the answer; nil: nobody is.
	visit *overlay.Visit
	// traced is the span of it; nil: there is none.
	traced *traced
}

// writeHead sends the head of an answer.
func (x *exchange) writeHead(h *Handler, head *blob) {
	if x.traced != nil {
		x.headed(h, head.status, head.header)
	}
	writeHead(x.w, head)
}

// codingOf chooses what a page is sent in: -1 as it is. varies says that others may get it in another.
func (h *Handler) codingOf(x *exchange, head *codedHeads, size int, usable func(i int) bool) (i int, varies bool) {
	if h.coder.Len() == 0 || head.never || x.origin != nil && hasNoTransform(x.origin) || h.noTransform(x.request) {
		return -1, false
	}
	if size >= 0 && size < minCoded && !x.asked.Insists() {
		return -1, false
	}
	if (head.personal || x.passed) && h.mayTell(x) {
		return -1, false
	}
	return x.asked.Best(usable), true
}

// mayTell tells whether a page's compressed length could tell somebody what is in it: he has a visitor's browser ask for it, with
// the visitor's cookies, and guesses in a query that comes to stand in it. The attack is known as BREACH.
func (h *Handler) mayTell(x *exchange) bool {
	return (len(x.r.Header["Cookie"]) > 0 || len(x.r.Header["Authorization"]) > 0) && h.engine.TakesQuery(x.request)
}

// noTransform tells whether a page of the build says so, also where its Cache-Control is not sent.
func (h *Handler) noTransform(r *engine.Request) bool {
	i := r.Page()
	return i >= 0 && h.untouched[i]
}

// asTold is a head with the no-transform of its page, if that says so: its Cache-Control may not be sent, but this holds for whatever is.
func (h *Handler) asTold(x *exchange, head *blob) *blob {
	if !h.noTransform(x.request) || head.status != http.StatusOK && head.status != http.StatusNotModified || hasNoTransform(head.header) {
		return head
	}
	heads := head.codedHeads()
	told := heads.told.Load()
	if told == nil {
		told = &blob{status: head.status, header: maps.Clone(head.header), noTransform: true}
		told.header.Set("Cache-Control", withNoTransform(head.header.Get("Cache-Control")))
		heads.told.Store(told)
	}
	return told
}

func always(int) bool { return true }

// conditional tells whether a visitor asks for a page only if he has another, and the engine was not told so: see visitor.
func (x *exchange) conditional() bool { return x.asked.Any() && len(x.r.Header["If-None-Match"]) > 0 }

// matches tells whether such a visitor has what a page would be sent as.
func (x *exchange) matches(tag string, head *blob) bool {
	return tag != "" && head.status == http.StatusOK && x.conditional() && engine.ETagMatches(header(x.r.Header).Field("if-none-match"), tag)
}

// sendWhole sends an answer whose body is all there. kept says that the page is one that is kept composed.
func (h *Handler) sendWhole(x *exchange, head, body *blob, kept bool) {
	head = h.asTold(x, head)
	heads := head.codedHeads()
	i, varies := h.codingOf(x, heads, body.size(), always)
	kept = kept && body.kept != nil
	if i >= 0 && h.sendCoded(x, i, head, body, kept) {
		return
	}
	if varies {
		head = heads.plain
	}
	if x.matches(heads.tag, head) {
		head = sameOf(head)
	}
	x.writeHead(h, head)
	if x.r.Method == http.MethodHead || head.status == http.StatusNotModified {
		return
	}
	if !kept {
		_, _ = x.w.Write(body.text()) // a client that has gone needs no answer
		return
	}
	text, more := body.kept.Show()
	_, _ = x.w.Write(text)
	h.recharge(x, body, more)
}

// sendCoded is sendWhole in a coding. It reports false if that is not worth it after all.
func (h *Handler) sendCoded(x *exchange, i int, head, body *blob, kept bool) bool {
	heads := head.codedHeads()
	if head.status == http.StatusNotModified {
		return false // the engine has found out, which it does for what is not coded
	}
	if x.conditional() && x.matches(h.tagIn(heads.tag, i), head) {
		same := heads.same[i].Load()
		if same == nil {
			same = sameOf(h.headIn(head, i, -1))
			heads.same[i].Store(same)
		}
		x.writeHead(h, same)
		return true
	}
	var coded []byte
	more := 0
	switch {
	case kept:
		coded, more = body.kept.In(i)
	case body.kept != nil: // it was kept, and is shown though it is stale
		coded = body.kept.Made(i)
	}
	if coded == nil && (!kept || x.asked.Insists()) {
		coded = h.coder.Once(i, body.text(), heads.tag != "")
	}
	if coded == nil || len(coded) >= body.size() && !x.asked.Insists() {
		return false
	}
	whole := heads.whole[i].Load()
	if whole == nil || !kept {
		whole = h.headIn(head, i, len(coded))
		if kept {
			heads.whole[i].Store(whole)
		}
	}
	x.writeHead(h, whole)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(coded)
	}
	h.recharge(x, body, more)
	return true
}

// recharge tells the engine that a page's body takes more than before, or less.
func (h *Handler) recharge(x *exchange, body *blob, more int) {
	if more != 0 {
		h.event(func() { h.engine.Recharge(x.request, func(b *blob) bool { return b == body }, more, h.now()) })
	}
}

// sendHead answers HEAD where the body is not there, and a 304.
func (h *Handler) sendHead(x *exchange, head *blob) {
	head = h.asTold(x, head)
	size := -1
	if n, err := strconv.Atoi(head.header.Get("Content-Length")); err == nil {
		size = n
	}
	heads := head.codedHeads()
	i, varies := h.codingOf(x, heads, size, always)
	tag := heads.tag
	switch {
	case head.status == http.StatusNotModified:
		i = -1 // it was asked for what is not coded
	case i >= 0 && tag != "":
		tag = h.tagIn(tag, i)
	}
	matches := x.matches(tag, head)
	if i >= 0 {
		head = h.headIn(head, i, -1)
	} else if varies {
		head = heads.plain
	}
	if matches {
		head = sameOf(head)
	}
	x.writeHead(h, head)
}

// begin is the head of an answer that is written as it comes, and what codes it; nil if it is sent as it is.
func (h *Handler) begin(x *exchange, head *blob) (*blob, *coding.Stream) {
	head = h.asTold(x, head)
	heads := head.codedHeads()
	i, varies := h.codingOf(x, heads, -1, h.coder.Reserve)
	switch {
	case i >= 0:
		return h.headIn(head, i, -1), h.coder.Begin(i)
	case varies:
		return heads.plain, nil
	}
	return head, nil
}

// size is how many bytes a body has as it is.
func (b *blob) size() int {
	if b.kept != nil {
		return b.kept.Size()
	}
	return len(b.bytes)
}

// text is a body as it is.
func (b *blob) text() []byte {
	if b.kept != nil {
		return b.kept.Text()
	}
	return b.bytes
}
