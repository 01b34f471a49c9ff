package esi

// Reader reads ESI. The zero value is not usable; see [New].
type Reader struct {
	base string
}

// New makes a reader. base is where the bytes come from, as a fragment's src or a request's target has it, with its query or
// without: a relative src is resolved against it.
func New(base string) *Reader { return &Reader{base: base} }

// Write takes the next bytes and gives out what is sure by now. It keeps nothing of p.
func (r *Reader) Write(p []byte) []Event { return nil }

// End gives out what is left: the source has no more bytes.
func (r *Reader) End() []Event { return nil }
