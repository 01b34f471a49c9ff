package page

import (
	"errors"
	"time"

	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Pages are parsed where they are built, so that a shell which does not parse fails the build, and core.wasm needs no
// parser and no shells: it reads them in this form, which only a build of the same sources can read. What it reads at its start is the
// head, which has no more of a page than it takes to find it; each page is read when it is first asked for, and its text never.
//
//	pages  = magic size head *record
//	size   = four bytes, the lowest first: of head
//	head   = texts script count *entry
//	texts  = count *text, those of internal/wording
//	script = text, the fallback script's element
//	entry  = pattern, sources on other hosts, and how long the three parts of its record are: see [Entry]
//	record = page rest text: what an engine reads, what only [Decode] does, and Static, joined
//	text   = length bytes
//	number = seven bits a byte, the lowest first, the eighth bit saying that more follow; the sign is the lowest bit
//
// The fields of a page and a slot follow in the order in which page.go declares them.

const pagesMagic = "inlay pages 10\n"

// StartSize is how many bytes of pages say how long their head is.
const StartSize = len(pagesMagic) + 4

// Encode writes pages for [Decode].
func Encode(pages []Page) []byte {
	head := writer{}
	head.texts(wording.All())
	head.text(Fallback)
	head.number(len(pages))
	var records []byte
	for i := range pages {
		p := &pages[i]
		var own, rest writer
		l := Lay(p)
		own.page(p, l)
		rest.rest(p)
		e := entryOf(p)
		head.entry(&e)
		head.number(len(own.buf))
		head.number(len(rest.buf))
		head.number(l.Size)
		records = append(append(records, own.buf...), rest.buf...)
		for _, s := range p.Static {
			records = append(records, s...)
		}
	}
	n := len(head.buf)
	all := append([]byte(pagesMagic), byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	return append(append(all, head.buf...), records...)
}

// Decode reads what [Encode] wrote, all of it. The error says that it is something else.
func Decode(data []byte) ([]Page, error) {
	size := HeadSize(data)
	if size == 0 || len(data) < StartSize+size {
		return nil, errPages
	}
	entries, err := DecodeHead(data[StartSize:StartSize+size], len(data))
	if err != nil {
		return nil, err
	}
	pages := make([]Page, len(entries))
	for i := range pages {
		if err := entries[i].decode(data, &pages[i]); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// HeadSize is how long the head of pages is, by their first [StartSize] bytes; 0: they are something else.
func HeadSize(start []byte) int {
	n := len(pagesMagic)
	if len(start) < StartSize || string(start[:n]) != pagesMagic {
		return 0
	}
	return int(start[n]) | int(start[n+1])<<8 | int(start[n+2])<<16 | int(start[n+3]&0x7f)<<24
}

// DecodeHead reads the head of pages that are so long with all that belongs to them. The entries keep pointing into it.
func DecodeHead(head []byte, size int) ([]Entry, error) {
	r := reader{data: head}
	if texts := r.texts(); !loadFallback(r.text()) || !wording.Load(texts) {
		return nil, errPages
	}
	entries := make([]Entry, r.count(entryLeast))
	at := StartSize + len(head)
	for i := range entries {
		e := &entries[i]
		r.entry(e)
		e.At = at
		e.Own, e.rest, e.Text = r.below(size+1-at), r.below(size+1-at), r.below(size+1-at)
		at += e.Own + e.rest + e.Text
		if at > size {
			r.fail()
			at = size
		}
	}
	if r.bad || len(r.data) > 0 || at != size {
		return nil, errPages
	}
	return entries, nil
}

var errPages = errors.New("edge: these are no pages, or another build's; build again")

// entryLeast, slotLeast, insertLeast and listLeast are the fewest bytes that an entry, a slot, an insert and an item of a list take: a count
// that promises more than there can be is refused before anything is allocated for it.
const (
	entryLeast  = 5
	slotLeast   = 18
	listLeast   = 1
	insertLeast = 4
)

type writer struct{ buf []byte }

// long appends a number. encoding/binary would, but needs reflection.
func (w *writer) long(n int64) {
	u := uint64(n)<<1 ^ uint64(n>>63)
	for ; u >= 0x80; u >>= 7 {
		w.buf = append(w.buf, byte(u)|0x80)
	}
	w.buf = append(w.buf, byte(u))
}

func (w *writer) number(n int)             { w.long(int64(n)) }
func (w *writer) duration(d time.Duration) { w.long(int64(d)) }

func (w *writer) text(s string) {
	w.number(len(s))
	w.buf = append(w.buf, s...)
}

func (w *writer) flag(b bool) {
	if b {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *writer) texts(list []string) {
	w.number(len(list))
	for _, s := range list {
		w.text(s)
	}
}

// page writes what an engine needs.
func (w *writer) page(p *Page, l *Layout) {
	w.number(int(p.Mode))
	w.text(p.CacheControl)
	w.flag(p.Preload)
	w.duration(p.Patience)
	w.number(len(p.Header))
	for _, f := range p.Header {
		w.text(f.Name)
		w.text(f.Value)
	}
	w.number(len(p.Slots))
	for i := range p.Slots {
		w.slot(&p.Slots[i])
	}
	w.texts(p.Links)
	w.texts(p.Params)
	w.inserts(p.Inserts)
	w.pieces(l.Pieces)
	w.buf = append(w.buf, l.Sum[:]...)
}

func (w *writer) slot(s *Slot) {
	w.text(s.Name)
	w.text(s.Src)
	w.duration(s.TTL)
	w.duration(s.StaleWhileRevalidate)
	w.duration(s.StaleIfError)
	w.duration(s.Timeout)
	w.texts(s.Tags)
	w.inputs(s.Vary)
	w.flag(s.Required)
	w.flag(s.Region)
	w.flag(s.NoEarly)
	w.text(s.Skeleton)
	w.text(s.Error)
	w.flag(s.HasError)
	w.number(s.Line)
	w.template(&s.Source)
	w.number(len(s.TagTemplates))
	for i := range s.TagTemplates {
		w.template(&s.TagTemplates[i])
	}
	w.number(int(s.Around))
	w.number(s.Depth)
}

func (w *writer) template(t *route.Template) {
	w.texts(t.Literal)
	for _, h := range t.Holes {
		w.number(h.Param)
		w.flag(h.Path)
	}
	w.flag(t.Query)
}

// reader reads until something is wrong; from then on everything is zero.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) fail() {
	r.bad = true
	r.data = nil
}

func (r *reader) long() int64 {
	var u uint64
	for i, b := range r.data {
		if i == 10 {
			break
		}
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.data = r.data[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	r.fail()
	return 0
}

func (r *reader) duration() time.Duration { return time.Duration(r.long()) }
func (r *reader) flag() bool              { return r.below(2) == 1 }

// below reads a number from 0 to limit-1.
func (r *reader) below(limit int) int {
	n := r.long()
	if n < 0 || n >= int64(limit) {
		r.fail()
		return 0
	}
	return int(n)
}

// count reads how many things follow that take least bytes each.
func (r *reader) count(least int) int { return r.below(len(r.data)/least + 1) }

func (r *reader) text() string {
	n := r.count(1)
	s := string(r.data[:min(n, len(r.data))])
	r.data = r.data[len(s):]
	return s
}

func (r *reader) texts() []string {
	n := r.count(listLeast)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *reader) page(p *Page, l *Layout) {
	p.Mode = Mode(r.below(len(modeNames)))
	p.CacheControl = r.text()
	p.Preload = r.flag()
	p.Patience = r.duration()
	p.Header = make([]field.Field, r.count(2*listLeast))
	for i := range p.Header {
		p.Header[i] = field.Field{Name: r.text(), Value: r.text()}
	}
	slots := r.count(slotLeast)
	if slots > 0 {
		p.Slots = make([]Slot, slots)
	}
	for i := range p.Slots {
		r.slot(&p.Slots[i])
	}
	p.Links = r.texts()
	p.Params = r.texts()
	r.inserts(p)
	l.Pieces = r.pieces()
	if len(r.data) < len(l.Sum) {
		r.fail()
	} else {
		r.data = r.data[copy(l.Sum[:], r.data):]
	}
	p.Settle()
}

func (w *writer) inserts(list []Insert) {
	w.number(len(list))
	for _, in := range list {
		w.number(in.Part)
		w.number(in.Off)
		w.number(in.Param)
		w.number(int(in.As))
	}
}

func (r *reader) inserts(p *Page) {
	n := r.count(insertLeast)
	if n > 0 {
		p.Inserts = make([]Insert, n)
	}
	part, off := 0, 0
	for i := range p.Inserts {
		in := Insert{Part: r.below(3*len(p.Slots) + 1)}
		most := 1 << 30
		if text := p.Text(in.Part); text != nil {
			most = len(*text) + 1
		}
		in.Off = r.below(most)
		in.Param, in.As = r.below(len(p.Params)), InsertAs(r.below(int(AsPath)+1))
		if in.Part < part || in.Part == part && in.Off < off {
			r.fail()
		}
		if r.bad {
			p.Inserts = nil
			return
		}
		part, off = in.Part, in.Off
		p.Inserts[i] = in
	}
}

func (r *reader) slot(s *Slot) {
	s.Name = r.text()
	s.Src = r.text()
	s.TTL = r.duration()
	s.StaleWhileRevalidate = r.duration()
	s.StaleIfError = r.duration()
	s.Timeout = r.duration()
	s.Tags = r.texts()
	s.Vary = r.inputs()
	s.Required = r.flag()
	s.Region = r.flag()
	s.NoEarly = r.flag()
	s.Skeleton = r.text()
	s.Error = r.text()
	s.HasError = r.flag()
	s.Line = int(r.long())
	s.Source = r.template()
	if n := r.count(2 * listLeast); n > 0 {
		s.TagTemplates = make([]route.Template, n)
	}
	for i := range s.TagTemplates {
		s.TagTemplates[i] = r.template()
	}
	s.Around = markup.Mask(r.below(1 << 30))
	s.Depth = r.below(markup.MaxDepth + 2 + 1) // html and body do not count
	s.Varies.Add(s.Vary)
}

func (r *reader) template() route.Template {
	t := route.Template{Literal: r.texts()}
	if len(t.Literal) == 0 {
		r.fail()
		return t
	}
	if len(t.Literal) > 1 {
		t.Holes = make([]route.Hole, len(t.Literal)-1)
	}
	for i := range t.Holes {
		t.Holes[i] = route.Hole{Param: r.below(1 << 16), Path: r.flag()}
	}
	t.Query = r.flag()
	return t
}
