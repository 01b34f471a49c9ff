package engine

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// All that inlay says of a page stays below the 4 KiB that nginx reads a head into unless told otherwise
// (proxy_buffer_size), however many slots the page has. The rest of a head takes about 350 bytes.
const (
	maxCacheStatus = 2 << 10
	maxLink        = 768
	maxVary        = 512
)

const (
	OwnCacheControl = "private, no-cache"
	// A proxy that changes a streamed page could take its comments and markers for waste (RFC 9111, section 5.2.2.6).
	StreamCacheControl = OwnCacheControl + ", no-transform"
)

// incremental are fields of an answer that is to be passed on as it comes: RFC 10036, and nginx's own for the same.
var incremental = [...]field.Field{{Name: "incremental", Value: "?1"}, {Name: "x-accel-buffering", Value: "no"}}

// wholeFields are the header fields of a page that leaves as one body of length bytes; a negative length is that of a
// 304, which has none (RFC 9110, section 15.4.5). Only if it is shareable is the page's own Cache-Control sent.
func (e *Engine[B]) wholeFields(pl *plan[B], states []field.Status, etag string, length int, shareable bool) []field.Field {
	control, link := pl.CacheControl, pl.link
	if control == "" || !shareable {
		control = OwnCacheControl
	}
	if length < 0 {
		link = ""
	}
	return headFields(pl.Header, states, etag, length, control, pl.depends.Load().vary, link)
}

// headFields are those of wholeFields. What is empty is left out.
func headFields(own []field.Field, states []field.Status, etag string, length int, control, vary, link string) []field.Field {
	fields := make([]field.Field, 0, 8)
	if length >= 0 {
		fields = append(fields, htmlType, field.Field{Name: "content-length", Value: decimal.String(length)})
	}
	if etag != "" {
		fields = append(fields, field.Field{Name: "etag", Value: etag})
	}
	fields = append(fields, field.Field{Name: "cache-control", Value: control}, cacheStatus(states))
	if vary != "" {
		fields = append(fields, field.Field{Name: "vary", Value: vary})
	}
	if link != "" {
		fields = append(fields, field.Field{Name: "link", Value: link})
	}
	return append(fields, own...)
}

var htmlType = field.Field{Name: "content-type", Value: "text/html; charset=utf-8"}

// streamHead is the head of a page that leaves before its fragments are there. Its Cache-Control is never the page's
// own: a shared cache would keep this reader's skeletons for others.
func (e *Engine[B]) streamHead(q *request[B]) B {
	fields := make([]field.Field, 0, 8)
	control := OwnCacheControl
	if q.mode == page.Stream {
		control = StreamCacheControl
	}
	fields = append(fields, htmlType, field.Field{Name: "cache-control", Value: control}, cacheStatus(q.statuses()))
	if q.mode != page.Complete { // which HEAD alone is answered for here
		fields = append(fields, incremental[:]...)
	}
	if vary := q.plan.depends.Load().vary; vary != "" {
		fields = append(fields, field.Field{Name: "vary", Value: vary})
	}
	if q.plan.link != "" {
		fields = append(fields, field.Field{Name: "link", Value: q.plan.link})
	}
	return e.host.NewHead(200, e.timed(q, e.forVisitor(q, append(fields, q.plan.Header...))))
}

// forVisitor adds the cookies of the shares that were drawn for a visitor who had none. The head of an answer that was passed on
// is the origin's, which may have been sent before it was known what is in the page.
func (e *Engine[B]) forVisitor(q *request[B], fields []field.Field) []field.Field {
	if q.passed {
		return fields
	}
	for _, pair := range q.dependsOn().varies.Drawn(&q.visitor) {
		attributes := "; Path=/; Max-Age=31536000; SameSite=Lax; Secure"
		if q.visitor.fields.Field(route.SchemeField) != "https" {
			attributes = attributes[:len(attributes)-len("; Secure")]
		}
		fields = append(fields, field.Field{Name: "set-cookie", Value: pair + attributes})
	}
	return fields
}

// sendHead answers HEAD: the head that a GET would have had now. Fills were started for it of required slots alone,
// without which there is no telling the status.
func (e *Engine[B]) sendHead(q *request[B]) {
	var head B
	switch {
	case q.pending > 0:
		head = e.streamHead(q)
	default:
		e.bodyOf(q.body, false)
		length, etag := e.made.size, q.etag()
		e.discards()
		status := 200
		if etagMatches(q.visitor.fields.Field("if-none-match"), etag) {
			status, length = 304, -1
		}
		head = e.host.NewHead(status, e.timed(q, e.forVisitor(q, e.wholeFields(q.plan, q.statuses(), etag, length, e.shareable(q)))))
	}
	e.showed(q)
	e.host.SendHead(q.id, head)
	e.host.Drop(head)
}

