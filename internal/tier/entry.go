package tier

// Entry is a fragment as it lies below.
type Entry struct {
	// Log is the purge log's identity at the start of its fill.
	Log string
	// Key is the fragment's key, whole: names below are hashes of it.
	Key  string
	Tags []string
	// Header are the names and values of the fields that go out with a page of the origin.
	Header []string
	// N are its numbers; times are in milliseconds. (As an array they are written and read in few instructions.)
	N [numbers]int64
}

// The numbers of an Entry.
const (
	// Stamp is the purge log's number at the start of the fill.
	Stamp = iota
	// Filled is when that was, since 1970 by the clock of who filled it; Age how long before it was put here that was.
	Filled
	Age
	// TTL is how long it was fresh when it was put here; StaleWhileRevalidate and StaleIfError how long after that it may be
	// used. Less than 1: not at all.
	TTL
	StaleWhileRevalidate
	StaleIfError
	// Size is the fragment's, in bytes.
	Size
	// Reads says what is to be read in it, as [EdgeSlots] and [ESI]; 0: it has no slots, or shows by itself that it has.
	Reads
	// Took is how long its fill took; 0: that is not known.
	Took
	numbers
)

// What is read in a fragment.
const (
	EdgeSlots = 1
	ESI       = 2
)

// magic begins an entry, and says which form it has.
const magic = "inlay\x003\n"

// sumSize is the size of the checksum that ends what stands before the fragment: of that, and of the fragment's own sum.
const sumSize = 16

// HeadSize is how many bytes of an entry must be read to know how many stand before the fragment.
const HeadSize = len(magic) + 4

// MaxHead is the most that may stand before a fragment, in bytes.
const MaxHead = 64 << 10

// Append appends what stands before the fragment, but for its checksum; nil if that would be more than MaxHead.
func (e *Entry) Append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = appendNumber(dst, 0, 4)
	for _, n := range e.N {
		dst = appendNumber(dst, uint64(n), 8)
	}
	dst = appendNumber(dst, uint64(len(e.Tags)), 4)
	dst = appendNumber(dst, uint64(len(e.Header)), 4)
	dst = appendText(appendText(dst, e.Log), e.Key)
	for _, list := range [...][]string{e.Tags, e.Header} {
		for _, text := range list {
			dst = appendText(dst, text)
		}
	}
	size := len(dst) - start + sumSize
	if size > MaxHead {
		return nil
	}
	appendNumber(dst[:start+len(magic)], uint64(size), 4)
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(appendNumber(dst, uint64(len(s)), 4), s...)
}

// appendNumber appends the low bytes of n, the lowest first. (encoding/binary reflects.)
func appendNumber(dst []byte, n uint64, size int) []byte {
	for ; size > 0; size-- {
		dst = append(dst, byte(n))
		n >>= 8
	}
	return dst
}

func number(p []byte) (n uint64) {
	for i := len(p) - 1; i >= 0; i-- {
		n = n<<8 | uint64(p[i])
	}
	return n
}

// Head is how many bytes stand before the fragment of an entry, of which p is the beginning, at least HeadSize long; 0 if
// it is none.
func Head(p []byte) int {
	if len(p) < HeadSize || string(p[:len(magic)]) != magic {
		return 0
	}
	n := number(p[len(magic):HeadSize])
	if n > MaxHead || int(n) < HeadSize+sumSize {
		return 0
	}
	return int(n)
}

// Read reads what stands before a fragment. It gives what the checksum is of, and the checksum; ok is false if it is no
// entry's head. What it says is not to be relied on before the checksum has been compared.
func Read(head []byte) (e Entry, summed, sum []byte, ok bool) {
	if Head(head) != len(head) || len(head) == 0 {
		return e, nil, nil, false
	}
	summed, sum = head[:len(head)-sumSize], head[len(head)-sumSize:]
	r := reader{summed[HeadSize:], true}
	for i := range e.N {
		e.N[i] = int64(r.number(8))
	}
	tags, header := r.number(4), r.number(4)
	e.Log, e.Key = r.text(), r.text()
	for ; tags > 0 && r.ok; tags-- {
		e.Tags = append(e.Tags, r.text())
	}
	for ; header > 0 && r.ok; header-- {
		e.Header = append(e.Header, r.text())
	}
	return e, summed, sum, r.ok && len(r.rest) == 0
}

// reader takes things off the front of rest; once ok is false they are nothing.
type reader struct {
	rest []byte
	ok   bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.ok = nil, false
		return nil
	}
	p := r.rest[:n]
	r.rest = r.rest[n:]
	return p
}

func (r *reader) number(size uint64) uint64 { return number(r.take(size)) }

func (r *reader) text() string { return string(r.take(r.number(4))) }
