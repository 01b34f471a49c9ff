package edge

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// What is kept of an answer beside its body, so that its origin can be asked whether it has changed, and can say that it
// has not with nothing but fields (RFC 9111, sections 4.3 and 3.2).

const (
	// maxKept is how many bytes the kept fields of an answer may have; past that nothing is kept.
	maxKept = 2 << 10
	// keptOverhead is what they count against the budget beyond that.
	keptOverhead = 320
	// keepStored is how long a fragment that is too old for any use stays, to be renewed by a 304.
	keepStored = time.Hour
)

// keep gives what is kept of an answer: its validators, and the fields that a 304 need not repeat. Nil: the answer has no
// validator that can be sent back, or redirects led to it: the conditions go to the first who is asked, and it was not him
// who gave the validators.
func (a *Answer) keep(now time.Time) *Answer {
	k := &Answer{
		CacheControl: a.CacheControl, CDNCacheControl: a.CDNCacheControl, Expires: a.Expires, Pragma: a.Pragma,
		CacheTag: a.CacheTag, SurrogateKey: a.SurrogateKey,
	}
	if etag := ascii.TrimSpace(a.ETag); isEntityTag(etag) {
		k.ETag = etag
	}
	if date := ascii.TrimSpace(a.LastModified); date != "" {
		if _, ok := field.ParseDate(date, now); ok {
			k.LastModified = date
		}
	}
	if len(a.Redirects) > 0 || k.ETag == "" && k.LastModified == "" || k.keptBytes() > maxKept {
		return nil
	}
	return k
}

func (a *Answer) keptBytes() int {
	n := 0
	for i := range AnswerFields {
		n += len(*a.Field(i))
	}
	return n
}

// cost is what kept fields count against the budget; none count nothing.
func (a *Answer) cost() int {
	if a == nil {
		return 0
	}
	return keptOverhead + a.keptBytes()
}

// conditions are the fields that ask whether what is kept has changed.
func (a *Answer) conditions() []field.Field {
	var fields []field.Field
	if a.ETag != "" {
		fields = append(fields, field.Field{Name: "if-none-match", Value: a.ETag})
	}
	if a.LastModified != "" {
		fields = append(fields, field.Field{Name: "if-modified-since", Value: a.LastModified})
	}
	return fields
}

// fits tells whether a 304 is about what was kept: its validators, where it repeats them, are the same (RFC 9111, section
// 4.3.4). A strong entity tag has to be the very same. A weak one is compared as If-None-Match does, since proxies that
// compress weaken them.
func (a *Answer) fits(notModified *Answer, now time.Time) bool {
	if etag := ascii.TrimSpace(notModified.ETag); etag != "" {
		if !isEntityTag(etag) {
			return false
		}
		if etag[0] == '"' {
			return etag == a.ETag
		}
		if a.ETag != "" {
			return opaqueTag(etag) == opaqueTag(a.ETag)
		}
	}
	date := ascii.TrimSpace(notModified.LastModified)
	if a.LastModified == "" || date == "" || date == a.LastModified {
		return true
	}
	is, ok := field.ParseDate(date, now)
	was, _ := field.ParseDate(a.LastModified, now)
	return ok && is.Equal(was)
}

// renewed is the answer that a 304 makes of what was kept: its fields, and those kept that it does not repeat. An Age and
// a Date are always its own.
func (a *Answer) renewed(notModified *Answer, size int) Answer {
	r := *a
	for i := range AnswerFields {
		if v := *notModified.Field(i); v != "" {
			*r.Field(i) = v
		}
	}
	r.Status, r.ContentType, r.ContentEncoding = 200, "text/html", ""
	r.SetCookie, r.Redirects, r.Size = notModified.SetCookie, notModified.Redirects, size
	return r
}

// isEntityTag tells whether s is one entity tag (RFC 9110, section 8.8.3). Whatever else might mean something in an
// If-None-Match that it was not meant to: "*", say.
func isEntityTag(s string) bool {
	s = opaqueTag(s)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return false
	}
	for i := 1; i < len(s)-1; i++ {
		if s[i] <= ' ' || s[i] == '"' || s[i] > '~' {
			return false
		}
	}
	return true
}

// opaqueTag is an entity tag without what says that it is weak.
func opaqueTag(s string) string {
	if len(s) > 2 && s[:2] == "W/" {
		return s[2:]
	}
	return s
}

// renews has a fill ask whether what is stored has changed, if there is anything to ask with.
func (f *fill[B]) renews(stored *entry[B]) {
	if stored == nil {
		return
	}
	if f.unfit = stored.unfit; stored.kept != nil && stored.renewing == nil {
		stored.hold()
		f.stored, stored.renewing = stored, f
	}
}

// renew is the end of a fill whose answer is that what was stored has not changed: it stays the very same, and so do the
// pages that it went into. How long it may be used is as a 200 with these fields would say.
func (e *Engine[B]) renew(f *fill[B], answer *Answer, now time.Time, took time.Duration) *FillError {
	v := f.stored
	if v.kept == nil || !v.kept.fits(answer, now) {
		v.kept, v.unfit = nil, true
		failure := &FillError{
			Reason: StatusError, Status: 304,
			Text: "the origin answered 304 with another ETag or Last-Modified than it was asked with; it is asked without from now on",
		}
		e.fail(f, failure)
		return failure
	}
	renewed := v.kept.renewed(answer, v.size)
	policy, err := admit(f.slot, &renewed, e.defaults(), now, took)
	if err != nil {
		failure := asFillError(err)
		e.fail(f, failure)
		return failure
	}
	v.hold() // for the cache, which lets go of it as of what it replaces
	v.cost -= v.kept.cost()
	if kept := renewed.keep(now); kept != nil {
		v.kept = kept
	}
	v.cost += v.kept.cost()
	e.succeed(f, v, policy, &renewed)
	return nil
}

// departs notes that a fragment has left the cache. One that is to be renewed is still held for that, beside the budget,
// but only as many as have a small part of it together: past that a 304 finds nothing.
func (e *Engine[B]) departs(v *entry[B]) {
	f := v.renewing
	if f == nil {
		return
	}
	cost := int64(v.cost)
	if e.adrift+cost > e.unattended.limit {
		e.letGoOfStored(f)
		return
	}
	e.adrift += cost
	f.adrift = cost
}

// letGoOfStored ends a fill's hold of what it was to renew.
func (e *Engine[B]) letGoOfStored(f *fill[B]) {
	v := f.stored
	if v == nil {
		return
	}
	e.adrift -= f.adrift
	f.stored, f.adrift, v.renewing = nil, 0, nil
	e.release(v)
}
