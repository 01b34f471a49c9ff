package edge

import (
	"io"

	"inlay/internal/coding"
)

// Coding is a content coding (RFC 9110, section 8.4.1) that a [Handler] sends pages in, for Options.Codings. [Gzip] is one;
// inlay/edge/compress has zstd and br. Its methods are called from any goroutine, many at a time.
type Coding interface {
	// Name is what Accept-Encoding and Content-Encoding call it, in lower case: gzip, zstd, br.
	Name() string
	// Encode appends src, coded, to dst: a page that is kept in this form and answers many, so that it is worth taking pains.
	// The same src has to give the same bytes each time, since an entity tag names them.
	Encode(dst, src []byte) ([]byte, error)
	// Decode appends what Encode was given. The handler keeps a page in this form alone where everybody takes it, and decodes it for
	// the few who do not; what does not come out as it went in is never used.
	Decode(dst, coded []byte) ([]byte, error)
	// NewWriter begins an answer that is coded as it goes, for one client: it has to be quick. What a writer gives comes by Write
	// of w, which neither blocks nor fails, at the latest when Flush or Close returns.
	NewWriter(w io.Writer) CodingWriter
	// Held is about how many bytes of memory a writer holds while it waits between Flush and the next Write. All that wait may
	// have 64 MiB together; who comes when those are in use gets another coding, or none.
	Held() int
}

// CodingWriter codes one answer.
type CodingWriter = interface {
	io.Writer
	// Flush has all that was written come out so far that a client can decode it.
	Flush() error
	// Close ends the answer. A writer whose answer breaks off is dropped without it.
	Close() error
}

// Gzip is gzip by the standard library, which every client takes: a handler has it unless Options.Codings has another one. It
// compresses what is kept at level 6, and what is for one answer at level 1. A writer of it holds no memory while it waits:
// each flush begins anew, so that patches do not refer to what is in the shell.
func Gzip() Coding { return coding.Gzip{} }
