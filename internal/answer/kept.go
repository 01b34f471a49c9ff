package answer

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// What is kept of an answer beside its body, so that its origin can be asked whether it has changed, and can say that it
// has not with nothing but fields (RFC 9111, sections 4.3 and 3.2).

// maxKept is how many bytes the kept fields of an answer may have; past that nothing is kept.
const maxKept = 2 << 10

// keptOverhead is what they count against the budget beside themselves: an allocation of their own.
const keptOverhead = 16

// Kept is what is kept of an answer: its validators, and the fields that a 304 need not repeat. Of each that there is, one behind
// the other: its place in Fields and its length, in one byte and two, and its value. Nearly all fragments have one or two of the
// seventeen. Empty: nothing is kept.
type Kept string

// Keep gives what is kept of an answer. Nothing is if it has no validator that can be sent back, or redirects led to it: the
// conditions go to the first who is asked, and it was not him who gave the validators.
func (a *Answer) Keep(now time.Time) Kept {
	etag, date := ascii.TrimOWS(a.ETag), ascii.TrimOWS(a.LastModified)
	if !isEntityTag(etag) {
		etag = ""
	}
	if date != "" {
		if _, ok := field.ParseDate(date, now); !ok {
			date = ""
		}
	}
	if len(a.Redirects) > 0 || etag == "" && date == "" {
		return ""
	}
	var kept []byte
	for i := range Fields {
		v := *a.Field(i)
		switch i {
		case etagField:
			v = etag
		case lastModifiedField:
			v = date
		}
		if v != "" && unkept>>i&1 == 0 {
			if len(kept)+len(v) > maxKept {
				return ""
			}
			kept = append(kept, byte(i), byte(len(v)>>8), byte(len(v)))
			kept = append(kept, v...)
		}
	}
	return Kept(kept)
}

// Places in Fields: of the validators, and, a bit for each, of what a 304 always says for itself, or nothing can be said of by.
const (
	etagField         = 10
	lastModifiedField = 11
	unkept            = 1<<0 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<8
)

// answer is what is kept as the fields that it was.
func (k Kept) answer() *Answer {
	a := new(Answer)
	for k != "" {
		end := 3 + int(k[1])<<8 + int(k[2])
		*a.Field(int(k[0])) = string(k[3:end])
		k = k[end:]
	}
	return a
}

// Cost is what kept fields count against the budget; none count nothing.
func (k Kept) Cost() int {
	if k == "" {
		return 0
	}
	return keptOverhead + len(k)
}

// Conditions are the fields that ask whether what is kept has changed.
func (k Kept) Conditions() []field.Field {
	var fields []field.Field
	for k != "" {
		end := 3 + int(k[1])<<8 + int(k[2])
		if k[0] == etagField {
			fields = append(fields, field.Field{Name: "if-none-match", Value: string(k[3:end])})
		}
		if k[0] == lastModifiedField {
			fields = append(fields, field.Field{Name: "if-modified-since", Value: string(k[3:end])})
		}
		k = k[end:]
	}
	return fields
}

// Fits tells whether a 304 is about what was kept: its validators, where it repeats them, are the same (RFC 9111, section
// 4.3.4). A strong entity tag has to be the very same. A weak one is compared as If-None-Match does, since proxies that
// compress weaken them.
func (k Kept) Fits(notModified *Answer, now time.Time) bool {
	a := k.answer()
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
func (k Kept) Renewed(notModified *Answer, size int) Answer {
	r := *k.answer()
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
