//go:build !tinygo || documents || variables

package wording

// answerTexts has a line for each text that says why an answer is no fragment, from StatusIs to HasNoTime.
const answerTexts = `
the origin answered ~; a fragment needs 200
the origin answered ~; a fragment needs 200, or a redirect to the same scheme, host and port, five at most
the fragment has ~ bytes, the limit is ~; make it smaller or raise INLAY_MAX_FRAGMENT
the answer has Content-Encoding ~; a fragment must not be compressed
the answer ~
a redirect on the way ~
has Set-Cookie, and a fragment goes to other users too; set cookies on a path that is no fragment
has ~: no-store; drop it, or give the slot ttl="0s"
has ~: private; drop it and declare in vary what the fragment depends on, or give the slot ttl="0s"
varies on ~, which the slot does not declare in its vary
the answer has no Content-Type; a fragment is text/html
the answer is ~; a fragment is text/html
the answer's charset is ~; a fragment is UTF-8
does not say for how long it may be kept; a page of the origin needs a Surrogate-Control, Cache-Control or Expires that does
`

const other304 = "the origin answered 304 with another ETag or Last-Modified than it was asked with; it is asked without from now on"