// sendFailure answers a page whose required slot failed before anything was sent: with the origin's own page for 404 or 410, or its
// redirect within the site; else with its 404 or 410, or 502, for which the host may have a page of the site's.
// What went wrong is for the site's people: the host has logged it, and shows it while the site is being written.
func (e *Engine[B]) sendFailure(q *request[B], s *slotState[B]) {
	failure := s.err
	if !q.alone {
		e.counts.Failures++
	}
	for _, s := range q.slots {
		e.shown(s, -1)
	}
	switch {
	case s.entry != nil:
		e.sendBlob(q.id, failure.Status, s.entry.blob, s.entry.size, field.Field{Name: "content-type", Value: failure.Type})
		return
	case q.isOfSite(failure.Location):
		e.sendAs(q.id, failure.Status, "", field.Field{Name: "location", Value: failure.Location})
		return
	}
	status := 502
	if failure.Status == 404 || failure.Status == 410 {
		status = failure.Status
	}
	text := wording.Of(wording.CannotBeShown)
	if q.alone {
		if s.plan.HasError {
			e.sendTyped(q.id, status, htmlType, s.plan.Error, failure.RetryAfter)
			return
		}
		text = wording.Of(wording.SlotCannotBeShown)
	} else {
		status = -status
	}
	if e.config.Dev {
		text = wording.Of(wording.PageAnd, text, q.plan.Pattern, failure.Error())
	}
	e.sendText(q.id, status, text, failure.RetryAfter)
}

// isOfSite tells whether a Location leads to a path, or to the host under which the visitor came.
func (q *request[B]) isOfSite(location string) bool {
	if location == "" || location[0] == '/' {
		return location != ""
	}
	_, host, _ := ascii.Cut(location, "://")
	host = host[:ascii.IndexAny(host+"/", "/?#")]
	return host != "" && ascii.EqualFold(host, q.visitor.fields.Field(":authority"))
}

// sendText answers with a plain text that says what is wrong.
func (e *Engine[B]) sendText(id RequestID, status int, text string, retryAfter time.Duration) {
	e.sendTyped(id, status, field.Field{Name: "content-type", Value: "text/plain; charset=utf-8"}, text+"\n", retryAfter)
}

func (e *Engine[B]) sendTyped(id RequestID, status int, contentType field.Field, text string, retryAfter time.Duration) {
	fields := []field.Field{contentType}
	if retryAfter > 0 {
		fields = append(fields, field.Field{Name: "retry-after", Value: decimal.String(int((retryAfter + time.Second - 1) / time.Second))})
	}
	e.sendAs(id, status, text, fields...)
}

// sendAs answers with a text that is no page and that nobody may store.
func (e *Engine[B]) sendAs(id RequestID, status int, text string, fields ...field.Field) {
	body := e.host.NewBlob([]byte(text))
	e.sendBlob(id, status, body, len(text), fields...)
	e.host.Drop(body)
}

// sendBlob answers with what nobody may store.
func (e *Engine[B]) sendBlob(id RequestID, status int, body B, size int, fields ...field.Field) {
	fields = append(fields, field.Field{Name: "content-length", Value: decimal.String(size)}, field.Field{Name: "cache-control", Value: "no-store"})
	q := e.requests[id]
	if q != nil {
		fields = append(fields, q.plan.Header...)
		if q.alone && len(q.slots) > 0 {
			fields = append(fields, cacheStatus(q.statuses()))
		}
	}
	head := e.host.NewHead(status, fields)
	if q != nil && q.head {
		e.host.SendHead(id, head)
	} else {
		e.host.Send(id, head, body)
	}
	e.host.Drop(head)
}

// cacheStatus tells of each fragment, in the shell's order; those for which it would get too long are summed up.
func cacheStatus(states []field.Status) field.Field {
	const roomForRest = 80
	value := make([]byte, 0, min(32*len(states), maxCacheStatus)+16)
	for i := range states {
		before := len(value)
		if i > 0 {
			value = append(value, ", "...)
		}
		if value = states[i].Append(value); len(value) > maxCacheStatus-roomForRest {
			value = appendRest(value[:before], states[i:])
			break
		}
	}
	if len(states) == 0 {
		value = append(value, "inlay;hit"...)
	}
	return field.Field{Name: "cache-status", Value: string(value)}
}

// appendRest appends one member for the fragments that there is no room for, such as
//
//	inlay;fwd=miss;ttl=4;detail="100 more slots, 60 of them hits"
//
// It is a hit if all are, else forwarded for what the first that was not a hit was; its ttl is the shortest.
func appendRest(dst []byte, states []field.Status) []byte {
	sum, hits := field.Status{Hit: true}, 0
	for i := range states {
		s := &states[i]
		if s.Hit {
			hits++
		} else if sum.Hit {
			sum.Hit, sum.Fwd = false, s.Fwd
		}
		if s.HasTTL && (!sum.HasTTL || s.TTL < sum.TTL) {
			sum.HasTTL, sum.TTL = true, s.TTL
		}
	}
	sum.Detail = decimal.String(len(states)) + " more slots"
	if !sum.Hit && hits > 0 {
		sum.Detail += ", " + decimal.String(hits) + " of them hits"
	}
	if len(dst) > 0 {
		dst = append(dst, ", "...)
	}
	return sum.AppendParameters(append(dst, "inlay"...))
}

// timed adds Server-Timing when debugging, as [field.ServerTiming] takes it: the host makes the text of it, and of Cache-Status, so that
// the core need not be able to.
func (e *Engine[B]) timed(q *request[B], fields []field.Field) []field.Field {
	if !e.config.Debug {
		return fields
	}
	value := decimal.Append([]byte{'0' + byte(q.mode)}, e.microseconds(q.since))
	for _, s := range q.slots {
		value = decimal.Append(append(value, ' '), s.took)
	}
	return append(fields, field.Field{Name: "server-timing", Value: string(value)})
}

// microseconds are how long something has taken that began at a time, and one more: 0 is nothing that was waited for.
func (e *Engine[B]) microseconds(since time.Time) int64 {
	return duration.Between(since, e.now).Microseconds() + 1
}
