package answer

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
)

// How core.wasm asks shell.wasm, which is where answers are judged in a Worker: a Question and a Verdict are numbers of 64 bits each, lowest
// byte first, then texts, each ended by NUL, then what is kept. The answer itself comes from JavaScript, as texts: see [ReadAnswer].

// Places of a question's numbers.
const (
	askKind = iota // and, from asksStored on, flags
	askNow
	askTook
	askSlotTTL
	askSlotSWR
	askSlotSIE
	askTTL
	askSWR
	askSIE
	askMaxFragment
	askSize // of the answer's body
	askStoredSize
	askNames // how many header fields the slot declares, which are the first texts
	askTags  // how many tags, which follow
	askNumbers
)

// Flags of a question.
const (
	asksStored = 1 << (iota + 8)
	asksDeclared
	asksRequired
	asksHosts
)

// Places of a verdict's numbers. worker/shell.mjs makes one with a Failure of its own where none can be had.
const (
	saidFlags = iota
	saidReason
	saidStatus
	saidRetryAfter
	saidTTL
	saidSWR
	saidSIE
	saidKept // bytes of what is kept
	saidTags // how many, after three texts of the failure
	saidVary // how many names, which follow; the rest are names and values of a header
	saidNumbers
)

// Flags of a verdict.
const (
	saysTakenDown = 1 << iota
	saysRenews
	saysFits
	saysEdgeSlots
	saysESI
	saysReadable
	saysShared
)

// Append appends the question of an answer with a body of so many bytes.
func (q *Question) Append(dst []byte, size int) []byte {
	d := &q.Defaults
	n := [askNumbers]int64{
		askKind: int64(q.Kind), askNow: q.Now.UnixNano(), askTook: int64(q.Took),
		askTTL: int64(d.TTL), askSWR: int64(d.StaleWhileRevalidate), askSIE: int64(d.StaleIfError), askMaxFragment: int64(d.MaxFragment),
		askSize: int64(size), askStoredSize: int64(q.StoredSize), askTags: int64(len(q.Tags)),
	}
	for i, is := range [...]bool{q.Stored, q.Declared, q.Slot.Required, d.Hosts} {
		if is {
			n[askKind] |= asksStored << i
		}
	}
	s := q.Slot
	n[askSlotTTL], n[askSlotSWR], n[askSlotSIE] = int64(s.TTL), int64(s.StaleWhileRevalidate), int64(s.StaleIfError)
	for i := range s.Vary {
		n[askNames]++
		if s.Vary[i].Kind == route.Host {
			n[askNames]++
		}
	}
	dst = appendNumbers(dst, n[:])
	for i := range s.Vary {
		dst = appendText(dst, s.Vary[i].Field())
		if s.Vary[i].Kind == route.Host {
			dst = appendText(dst, "host")
		}
	}
	for _, tag := range q.Tags {
		at := len(dst)
		if dst = appendText(dst, tag); tag != "" && tag[0] == 0 {
			dst[at] = 1 // the engine's own: like no tag of an origin's, which have no control characters
		}
	}
	return append(dst, q.Kept...)
}

// ReadQuestion reads what Append has written, and the size of the answer's body. The slot has no more of what it declares than the names
// of header fields, which is all that an answer's Vary is compared with.
func ReadQuestion(p []byte) (q Question, size int) {
	var n [askNumbers]int64
	p = readNumbers(p, n[:])
	s := &page.Slot{
		TTL: time.Duration(n[askSlotTTL]), StaleWhileRevalidate: time.Duration(n[askSlotSWR]), StaleIfError: time.Duration(n[askSlotSIE]),
	}
	s.Required = n[askKind]&asksRequired != 0
	q = Question{
		Kind: Kind(n[askKind]), Slot: s, Now: time.Unix(0, n[askNow]), Took: time.Duration(n[askTook]),
		Defaults: Defaults{
			TTL: time.Duration(n[askTTL]), StaleWhileRevalidate: time.Duration(n[askSWR]), StaleIfError: time.Duration(n[askSIE]),
			MaxFragment: int(n[askMaxFragment]), Hosts: n[askKind]&asksHosts != 0,
		},
		Stored: n[askKind]&asksStored != 0, Declared: n[askKind]&asksDeclared != 0, StoredSize: int(n[askStoredSize]),
	}
	var text string
	for range n[askNames] {
		text, p = readText(p)
		s.Vary = append(s.Vary, route.Input{Kind: route.Header, Name: text})
	}
	for range n[askTags] {
		text, p = readText(p)
		q.Tags = append(q.Tags, text)
	}
	q.Kept = Kept(p)
	return q, int(n[askSize])
}

