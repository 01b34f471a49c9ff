package answer

import (
	"time"

	"inlay/internal/field"
)

// Answer is what an origin said to a fill: the fields that decide whether and how long its body may be used as a
// fragment. A field that the origin did not send is empty; several lines of one field are joined by ", ".
type Answer struct {
	Status          int
	ContentType     string
	CacheControl    string
	Vary            string
	RetryAfter      string
	Age             string
	ContentEncoding string
	CDNCacheControl string
	Expires         string
	Date            string
	Pragma          string
	ETag            string
	LastModified    string
	CacheTag        string
	SurrogateKey    string
	CacheGroups     string
	// SurrogateControl and InlaySlots say, besides, which slots are in the body: see Slots.
	SurrogateControl string
	InlaySlots       string
	// Location is where a redirect leads that is for the visitor, of a fill whose page requires it: a path of the site, or an
	// absolute URL elsewhere. Its host makes it so; an origin's word it is not.
	Location string
	// Header are the header fields of a page of the origin that go out with it: see KeepsField. Lower-case names.
	Header    []field.Field
	SetCookie bool // whether there was a Set-Cookie; its value never comes this far
	Size      int  // bytes of the body
	// Before is how long before its attempt was asked for the fill had begun, as another's that it joined. See engine.Share.
	Before time.Duration

	// Redirects are the answers that led to this one, in their order. Each is judged as this one is.
	Redirects []Answer
}

// Fields are the names, in lower case, of the header fields that a host reads for an Answer, in the order in which
// worker/core.mjs hands them over.
var Fields = [...]string{
	"content-type", "cache-control", "vary", "retry-after", "age", "content-encoding", "cdn-cache-control", "expires",
	"date", "pragma", "etag", "last-modified", "cache-tag", "surrogate-key", "cache-groups",
	"surrogate-control", "inlay-slots",
}

// Field is where the value of AnswerFields[i] is kept.
func (a *Answer) Field(i int) *string {
	return [len(Fields)]*string{
		&a.ContentType, &a.CacheControl, &a.Vary, &a.RetryAfter, &a.Age, &a.ContentEncoding, &a.CDNCacheControl, &a.Expires,
		&a.Date, &a.Pragma, &a.ETag, &a.LastModified, &a.CacheTag, &a.SurrogateKey, &a.CacheGroups,
		&a.SurrogateControl, &a.InlaySlots,
	}[i]
}
