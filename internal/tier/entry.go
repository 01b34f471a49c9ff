package tier

import "time"

// Entry is a fragment as it lies below.
type Entry struct {
	// Log and Stamp are the purge log's identity and number at the start of its fill.
	Log   string
	Stamp uint64
	// Filled is when its fill began, by the clock of who filled it. It counts in milliseconds.
	Filled time.Time
	// Age is how long before it was put here that was.
	Age time.Duration
	// TTL is how long it was fresh when it was put here; StaleWhileRevalidate and StaleIfError how long after that it may be
	// used. None is negative.
	TTL, StaleWhileRevalidate, StaleIfError time.Duration
	// Key is the fragment's key, whole: names below are hashes of it.
	Key  string
	Tags []string
	// Size is the fragment's, in bytes.
	Size int
}

// magic begins an entry, and says which form it has.
const magic = "inlay\x001\n"

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
	for _, n := range [...]int64{
		int64(e.Stamp), e.Filled.UnixMilli(), e.Age.Milliseconds(), e.TTL.Milliseconds(), e.StaleWhileRevalidate.Milliseconds(),
		e.StaleIfError.Milliseconds(), int64(e.Size), int64(len(e.Tags)),
	} {
		dst = appendNumber(dst, uint64(n), 8)
	}
	dst = appendText(appendText(dst, e.Log), e.Key)
	for _, tag := range e.Tags {
		dst = appendText(dst, tag)
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
	e.Stamp = r.number()
	e.Filled = time.UnixMilli(int64(r.number()))
	e.Age, e.TTL, e.StaleWhileRevalidate, e.StaleIfError = r.duration(), r.duration(), r.duration(), r.duration()
	size, tags := r.number(), r.number()
	e.Log, e.Key = r.text(), r.text()
	for ; tags > 0 && r.ok; tags-- {
		e.Tags = append(e.Tags, r.text())
	}
	e.Size = int(size)
	return e, summed, sum, r.ok && len(r.rest) == 0 && size < 1<<31
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

func (r *reader) number() uint64 { return number(r.take(8)) }

// duration reads milliseconds; what no duration can hold is none.
func (r *reader) duration() time.Duration {
	const most = 1 << 43 // 278 years
	n := int64(r.number())
	if n > most || n < -most {
		r.ok = false
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

func (r *reader) text() string { return string(r.take(number(r.take(4)))) }
