package edge

import (
	"context"
	"net/http"
	"slices"
	"time"

	"inlay/internal/admin"
	"inlay/internal/answer"
	"inlay/internal/coding"
	"inlay/internal/engine"
	"inlay/internal/field"
	"inlay/internal/markup"
)

// nativeHost does what the engine asks, for net/http. All but NewHead and Drop run under the handler's lock.
type nativeHost struct{ h *Handler }

func (n nativeHost) NewBlob(p []byte) *blob { return &blob{bytes: append([]byte(nil), p...)} }

func (n nativeHost) NewHead(status int, fields []field.Field) *blob {
	b := &blob{status: max(status, -status), header: make(http.Header, len(fields))}
	for _, f := range fields {
		if f.Name == noTransformField {
			b.noTransform = true
			continue
		}
		b.header.Add(f.Name, f.Value)
	}
	if n.h.options.Config.Debug {
		setTiming(b.header)
	}
	if b.noTransform {
		b.header.Set("Cache-Control", withNoTransform(b.header.Get("Cache-Control")))
	}
	if status < 0 {
		if shown := n.h.shown.of(-status); shown != nil {
			b.page = []byte(shown.html())
			shown.setOn(b.header)
			if n.h.options.Config.Dev {
				b.header.Del("Content-Length") // what went wrong comes behind it
			}
		}
	}
	return b
}

func (n nativeHost) Join(parts []*blob) *blob {
	size := 0
	for _, p := range parts {
		size += p.size()
	}
	text := make([]byte, 0, size)
	for _, p := range parts {
		text = append(text, p.text()...)
	}
	return &blob{kept: n.h.coder.Keep(text)}
}

func (n nativeHost) Slice(b *blob, from, to int) *blob { return &blob{bytes: b.text()[from:to]} }

func (n nativeHost) Break(id engine.RequestID) {
	c := n.h.conns[id]
	c.done, c.broken = true, true
}

func (n nativeHost) Inspect(b *blob, o markup.InspectOptions) (markup.Inspection, *blob) {
	found, kept := n.h.fragment.Inspect(b.text(), o)
	if !found.Mended {
		return found, nil
	}
	return found, &blob{bytes: kept}
}

func (n nativeHost) Judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	return answer.Judge(q, a)
}

func (n nativeHost) Read(b *blob, off int, p []byte) int { return copy(p, b.text()[off:]) }

// Drop has nothing to do: whoever still writes the bytes holds them.
func (n nativeHost) Drop(*blob) {}

func (n nativeHost) Send(id engine.RequestID, head, body *blob) {
	c := n.h.conns[id]
	if head.page != nil {
		shown := head.page
		if n.h.options.Config.Dev {
			shown = append(slices.Clip(shown), reasonBehind(string(body.text()))...)
		}
		body = &blob{bytes: shown}
	}
	c.head, c.body, c.done = head, body, true
	if v := c.exchange.visit; v != nil {
		v.Wrote(body.size())
	}
}

func (n nativeHost) SendHead(id engine.RequestID, head *blob) {
	c := n.h.conns[id]
	c.head, c.bare, c.done = head, true, true
}

func (n nativeHost) Respond(id engine.RequestID, head *blob) { n.h.conns[id].head = head }

func (n nativeHost) Write(id engine.RequestID, b *blob) {
	c := n.h.conns[id]
	c.add(b.text())
	if v := c.exchange.visit; v != nil {
		v.Wrote(b.size())
	}
}

func (n nativeHost) Finish(id engine.RequestID) { n.h.conns[id].done = true }

func (n nativeHost) Pass(id engine.RequestID, host, target string, shell bool) {
	c := n.h.conns[id]
	c.pass, c.host, c.target, c.shell = true, host, target, shell
}

func (n nativeHost) Admin(id engine.RequestID) {
	c := n.h.conns[id]
	c.admin, c.done = true, true
}

// Repeat has nothing to do: the handler answers warm pages without an event anyway.
func (n nativeHost) Repeat(engine.RequestID, *engine.Repeat[*blob]) {}

// EndRepeats has nothing to do: see Repeat.
func (n nativeHost) EndRepeats() {}

// Watch is for Options.Tracer alone: no fill's context goes before its end.
func (n nativeHost) Watch(id engine.RequestID, fill engine.FillID) bool {
	if n.h.options.Tracer != nil {
		n.h.traceWait(id, fill)
	}
	return false
}

func (n nativeHost) Wait(id engine.RequestID, until time.Time) { n.h.conns[id].until = until }

func (n nativeHost) Wake(id engine.RequestID) {
	if c := n.h.conns[id]; c != nil {
		notify(c.wake)
	}
}

// Stop ends the fill's context. Whether its handler heeds that is the handler's affair.
func (n nativeHost) Stop(fill engine.FillID) {
	if cancel := n.h.fills[fill]; cancel != nil {
		delete(n.h.fills, fill)
		cancel()
	}
}

