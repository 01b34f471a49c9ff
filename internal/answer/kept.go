package answer

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
)

// Keep gives what is kept of an answer: its validators, and the fields that a 304 need not repeat. Nil: the answer has no
// validator that can be sent back, or redirects led to it: the conditions go to the first who is asked, and it was not him
// who gave the validators.
func (a *Answer) Keep(now time.Time) *Answer {
	k := &Answer{
		CacheControl: a.CacheControl, CDNCacheControl: a.CDNCacheControl, Expires: a.Expires, Pragma: a.Pragma,
		CacheTag: a.CacheTag, SurrogateKey: a.SurrogateKey, CacheGroups: a.CacheGroups,
		SurrogateControl: a.SurrogateControl, InlaySlots: a.InlaySlots,
	}
	if etag := ascii.TrimOWS(a.ETag); isEntityTag(etag) {
		k.ETag = etag
	}
	if date := ascii.TrimOWS(a.LastModified); date != "" {
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
	for i := range Fields {
		n += len(*a.Field(i))
	}
	return n
}

// Cost is what kept fields count against the budget; none count nothing.
func (a *Answer) Cost() int {
	if a == nil {
		return 0
	}
	return keptOverhead + a.keptBytes()
}

// Conditions are the fields that ask whether what is kept has changed.
func (a *Answer) Conditions() []field.Field {
	var fields []field.Field
	if a.ETag != "" {
		fields = append(fields, field.Field{Name: "if-none-match", Value: a.ETag})
	}
	if a.LastModified != "" {
		fields = append(fields, field.Field{Name: "if-modified-since", Value: a.LastModified})
	}
	return fields
}

// Fits tells whether a 304 is about what was kept: its validators, where it repeats them, are the same (RFC 9111, section
// 4.3.4). A strong entity tag has to be the very same. A weak one is compared as If-None-Match does, since proxies that
// compress weaken them.
func (a *Answer) Fits(notModified *Answer, now time.Time) bool {
	if etag := ascii.TrimOWS(notModified.ETag); etag != "" {
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
	date := ascii.TrimOWS(notModified.LastModified)
	if a.LastModified == "" || date == "" || date == a.LastModified {
		return true
	}
	is, ok := field.ParseDate(date, now)
	was, _ := field.ParseDate(a.LastModified, now)
	return ok && is.Equal(was)
}

// Renewed is the answer that a 304 makes of what was kept: its fields, and those kept that it does not repeat. An Age and
// a Date are always its own.
func (a *Answer) Renewed(notModified *Answer, size int) Answer {
	r := *a
	for i := range Fields {
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
