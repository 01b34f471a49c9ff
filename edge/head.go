package edge

import (
	"strconv"
	"time"
)

const ownCacheControl = "private, no-cache"

// wholeFields are the header fields of a page that leaves as one body of length bytes; a negative length is that of a
// 304, which has none (RFC 9110, section 15.4.5).
func (e *Engine[B]) wholeFields(pl *plan[B], states []fragmentStatus, etag string, length int, good bool) []Field {
	fields := make([]Field, 0, 8)
	if length >= 0 {
		fields = append(fields, htmlType, Field{"content-length", strconv.Itoa(length)})
	}
	if etag != "" {
		fields = append(fields, Field{"etag", etag})
	}
	control := pl.CacheControl
	if control == "" || !good {
		control = ownCacheControl
	}
	fields = append(fields, Field{"cache-control", control}, cacheStatus(states))
	if pl.vary != "" {
		fields = append(fields, Field{"vary", pl.vary})
	}
	if pl.link != "" && length >= 0 {
		fields = append(fields, Field{"link", pl.link})
	}
	return fields
}

var htmlType = Field{"content-type", "text/html; charset=utf-8"}

// streamHead is the head of a page that leaves before its fragments are there. Its Cache-Control is never the page's
// own: a shared cache would keep this reader's skeletons for others.
func (e *Engine[B]) streamHead(q *request[B]) B {
	fields := make([]Field, 0, 6)
	fields = append(fields, htmlType, Field{"cache-control", ownCacheControl}, cacheStatus(q.statuses()))
	if q.plan.vary != "" {
		fields = append(fields, Field{"vary", q.plan.vary})
	}
	if q.plan.link != "" {
		fields = append(fields, Field{"link", q.plan.link})
	}
	return e.host.NewHead(200, e.timed(q, fields))
}

// sendHead answers HEAD: the head that a GET would have had now, without starting a fill for it.
func (e *Engine[B]) sendHead(q *request[B]) {
	if q.pending == 0 {
		if failure := q.requiredFailure(); failure != nil {
			e.sendFailure(q, failure)
			return
		}
		length, etag := q.plan.bytes, ""
		for i := range q.slots {
			length += q.contentSize(i)
		}
		good := q.failures() == 0
		if good {
			etag = q.etag()
		}
		head := e.host.NewHead(200, e.timed(q, e.wholeFields(q.plan, q.statuses(), etag, length, good)))
		e.host.SendHead(q.id, head)
		e.host.Drop(head)
		return
	}
	head := e.streamHead(q)
	e.host.SendHead(q.id, head)
	e.host.Drop(head)
}

// sendFailure answers a page whose required slot failed before anything was sent: the origin's own 404 or 410, else 502.
func (e *Engine[B]) sendFailure(q *request[B], failure *FillError) {
	e.counts.Failures++
	status := 502
	if failure.Status == 404 || failure.Status == 410 {
		status = failure.Status
	}
	text := "The page " + q.plan.Pattern + " cannot be shown: a fragment that it requires failed.\n" + failure.Error()
	e.sendText(q.id, status, text, failure.RetryAfter)
}

// sendText answers with a plain text that says what is wrong.
func (e *Engine[B]) sendText(id RequestID, status int, text string, retryAfter time.Duration) {
	fields := []Field{{"content-type", "text/plain; charset=utf-8"}}
	if retryAfter > 0 {
		fields = append(fields, Field{"retry-after", strconv.Itoa(int((retryAfter + time.Second - 1) / time.Second))})
	}
	e.sendAs(id, status, text+"\n", fields...)
}

// sendAs answers with a text that is no page and that nobody may store.
func (e *Engine[B]) sendAs(id RequestID, status int, text string, fields ...Field) {
	fields = append(fields, Field{"content-length", strconv.Itoa(len(text))}, Field{"cache-control", "no-store"})
	head, body := e.host.NewHead(status, fields), e.host.NewBlob([]byte(text))
	e.host.Send(id, head, body)
	e.host.Drop(head)
	e.host.Drop(body)
}

func cacheStatus(states []fragmentStatus) Field {
	value := make([]byte, 0, 32*len(states)+16)
	for i := range states {
		if i > 0 {
			value = append(value, ", "...)
		}
		value = states[i].append(value)
	}
	if len(states) == 0 {
		value = append(value, "inlay;hit"...)
	}
	return Field{"cache-status", string(value)}
}

// timed adds Server-Timing when debugging: the time that the page took until its head, and what became of each slot.
func (e *Engine[B]) timed(q *request[B], fields []Field) []Field {
	if !e.config.Debug {
		return fields
	}
	value := "inlay;dur=" + strconv.FormatInt(e.now.Sub(q.since).Milliseconds(), 10) + ", mode;desc=" + q.mode.String()
	for i := range q.slots {
		what := "miss"
		switch s := &q.slots[i]; {
		case s.status.Hit && s.status.TTL < 0:
			what = "stale"
		case s.status.Hit:
			what = "hit"
		case s.state == slotFailed:
			what = "failed"
		case s.state == slotPending:
			what = "pending"
		}
		value += ", slot" + strconv.Itoa(i+1) + ";desc=" + what
	}
	return append(fields, Field{"server-timing", value})
}
