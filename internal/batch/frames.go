package batch

import (
	"errors"
	"strconv"

	"inlay/internal/answer"
	"inlay/internal/field"
)

// Batches of fills: all the fills that one request leads go to an origin as one request, and each answer comes back as
// soon as its handler has finished. This comment is the format's definition; [Handler] answers it, worker/frames.mjs asks.
//
// # Request
//
//	POST /_inlay/fills
//	Authorization: Bearer SECRET
//	Content-Type: application/json
//
//	{"fills":[{"src":"/fragments/a?x=1","fields":[["cookie","currency=EUR"],["accept-language","de"]]}, …]}
//
// There are 1 to 64 fills in at most 256 KiB. A src is an absolute path with an optional query, percent-encoded: no scheme,
// no host, no fragment, no dot segments, and nothing that could be read as a path below /_inlay. The fields are all that
// the fill's request has: cookie, what a slot can declare, and for a fragment that is stored if-none-match and
// if-modified-since, with the ETag and the Last-Modified that it came with: then 304 is an answer too. "fields" may be left
// out. "host":"shop.example" beside them is the visitor's, and "proto":"https" the scheme of his URL, where they are in the key.
// "document":true says that it is a page of the origin, whose other fields are wanted too. Members that are not named here are
// ignored.
//
// The secret is INLAY_FILLS_SECRET at both ends. A request without it is answered with 401, or with 404 where there is none.
// One that is not of this form is answered with 400, 413 (too large) or 415 (not JSON) and a text that says what is wrong,
// and no handler runs. A src or field that cannot be used fails its own fill only.
//
// # Answer
//
// Status 200, Content-Type application/vnd.inlay.frames, and a body of one frame for each fill, in the order in which the
// fills finish. A frame is a preamble of 16 bytes, a head and a body, one after the other with nothing between:
//
//	offset  bytes  what
//	0       4      "ILF1"
//	4       4      index of the fill in the request, from 0
//	8       4      length of the head, at most 16 KiB
//	12      4      length of the body, at most 8 MiB
//	16             the head, then the body
//
// Numbers are unsigned and big-endian. The head is lines, each ended by a line feed. The first is the status: three
// digits, 200 to 999. Each other is "name: value": a name in lower case, a colon and a space, and a value of no control
// characters but tabs. No name comes twice. The names are
//
//	content-type, cache-control, vary, retry-after, age, content-encoding, cdn-cache-control, expires, date, pragma,
//	etag, last-modified, cache-tag, surrogate-key, cache-groups, surrogate-control, inlay-slots
//	              the answer's field; several lines of it joined by ", "
//	location      where a redirect leads, for the asker to follow
//	set-cookie    1, if the answer set a cookie: the cookie itself stays where it is
//	inlay-failure why there is no answer: panic, too-large, truncated or bad-request; the status is then 500 (400 for
//	              bad-request), the body a text for people, and the fields are what the handler had said before it failed
//
// and, of a document, the other fields of its answer that go out with a page which is kept of it: see [answer.KeepsField].
//
// Of an answer with another status than 200, 404 and 410 the body is empty, whatever its handler wrote; of these two it is the
// handler's own page, and empty if it is larger than a frame's body, is compressed, or is what net/http's NotFound says.
//
// Names
//
// that a reader does not know are passed over. A value's bytes are as the handler set them.
//
// No index comes twice. A stream that ends before each fill has its frame was broken off; the frames that came whole
// count.

// Path is where an origin takes fills in batches.
const Path = "/_inlay/fills"

const (
	framesType  = "application/vnd.inlay.frames"
	frameMagic  = "ILF1"
	framePrefix = 16

	maxFills      = 64
	maxFillsBytes = 256 << 10
	maxFrameHead  = 16 << 10
	maxFrameBody  = 8 << 20
)

// Values of inlay-failure.
const (
	failurePanic      = "panic"
	failureTooLarge   = "too-large"
	failureTruncated  = "truncated"
	failureBadRequest = "bad-request"
)

// frame is the answer to one fill of a batch.
type frame struct {
	Index    int
	Answer   answer.Answer
	Location string        // of a redirect
	Failure  string        // empty: there is an answer
	Others   []field.Field // of a document's answer, besides; in lower case
	Body     []byte        // never changed after
}

var (
	errFrameHead = errors.New("edge: the answer's header is larger than the 16 KiB that a frame's head may have")
	errFrameBody = errors.New("edge: the answer's body is larger than the 8 MiB that a frame's body may have")
)

// appendFramePrefix appends a frame up to its body, which is to follow.
func appendFramePrefix(dst []byte, f *frame) ([]byte, error) {
	if len(f.Body) > maxFrameBody {
		return dst, errFrameBody
	}
	begin := len(dst)
	dst = append(dst, frameMagic...)
	dst = appendUint32(dst, f.Index)
	dst = appendUint32(dst, 0)
	dst = appendUint32(dst, len(f.Body))
	dst = appendFrameHead(dst, f)
	head := len(dst) - begin - framePrefix
	if head > maxFrameHead {
		return dst[:begin], errFrameHead
	}
	putUint32(dst[begin+8:], head)
	return dst, nil
}

func appendFrameHead(dst []byte, f *frame) []byte {
	a := &f.Answer
	dst = strconv.AppendInt(dst, int64(a.Status), 10)
	dst = append(dst, '\n')
	for i, name := range answer.Fields {
		dst = appendFrameField(dst, name, *a.Field(i))
	}
	dst = appendFrameField(dst, "location", f.Location)
	if a.SetCookie {
		dst = appendFrameField(dst, "set-cookie", "1")
	}
	for _, o := range f.Others {
		dst = appendFrameField(dst, o.Name, o.Value)
	}
	return appendFrameField(dst, "inlay-failure", f.Failure)
}

// appendFrameField appends a line of a head. Control characters become spaces: a value cannot begin a line of its own.
func appendFrameField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(dst, name...), ": "...)
	for i := 0; i < len(value); i++ {
		c := value[i]
		if !field.IsFieldByte(c) {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, '\n')
}

func appendUint32(dst []byte, n int) []byte {
	return append(dst, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func putUint32(b []byte, n int) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
}

func readUint32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func isFrameName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !field.IsTokenChar(c) || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return s != ""
}
