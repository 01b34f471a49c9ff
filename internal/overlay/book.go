package overlay

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

const (
	maxVisits = 50
	maxFills  = 400
	// maxText is how many bytes of a page are kept to find its slots in: in a longer one none is found behind them.
	maxText = 2 << 20
	// maxTexts is how many visits, the last ones, keep theirs.
	maxTexts = 8
)

// Shown is what an answer has of a slot, in what is written next: see engine.Shown.
type Shown struct {
	Slot, Key, Status, Failure string
	Pending, InPlace           bool
	From, To                   int
}

// Fill is one attempt to get a fragment from its origin.
type Fill struct {
	Slot, Key, Page string
	// To is who was asked: a URL, or binding:NAME, or nothing for handlers that come with the program.
	To           string
	Visit        string // that it was led by; empty: by none that is looked at
	Began, Ended time.Time
	Status       int
	Reason, Text string // of its failure
}

// Book has the last visits, and the last fills. Its zero value is empty.
type Book struct {
	mu     sync.Mutex
	visits []*Visit
	fills  []*Fill
}

// Visit is one page on its way to a browser.
type Visit struct {
	ID, Target, Method string

	book             *Book
	began, head, end time.Time
	status           int
	mode, request    string // of the page, and the number that its log lines have; "" if they are not known
	text             []byte
	passed           int // bytes of the page that have gone by
	arrivals         []arrival
	next             []Shown // for what is written next
	wrote            int     // bytes that the engine has written
	slots            []*slot
	fills            []*Fill // in place of the book's, where those are elsewhere
}

// arrival says that so many bytes had gone by at a time.
type arrival struct {
	bytes int
	at    time.Time
}

// slot is what a visit knows of a slot: its last Shown, and where its placeholder and its content stand in the page.
type slot struct {
	Shown
	holder, content span
}

// span is a range of a page's bytes; the zero value is none.
type span struct{ from, to int }

func (s span) is() bool { return s.to > s.from || s.from > 0 }

// Begin is a visit that begins.
func (b *Book) Begin(method, target string, at time.Time) *Visit {
	var id [12]byte
	_, _ = rand.Read(id[:]) // which does not fail
	v := &Visit{ID: hex.EncodeToString(id[:]), Target: target, Method: method, book: b, began: at}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.visits = append(b.visits, v); len(b.visits) > maxVisits {
		b.visits = append(b.visits[:0:0], b.visits[1:]...)
	}
	if n := len(b.visits) - 1 - maxTexts; n >= 0 {
		b.visits[n].text = nil
	}
	return v
}

// Visit is one of the last, nil if it is not.
func (b *Book) Visit(id string) *Visit {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.visits {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// FillBegins notes a fill.
func (b *Book) FillBegins(f Fill) *Fill {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fills = append(b.fills, &f); len(b.fills) > maxFills {
		b.fills = append(b.fills[:0:0], b.fills[len(b.fills)-maxFills/2:]...)
	}
	return &f
}

// FillEnds notes the end of a fill: with an answer's status, or 0; failed, if it is no fragment, with a reason and a text.
func (b *Book) FillEnds(f *Fill, at time.Time, status int, reason, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f.Ended, f.Status, f.Reason, f.Text = at, status, reason, text
}

// Shown notes what the next Wrote has of a slot.
func (v *Visit) Shown(s Shown) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	if s.From < 0 {
		v.slot(s)
		return
	}
	v.next = append(v.next, s)
}

// Wrote notes that the engine has written bytes of the page.
func (v *Visit) Wrote(n int) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	for _, s := range v.next {
		at := span{v.wrote + s.From, v.wrote + s.To}
		if one := v.slot(s); s.Pending {
			one.holder = at
		} else {
			one.content = at
		}
	}
	v.next = v.next[:0]
	v.wrote += n
}

// Take takes what is known of the visit elsewhere: what was shown and written, which replay tells by Shown and Wrote, and the fills.
func (v *Visit) Take(fills []Fill, replay func()) {
	v.book.mu.Lock()
	v.slots, v.next, v.wrote = nil, nil, 0
	v.fills = make([]*Fill, len(fills))
	for i := range fills {
		v.fills[i] = &fills[i]
	}
	v.book.mu.Unlock()
	replay()
}

// slot is where a slot of a name is noted. The book is locked.
func (v *Visit) slot(s Shown) *slot {
	for _, one := range v.slots {
		if one.Slot == s.Slot {
			one.Shown = s
			return one
		}
	}
	one := &slot{Shown: s}
	v.slots = append(v.slots, one)
	return one
}

// Head notes that the head of the answer goes by.
func (v *Visit) Head(at time.Time, status int, header http.Header) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	v.head, v.status = at, status
	v.mode, v.request = modeOf(header.Get("Server-Timing")), header.Get("Inlay-Request")
}

// Passes notes bytes of the page that go by.
func (v *Visit) Passes(p []byte, at time.Time) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	v.passed += len(p)
	if n := len(v.arrivals); n > 0 && v.arrivals[n-1].at.Equal(at) {
		v.arrivals[n-1].bytes = v.passed
	} else {
		v.arrivals = append(v.arrivals, arrival{v.passed, at})
	}
	if room := maxText - len(v.text); room > 0 {
		v.text = append(v.text, p[:min(room, len(p))]...)
	}
}

// Ends notes that the page has gone by.
func (v *Visit) Ends(at time.Time) {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	v.end = at
}

// arrived is when the byte before an offset went by; zero if it has not.
func (v *Visit) arrived(offset int) time.Time {
	for _, a := range v.arrivals {
		if a.bytes >= offset {
			return a.at
		}
	}
	return time.Time{}
}
