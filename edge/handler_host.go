package edge

import (
	"context"
	"net/http"
	"slices"
	"time"

	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/field"
)

// nativeHost does what the engine asks, for net/http. All but NewHead and Drop run under the handler's lock.
type nativeHost struct{ h *Handler }

func (n nativeHost) NewBlob(p []byte) *blob { return &blob{bytes: append([]byte(nil), p...)} }

func (n nativeHost) NewHead(status int, fields []field.Field) *blob {
	b := &blob{status: max(status, -status), header: make(http.Header, len(fields))}
	for _, f := range fields {
		b.header.Add(f.Name, f.Value)
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
		size += len(p.bytes)
	}
	b := &blob{bytes: make([]byte, 0, size)}
	for _, p := range parts {
		b.bytes = append(b.bytes, p.bytes...)
	}
	return b
}

func (n nativeHost) Slice(b *blob, from, to int) *blob { return &blob{bytes: b.bytes[from:to]} }

func (n nativeHost) Parse(*blob, engine.Parse) []byte { return nil }

func (n nativeHost) Break(id engine.RequestID) { n.h.conns[id].done = true }

func (n nativeHost) Read(b *blob, off int, p []byte) int { return copy(p, b.bytes[off:]) }

// Drop has nothing to do: whoever still writes the bytes holds them.
func (n nativeHost) Drop(*blob) {}

func (n nativeHost) Send(id engine.RequestID, head, body *blob) {
	c := n.h.conns[id]
	shown := body.bytes
	if head.page != nil {
		shown = head.page
		if n.h.options.Config.Dev {
			shown = append(slices.Clip(shown), reasonBehind(string(body.bytes))...)
		}
	}
	c.head, c.queue, c.done = head, append(c.queue, shown), true
}

func (n nativeHost) SendHead(id engine.RequestID, head *blob) {
	c := n.h.conns[id]
	c.head, c.done = head, true
}

func (n nativeHost) Respond(id engine.RequestID, head *blob) { n.h.conns[id].head = head }

func (n nativeHost) Write(id engine.RequestID, b *blob) {
	c := n.h.conns[id]
	c.queue = append(c.queue, b.bytes)
}

func (n nativeHost) Finish(id engine.RequestID) { n.h.conns[id].done = true }

func (n nativeHost) Pass(id engine.RequestID, host string, _ bool) {
	c := n.h.conns[id]
	c.pass, c.done, c.host = true, true, host
}

// Repeat has nothing to do: the handler answers warm pages without an event anyway.
func (n nativeHost) Repeat(engine.RequestID, *blob, *blob, time.Time) {}

// Watch has nothing to do: no fill's context goes before its end.
func (n nativeHost) Watch(engine.RequestID, engine.FillID) bool { return false }

func (n nativeHost) Wait(id engine.RequestID, until time.Time) { n.h.conns[id].until = until }

func (n nativeHost) Wake(id engine.RequestID) {
	if c := n.h.conns[id]; c != nil {
		select {
		case c.wake <- struct{}{}:
		default:
		}
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
	n.h.options.Logger.Warn("inlay: fragment does not fit", "src", src, "error", outer(failure))
}

func (n nativeHost) Fill(id engine.RequestID, fill engine.FillID, f engine.Fill) {
	var client *http.Request
	if c := n.h.conns[id]; c != nil && n.h.options.CheckLeaks { // it may have left while it was looked below
		client = c.client
	}
	ctx, cancel := context.WithTimeout(n.h.alive, f.Timeout)
	n.h.fills[fill] = cancel
	n.h.work.Add(1)
	go n.h.fill(ctx, fill, f, client)
}

// conn is a request that the engine has not answered at once: what was asked for it, and how it learns of more.
type conn struct {
	id     engine.RequestID
	client *http.Request

	// Written under the handler's lock, by the host.
	head  *blob
	queue [][]byte
	until time.Time
	done  bool
	pass  bool
	host  string // if pass: see Host.Pass

	wake chan struct{}
}

// serve writes what the engine asks for until the request is finished or its client has gone. A writer that panics, as
// middleware does with http.ErrAbortHandler, is a client that has gone, and its panic goes on to the server.
func (c *conn) serve(h *Handler, w http.ResponseWriter, r *http.Request) {
	defer c.leave(h)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		h.mu.Lock()
		head, queue, until, done := c.head, c.queue, c.until, c.done
		c.head, c.queue = nil, nil
		if done {
			delete(h.conns, c.id)
		}
		h.mu.Unlock()

		if c.pass {
			h.pass(w, r, c)
			return
		}
		if head != nil {
			writeHead(w, head)
		}
		for _, p := range queue {
			if _, err := w.Write(p); err != nil {
				return
			}
		}
		if done {
			return
		}
		if head != nil || len(queue) > 0 {
			// A writer that cannot flush delivers late, but whole.
			_ = http.NewResponseController(w).Flush()
		}
		timer.Reset(until.Sub(h.now()))
		select {
		case <-c.wake:
			h.event(func() { h.engine.Resume(c.id, h.now()) })
		case <-timer.C:
			h.event(func() { h.engine.Deadline(c.id, h.now()) })
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