func (n nativeHost) Report(src string, failure *answer.FillError) {
	of := n.h.telling.fill
	if of == nil {
		of = &engine.Fill{}
	}
	n.h.noteFailure(of, src, failure, admin.Known{})
	n.h.options.Logger.Warn("inlay: fragment does not fit", n.h.telling.attributes(src, "error", outer(failure))...)
}

func (n nativeHost) Fill(id engine.RequestID, fill engine.FillID, f engine.Fill) {
	var of led
	if c := n.h.conns[id]; c != nil { // it may have left while it was looked below
		of = leads(c.exchange)
		if n.h.options.CheckLeaks {
			of.client = c.exchange.r
		}
	}
	ctx, cancel := context.WithTimeout(n.h.alive, f.Timeout)
	n.h.fills[fill] = cancel
	if n.h.options.Tracer != nil {
		ctx = n.h.traceInto(ctx, id, fill, &of)
	}
	n.h.work.Add(1)
	if n.h.dev != nil {
		n.h.dev.fillBegins(id, fill, &f)
	}
	go n.h.fill(ctx, fill, f, of)
}

// conn is a request that the engine has not answered at once: what was asked for it, and how it learns of more.
type conn struct {
	id       engine.RequestID
	exchange *exchange

	// Written under the handler's lock, by the host.
	head   *blob
	body   *blob // of an answer that is whole; nil: it comes in pieces
	bare   bool  // it has a head only
	queue  [][]byte
	queued int // bytes of queue, and of what was taken from it and is being written
	until  time.Time
	done   bool
	broken bool // if done: the client has to see that the answer broke off
	admin  bool // it is one of administration, see handler_admin.go
	pass   bool
	host   string // if pass: see Host.Pass
	target string // the same
	shell  bool   // the same

	composed *origin // of a composed answer; nil: it is none. Set before anything is written
	cut      bool    // the answer has begun and broke off; for when serve has returned

	wake chan struct{}
	more chan struct{} // there is more to write, by an event that was not this request's own
	room chan struct{} // there is less to write
}

func newConn(x *exchange) *conn {
	return &conn{exchange: x, wake: make(chan struct{}, 1), more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func (c *conn) add(p []byte) {
	c.queue = append(c.queue, p)
	c.queued += len(p)
}

// tell has serve look again.
func (c *conn) tell() { notify(c.more) }

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// serve writes what the engine asks for until the request is finished or its client has gone. A writer that panics, as
// middleware does with http.ErrAbortHandler, is a client that has gone, and its panic goes on to the server.
func (c *conn) serve(h *Handler, x *exchange) {
	w, r := x.w, x.r
	defer c.leave(h)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	begun := false
	var coded *coding.Stream // nil: the answer is sent as it is
	defer func() {
		if coded != nil {
			coded.End()
		}
	}()
	for {
		h.mu.Lock()
		head, body, bare, queue, until, done, pass, broken := c.head, c.body, c.bare, c.queue, c.until, c.done, c.pass, c.broken
		c.head, c.queue, c.pass = nil, nil, false
		if done {
			delete(h.conns, c.id)
		}
		h.mu.Unlock()

		if pass {
			h.pass(w, r, c)
			return
		}
		if c.admin {
			h.administer(x)
			return
		}
		if head != nil {
			begun = true
			if c.composed != nil {
				clear(w.Header())
				head = composedHead(head, c.composed)
			}
			switch {
			case body != nil:
				h.sendWhole(x, head, body, false)
				return
			case bare:
				h.sendHead(x, head)
				return
			}
			head, coded = h.begin(x, head)
			x.writeHead(h, head)
		}
		written := 0
		for _, p := range queue {
			written += len(p)
		}
		if coded != nil {
			if failed, err := coded.Send(w, queue, done && !broken); failed {
				panic(http.ErrAbortHandler) // nothing else tells the client that this is not the end
			} else if err != nil {
				return
			}
			queue = nil
		}
		for _, p := range queue {
			if _, err := w.Write(p); err != nil {
				return
			}
		}
		switch {
		case broken && begun:
			c.cut = true
			return
		case broken:
			clear(w.Header())
			x.headed(h, http.StatusBadGateway, nil)
			text := "The origin's answer broke off."
			h.shown.fail(w, r, h.options.Config.Dev, http.StatusBadGateway, text, text)
			return
		case done:
			return
		}
		if head != nil || written > 0 {
			// A writer that cannot flush delivers late, but whole.
			_ = http.NewResponseController(w).Flush()
			h.event(func() { c.queued -= written })
			notify(c.room)
		}
		timer.Reset(until.Sub(h.now()))
		select {
		case <-c.wake:
			h.event(func() { h.engine.Resume(c.id, h.now()) })
		case <-timer.C:
			h.event(func() { h.engine.Deadline(c.id, h.now()) })
		case <-c.more:
		case <-r.Context().Done():
			return
		}
	}
}

// leave tells the engine that nobody reads any more. Of a request that it has finished it knows nothing, and another may
// have its number.
func (c *conn) leave(h *Handler) {
	h.event(func() {
		if h.conns[c.id] == c {
			h.engine.Leave(c.id, h.now())
			delete(h.conns, c.id)
		}
	})
}

func (h *Handler) event(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}
