package coding

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
)

// Kept is what the body of a page that is kept is there as: as it is, in codings, or both. A form is made when it is first
// asked for of a page that is warm, by one request for all who ask meanwhile.
//
// What decided: for a page of 17 KB gzip takes 310 µs at level 6 and 70 at level 1, the rest of a warm answer 30. So a form pays with its
// second answer. It takes a third of what the page takes already; and once nobody asks for the page as it is, that goes, and
// one who does costs 50 µs, which decoding takes.
type Kept struct {
	set   *Set
	size  int
	text  atomic.Pointer[[]byte]       // nil: it is there in a coding alone, the one called solid
	forms [Most]atomic.Pointer[[]byte] // one that points to nil is not worth it
	solid atomic.Int32
	run   atomic.Uint32 // answers in a coding since one that was not
	plain atomic.Uint32 // answers that were decoded since text went

	mu sync.Mutex // of whoever makes a form, or changes text
}

const (
	// soleAfter is after how many answers in a coding in a row a page is kept in that alone.
	soleAfter = 64
	// backAfter is after how many answers that were decoded it is kept as it is again.
	backAfter = 2
	// formOverhead is what a form counts against the budget beside its bytes: its heads.
	formOverhead = 1 << 10
)

var unworthy []byte

// Keep makes a body kept as it is: text, which is not to be changed any more.
func (c *Set) Keep(text []byte) *Kept {
	k := &Kept{set: c, size: len(text)}
	k.text.Store(&text)
	return k
}

// Size is how many bytes it has as it is.
func (k *Kept) Size() int { return k.size }

// Text is the body as it is.
func (k *Kept) Text() []byte {
	if text := k.text.Load(); text != nil {
		return *text
	}
	i := k.solid.Load()
	text, err := k.set.list[i].Decode(make([]byte, 0, k.size), *k.forms[i].Load()) // which stays, once it is there
	if err != nil {
		k.set.fails(int(i), err) // it was tried before
	}
	return text
}

// Show is Text for an answer, and by how many bytes what it counts has grown: it is kept as it is again when it is asked for so.
func (k *Kept) Show() (text []byte, more int) {
	if k.run.Load() > 0 {
		k.run.Store(0)
	}
	if text := k.text.Load(); text != nil {
		return *text, 0
	}
	return k.showDecoded()
}

func (k *Kept) showDecoded() (text []byte, more int) {
	text = k.Text()
	if k.plain.Add(1) < backAfter {
		return text, 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.text.Load() == nil && len(text) == k.size {
		k.plain.Store(0)
		k.text.Store(&text)
		more = k.size
	}
	return text, more
}

// In is the body in a coding for an answer, nil if that is not worth it, and by how many bytes what it counts has grown.
func (k *Kept) In(i int) (form []byte, more int) {
	p := k.forms[i].Load()
	if p == nil {
		p, more = k.make(i)
	}
	if *p != nil && k.text.Load() != nil && k.run.Add(1) >= soleAfter {
		more -= k.reduce(i)
	}
	return *p, more
}

// Made is the body in a coding if it has been made, nil if not or if that was not worth it.
func (k *Kept) Made(i int) []byte {
	if p := k.forms[i].Load(); p != nil {
		return *p
	}
	return nil
}

func (k *Kept) make(i int) (p *[]byte, more int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p = k.forms[i].Load(); p != nil {
		return p, 0
	}
	form := k.set.encode(i, k.Text())
	if form == nil || len(form) >= k.size {
		k.forms[i].Store(&unworthy)
		return &unworthy, 0
	}
	form = bytes.Clone(form) // without room for more
	k.forms[i].Store(&form)
	return &form, len(form) + formOverhead
}

// reduce lets go of the page as it is, and says how many bytes that were.
func (k *Kept) reduce(i int) int {
	if !k.mu.TryLock() {
		return 0 // the next does
	}
	defer k.mu.Unlock()
	text := k.text.Load()
	if text == nil || k.run.Load() < soleAfter {
		return 0
	}
	same, err := k.set.list[i].Decode(make([]byte, 0, k.size), *k.forms[i].Load())
	if err == nil && !bytes.Equal(same, *text) {
		err = errors.New("what it encodes it does not decode to the same")
	}
	if err != nil {
		k.set.fails(i, err)
		k.run.Store(0)
		return 0
	}
	k.solid.Store(int32(i))
	k.text.Store(nil)
	return k.size
}
