package engine

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"inlay/internal/duration"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/route"
)

var slotMarkup = regexp.MustCompile(`<edge-slot name="([^"]*)" src="([^"]*)"(?: vary="([^"]*)")?( required)?>(.*?)</edge-slot>|<esi:include src="([^"]*)"( alt="[^"]*")?/>|` +
	`<esi:attr src="([^"]*)"/>|<esi:try><esi:attempt>(.*?)</esi:attempt><esi:except>(.*?)</esi:except></esi:try>|(<head>)|(</body>)`)

// parse is a small reader of slots, for tests of what the engine makes of them.
func parse(text []byte, p Parse) []byte {
	if strings.Contains(string(text), "<unreadable>") {
		return nil
	}
	var o page.Outline
	o.Pieces = outlineOf(&o, text, 0, len(text), p)
	return page.EncodeOutline(&o)
}

// fragments are those that texts are read with, one at a time.
var fragments = sync.Pool{New: func() any { return new(markup.Fragment) }}

// inspect is what a host's Inspect is.
func inspect(html []byte, o markup.InspectOptions) (markup.Inspection, []byte) {
	f := fragments.Get().(*markup.Fragment)
	defer fragments.Put(f)
	return f.Inspect(html, o)
}

// mendedBlob is the second blob that a host's Inspect gives.
func mendedBlob[B any](found *markup.Inspection, kept []byte, blob func([]byte) B) (b B) {
	if found.Mended {
		b = blob(kept)
	}
	return b
}

func outlineOf(o *page.Outline, text []byte, from, to int, p Parse) (pieces []page.Piece) {
	add := func(s page.Slot) {
		s.TTL, s.StaleWhileRevalidate, s.StaleIfError, s.Timeout = duration.Unset, duration.Unset, duration.Unset, duration.Unset
		s.Source = route.Template{Literal: []string{s.Src}}
		if !s.InPlace {
			s.Around = markup.InBody
		}
		pieces = append(pieces, page.Piece{Kind: page.SlotPiece, Slot: len(o.Slots)})
		o.Slots = append(o.Slots, s)
	}
	at := from
	for _, m := range slotMarkup.FindAllSubmatchIndex(text[from:to], -1) {
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return string(text[m[2*i]:m[2*i+1]])
		}
		if m[0] > at {
			pieces = append(pieces, page.Piece{From: at, To: m[0]})
		}
		at = m[1]
		name := "esi-" + strconv.Itoa(len(o.Slots)+1)
		switch {
		case group(1) != "":
			s := page.Slot{Name: group(1), Src: group(2), Required: group(4) != "", Skeleton: group(5)}
			if kind, name, ok := strings.Cut(group(3), ":"); ok {
				kinds := map[string]route.InputKind{"query": route.Query, "header": route.Header, "cookie": route.Cookie}
				s.Vary = []route.Input{{Kind: kinds[kind], Name: name}}
				s.Varies.Add(s.Vary)
			}
			add(s)
		case group(6) != "":
			s := page.Slot{Name: name, Src: group(6), Origins: page.Origins{Lenient: true}}
			if alt := group(7); alt != "" {
				s.Else = len(o.Slots) + 1
			}
			add(s)
			if alt := group(7); alt != "" {
				add(page.Slot{Name: name + "b", Src: strings.Trim(alt[5:], `"`), Origins: page.Origins{Lenient: true}})
				pieces = pieces[:len(pieces)-1]
			}
		case group(8) != "":
			add(page.Slot{Name: name, Src: group(8), Origins: page.Origins{Lenient: true, InPlace: true}})
		case m[2*9] >= 0:
			i := len(o.Slots)
			add(page.Slot{Name: name, Origins: page.Origins{Whole: true, Else: i + 1}})
			add(page.Slot{Name: name + "x"})
			pieces = pieces[:len(pieces)-1]
			attempt := outlineOf(o, text, m[2*9], m[2*9+1], p)
			except := outlineOf(o, text, m[2*10], m[2*10+1], p)
			if attempt == nil {
				attempt = []page.Piece{{Kind: page.LiteralPiece}}
			}
			if except == nil {
				except = []page.Piece{{Kind: page.LiteralPiece}}
			}
			o.Slots[i].Group, o.Slots[i+1].Group = attempt, except
		case group(11) != "" && p.Document:
			at = m[0]
			pieces = append(pieces, page.Piece{From: at, To: m[1]}, page.Piece{Kind: page.HeadPiece})
			at = m[1]
		case group(12) != "" && p.Document:
			pieces = append(pieces, page.Piece{Kind: page.TailPiece})
			at = m[0]
		default:
			pieces = append(pieces, page.Piece{From: m[0], To: m[1]})
		}
	}
	if at < to {
		pieces = append(pieces, page.Piece{From: at, To: to})
	}
	return pieces
}

// parsePart is the outline of the last of some parts of a text, whose slots are numbered after those of the others.
func parsePart(parts []string, p Parse) []byte {
	last, before := len(parts)-1, 0
	for _, text := range parts[:last] {
		o, _ := page.DecodeOutline(parse([]byte(text), p))
		before += len(o.Slots)
	}
	o, _ := page.DecodeOutline(parse([]byte(parts[last]), p))
	shift := func(pieces []page.Piece) {
		for i := range pieces {
			pieces[i].Slot += before
		}
	}
	shift(o.Pieces)
	for i := range o.Slots {
		slot := &o.Slots[i]
		shift(slot.Group)
		if slot.Else != 0 {
			slot.Else += before
		}
		if name, ok := strings.CutPrefix(slot.Name, "esi-"); ok {
			n, _ := strconv.Atoi(strings.TrimRight(name, "bx"))
			slot.Name = "esi-" + strconv.Itoa(n+before) + strings.TrimLeft(name, "0123456789")
		}
	}
	return page.EncodeOutline(&o)
}