// Append appends a verdict.
func (v *Verdict) Append(dst []byte) []byte {
	n := [saidNumbers]int64{
		saidTTL: int64(v.Policy.TTL), saidSWR: int64(v.Policy.StaleWhileRevalidate), saidSIE: int64(v.Policy.StaleIfError),
		saidKept: int64(len(v.Kept)), saidTags: int64(len(v.Policy.Tags)), saidVary: int64(len(v.Vary)),
	}
	var f FillError
	if v.Failure != nil {
		f = *v.Failure
		n[saidReason], n[saidStatus], n[saidRetryAfter] = int64(f.Reason), int64(f.Status), int64(f.RetryAfter)
	}
	for i, is := range [...]bool{f.TakenDown, v.Renews, v.Fits, v.EdgeSlots, v.ESI, v.Readable, v.Shared} {
		if is {
			n[saidFlags] |= 1 << i
		}
	}
	dst = appendNumbers(dst, n[:])
	for _, text := range [...]string{f.Text, f.Type, f.Location} {
		dst = appendText(dst, text)
	}
	for _, tag := range v.Policy.Tags {
		dst = appendText(dst, tag)
	}
	for i := range v.Vary {
		dst = appendText(dst, v.Vary[i].Name)
	}
	for i := range v.Header {
		dst = appendText(appendText(dst, v.Header[i].Name), v.Header[i].Value)
	}
	return append(dst, v.Kept...)
}

// ReadVerdict reads what Append has written.
func ReadVerdict(p []byte) (v Verdict) {
	var n [saidNumbers]int64
	p = readNumbers(p, n[:])
	flags := n[saidFlags]
	if kept := len(p) - int(n[saidKept]); kept < len(p) { // an empty copy takes memory too
		v.Kept, p = Kept(p[kept:]), p[:kept]
	}
	var texts [3]string
	for i := range texts {
		texts[i], p = readText(p)
	}
	if n[saidReason] != 0 {
		v.Failure = &FillError{
			Reason: Reason(n[saidReason]), Status: int(n[saidStatus]), RetryAfter: time.Duration(n[saidRetryAfter]),
			Text: texts[0], Type: texts[1], Location: texts[2], TakenDown: flags&saysTakenDown != 0,
		}
	}
	v.Policy.TTL, v.Policy.StaleWhileRevalidate, v.Policy.StaleIfError = time.Duration(n[saidTTL]), time.Duration(n[saidSWR]), time.Duration(n[saidSIE])
	v.Renews, v.Fits, v.EdgeSlots, v.ESI = flags&saysRenews != 0, flags&saysFits != 0, flags&saysEdgeSlots != 0, flags&saysESI != 0
	v.Readable, v.Shared = flags&saysReadable != 0, flags&saysShared != 0
	for range n[saidTags] {
		texts[0], p = readText(p)
		v.Policy.Tags = append(v.Policy.Tags, texts[0])
	}
	for range n[saidVary] {
		texts[0], p = readText(p)
		v.Vary = append(v.Vary, route.Input{Kind: route.Header, Name: texts[0]})
	}
	for len(p) > 0 {
		texts[0], p = readText(p)
		texts[1], p = readText(p)
		v.Header = append(v.Header, field.Field{Name: texts[0], Value: texts[1]})
	}
	return v
}

// ReadAnswer reads what JavaScript tells of an answer with a body of so many bytes: how many heads there are, each redirect's and its own
// the last; of each its status, "1" if it set a cookie, and its fields, see [Fields]; then where it leads, see [Answer].Location, and
// names and values of its header, of which those are kept that go out with a page ([KeepsField]). What is no such text is an empty one.
func ReadAnswer(p []byte, size int) *Answer {
	var text string
	count, p := readCount(p)
	a := &Answer{}
	for len(p) > 0 && count > 0 {
		count--
		head := a
		if count > 0 {
			a.Redirects = append(a.Redirects, Answer{})
			head = &a.Redirects[len(a.Redirects)-1]
		}
		head.Status, p = readCount(p)
		text, p = readText(p)
		head.SetCookie = text != ""
		for i := range Fields {
			*head.Field(i), p = readText(p)
		}
	}
	a.Size = size
	a.Location, p = readText(p)
	for len(p) > 0 {
		var value string
		text, p = readText(p)
		value, p = readText(p)
		if KeepsField(text) {
			a.Header = append(a.Header, field.Field{Name: text, Value: value})
		}
	}
	return a
}

func appendText(dst []byte, text string) []byte { return append(append(dst, text...), 0) }

// readText takes a text off the front.
func readText(p []byte) (text string, rest []byte) {
	for i, c := range p {
		if c == 0 {
			return string(p[:i]), p[i+1:]
		}
	}
	return string(p), nil
}

// readCount takes a number of at most nine digits off the front, 0 for what is none.
func readCount(p []byte) (n int, rest []byte) {
	text, rest := readText(p)
	if len(text) < 10 {
		n, _ = ascii.Digits(text) // strconv.Atoi would be 9 KB
	}
	return n, rest
}

func appendNumbers(dst []byte, numbers []int64) []byte {
	for _, n := range numbers {
		for range 8 {
			dst = append(dst, byte(n))
			n >>= 8
		}
	}
	return dst
}

// readNumbers takes as many as there is room for off the front.
func readNumbers(p []byte, numbers []int64) (rest []byte) {
	for i := range numbers {
		for at := 7; at >= 0; at-- {
			numbers[i] = numbers[i]<<8 | int64(p[at])
		}
		p = p[8:]
	}
	return p
}
