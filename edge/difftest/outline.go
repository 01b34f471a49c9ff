package difftest

import (
	"strconv"
	"strings"

	"inlay/internal/esi"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/shell"
)

// Outlined serves the case as a page of the origin, of which the shell is the document, in the way of the engine: composed, streamed,
// and in order. Its parts are as long as given; 0 is the whole.
func Outlined(c Case, options shell.OutlineOptions, part int) Answers {
	var o page.Outline
	reader := shell.NewOutliner(options)
	add := func(more page.Outline, _ []string) {
		o.Pieces, o.Slots = append(o.Pieces, more.Pieces...), append(o.Slots, more.Slots...)
	}
	for rest := c.Shell; rest != ""; {
		n := len(rest)
		if part > 0 {
			n = min(n, part)
		}
		add(reader.Write([]byte(rest[:n])))
		rest = rest[n:]
	}
	add(reader.End())
	w := composer{c: c, o: &o}
	for i := range o.Slots {
		w.slots = append(w.slots, w.fill(&o.Slots[i]))
	}
	var a Answers
	warm, cold := w.pieces(nil, o.Pieces, false), w.pieces(nil, o.Pieces, true)
	a.Warm, a.Cold, a.Ordered, a.Unfilled = string(warm), string(cold), string(warm), w.unfilled
	if !w.streams {
		a.Cold = a.Warm
	}
	if options.ESI {
		a.Ordered = Included(c, options.Base)
	}
	return a
}

// composer writes an outline's page.
type composer struct {
	c        Case
	o        *page.Outline
	slots    []filled
	patches  []byte
	unfilled []string
	streams  bool
}

// filled is what becomes of a slot.
type filled struct {
	html   string
	failed bool
}

// fragmentOf is what the origin answers for a slot, whatever comes before the number in its src.
func (c Case) fragmentOf(src string) string {
	n, err := strconv.Atoi(src[strings.LastIndexByte(src, '/')+1:])
	if err != nil || n >= len(c.Fragments) {
		return Fails
	}
	return c.Fragments[n]
}

func (w *composer) fill(s *page.Slot) filled {
	if s.Src == "" {
		return filled{}
	}
	html := w.c.fragmentOf(s.Src)
	if html == Fails || s.InPlace {
		return filled{html, html == Fails}
	}
	mended, ok := stands(html, s.Around, s.Depth)
	return filled{mended, !ok}
}

// stands mends a fragment as the engine does, and tells whether it may stand at a place.
func stands(html string, around markup.Mask, depth int) (string, bool) {
	f := new(markup.Fragment)
	for range 2 {
		var edits []markup.Edit
		for _, scripting := range [...]bool{true, false} {
			f.Reset(scripting, 0)
			f.Write([]byte(html))
			if f.End() != "" || f.Conflicts()&around != 0 || f.Depth()+depth > markup.MaxDepth {
				return "", false
			}
			if scripting {
				edits = append(edits, f.Edits()...)
			} else if len(edits) != len(f.Edits()) {
				return "", false
			}
			if !f.Noscript() {
				break
			}
		}
		if len(edits) == 0 {
			return html, true
		}
		for i := len(edits) - 1; i >= 0; i-- {
			e := &edits[i]
			html = html[:e.At] + e.Put + html[e.At+e.Cut:]
		}
	}
	return "", false
}

func (w *composer) pieces(dst []byte, list []page.Piece, streamed bool) []byte {
	for _, p := range list {
		switch p.Kind {
		case page.TextPiece:
			dst = append(dst, w.c.Shell[p.From:p.To]...)
		case page.LiteralPiece:
			dst = append(dst, p.Text...)
		case page.SlotPiece:
			dst = w.slot(dst, p.Slot, streamed)
		case page.HeadPiece:
			if streamed {
				dst = append(dst, patch.Element...)
			}
		case page.TailPiece:
			if streamed && w.streams {
				dst = append(dst, p.Text...)
				dst = append(dst, w.patches...)
			}
		}
	}
	return dst
}

func (w *composer) slot(dst []byte, i int, streamed bool) []byte {
	s := &w.o.Slots[i]
	content, ok := w.content(i)
	if !streamed || s.InPlace {
		return append(dst, content...)
	}
	w.streams = true
	dst = patch.AppendPlaceholder(dst, s.Name, s.Skeleton)
	if !ok && !s.HasError {
		w.unfilled = append(w.unfilled, string(patch.AppendName(nil, s.Name)))
		return dst
	}
	if !ok {
		w.unfilled = append(w.unfilled, string(patch.AppendName(nil, s.Name)))
	}
	w.patches = patch.AppendStart(w.patches, s.Name)
	w.patches = append(w.patches, content...)
	w.patches = append(w.patches, patch.End...)
	return dst
}

// content is what shows in a slot, and whether that is what was to show.
func (w *composer) content(i int) (html string, ok bool) {
	s, f := &w.o.Slots[i], &w.slots[i]
	failed := f.failed
	html = f.html
	if s.Src == "" {
		html = string(w.pieces(nil, s.Group, false))
		failed = s.Whole && w.anyFails(s.Group)
	}
	switch {
	case !failed:
		return html, true
	case s.Else > 0:
		return w.content(s.Else)
	case s.HasError:
		return s.Error, false
	}
	return s.Skeleton, false
}

func (w *composer) anyFails(list []page.Piece) bool {
	for _, p := range list {
		if p.Kind == page.SlotPiece {
			if _, ok := w.content(p.Slot); !ok {
				return true
			}
		}
	}
	return false
}

// Included is the case's document with its includes replaced as bytes, in the way of Varnish: what is included is not looked at.
func Included(c Case, base string) string {
	r := esi.New(base)
	events := append(r.Write([]byte(c.Shell)), r.End()...)
	var b strings.Builder
	var write func([]esi.Event) bool
	include := func(e *esi.Include) bool {
		html := c.fragmentOf(e.Src.Text)
		if html == Fails && e.Alt != nil {
			html = c.fragmentOf(e.Alt.Text)
		}
		if html == Fails {
			return e.Continue
		}
		b.WriteString(html)
		return true
	}
	write = func(list []esi.Event) bool {
		ok := true
		for i := range list {
			switch e := &list[i]; e.Kind {
			case esi.Text:
				b.WriteString(c.Shell[e.From:e.To])
			case esi.Included:
				ok = include(e.Include) && ok
			case esi.Tried:
				before := b.String()
				if !write(e.Attempt) {
					b.Reset()
					b.WriteString(before)
					ok = write(e.Except) && ok
				}
			}
		}
		return ok
	}
	write(events)
	return b.String()
}
