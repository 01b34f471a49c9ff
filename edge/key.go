package edge

// inputs is what a key may read of a request, besides the parameters of its page's pattern.
type inputs interface {
	// rawQuery is the query of the request's target, still encoded, without the question mark.
	rawQuery() string
	// header is the value of a header field by its lower-case name: several joined by ", ", cookies by "; ". Empty when
	// the request has none.
	header(name string) string
}

// FillRequest is what a fill asks of an origin. It is read back from the fragment's key and from nothing else.
type FillRequest struct {
	// Src is the expanded src.
	Src string
	// Fields are the header fields that the slot declares and the request had, in the order of their names.
	Fields []Field
}

// Field is a header field; its name is in lower case.
type Field struct{ Name, Value string }
