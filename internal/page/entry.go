package page

import "slices"

// Entry is what an engine knows of a page before it is first asked for.
type Entry struct {
	Pattern string
	// Foreign are the slots whose src names a host: it has to be one that the configuration allows.
	Foreign []Foreign
	// At is where the page's record begins, behind which its first part has Own bytes, what an engine has no use for Rest, and then its
	// text Text: bytes from the beginning of the pages. Zero natively, where pages are there.
	At, Own, Text int
	rest          int
}

// Foreign is a slot with an absolute src.
type Foreign struct {
	Line       int // in the shell
	Name, Host string
}

// TextAt is where the page's text begins.
func (e *Entry) TextAt() int { return e.At + e.Own + e.rest }

// Entries are those of pages.
func Entries(pages []Page) []Entry {
	all := make([]Entry, len(pages))
	for i := range pages {
		all[i] = entryOf(&pages[i])
	}
	return all
}

func entryOf(p *Page) Entry {
	e := Entry{Pattern: p.Pattern}
	for i := range p.Slots {
		if host := p.Slots[i].Host(); host != "" {
			e.Foreign = append(e.Foreign, Foreign{p.Slots[i].Line, p.Slots[i].Name, host})
		}
	}
	return e
}

func (w *writer) entry(e *Entry) {
	w.text(e.Pattern)
	w.number(len(e.Foreign))
	for _, f := range e.Foreign {
		w.number(f.Line)
		w.text(f.Name)
		w.text(f.Host)
	}
}

func (r *reader) entry(e *Entry) {
	e.Pattern = r.text()
	if n := r.count(3 * listLeast); n > 0 {
		e.Foreign = make([]Foreign, n)
	}
	for i := range e.Foreign {
		e.Foreign[i] = Foreign{int(r.long()), r.text(), r.text()}
	}
}

// Open reads the part of a page's record that an engine needs: Own bytes, which the page keeps pointing into. It has no Static, no
// Head, Tail and Closers: the layout has all of it. That what it names is there, only [Decode] finds out. The error says that it is of
// another build.
func (e *Entry) Open(own []byte) (p *Page, l *Layout, err error) {
	p, l = &Page{Pattern: e.Pattern}, &Layout{Size: e.Text}
	r := reader{data: own}
	r.page(p, l)
	if r.bad || len(r.data) > 0 {
		return nil, nil, errPages
	}
	return p, l, nil
}

// decode reads a page whole, out of all.
func (e *Entry) decode(all []byte, into *Page) error {
	p, l, err := e.Open(all[e.At : e.At+e.Own])
	if err != nil {
		return err
	}
	r := reader{data: all[e.At+e.Own : e.TextAt()]}
	for i := range p.Slots {
		if !p.Slots[i].Source.Fits(p.Params) {
			r.fail()
		}
		for j := range p.Slots[i].TagTemplates {
			if !p.Slots[i].TagTemplates[j].Fits(p.Params) {
				r.fail()
			}
		}
	}
	r.rest(p, string(all[e.TextAt():e.TextAt()+e.Text]))
	if r.bad || len(r.data) > 0 {
		return errPages
	}
	// What was said twice has to be the same.
	same := entryOf(p)
	if laid := Lay(p); !slices.Equal(e.Foreign, same.Foreign) || laid.Size != l.Size || laid.Sum != l.Sum || !slices.Equal(laid.Pieces, l.Pieces) {
		return errPages
	}
	*into = *p
	return nil
}

// rest writes what is left of a page, but for its text.
func (w *writer) rest(p *Page) {
	w.number(len(p.Static))
	for _, s := range p.Static {
		w.number(len(s))
	}
	for _, c := range [...]Cut{p.Head, p.Tail} {
		w.number(c.Part)
		w.number(c.Off)
	}
	w.text(p.Closers)
}

func (r *reader) rest(p *Page, text string) {
	if p.Static = make([]string, r.below(1<<16)); len(p.Static) != len(p.Slots)+1 {
		r.fail()
		return
	}
	for i := range p.Static {
		n := r.below(len(text) + 1)
		p.Static[i], text = text[:n], text[n:]
	}
	p.Head, p.Tail = r.cut(p.Static), r.cut(p.Static)
	p.Closers = r.text()
	if text != "" || p.Tail.Part != len(p.Slots) {
		r.fail()
	}
	for i := range p.Inserts {
		if in := &p.Inserts[i]; in.Part <= len(p.Slots) && in.Off > len(p.Static[in.Part]) {
			r.fail()
		}
	}
}

func (r *reader) cut(static []string) Cut {
	c := Cut{Part: r.below(len(static))}
	c.Off = r.below(len(static[c.Part]) + 1)
	return c
}
