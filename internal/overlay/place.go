package overlay

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"

	"inlay/internal/patch"
)

// Marked is the page as it would be if each slot had been there from the beginning, with a comment at both ends of each: <!--inlay:N-->
// and <!--/inlay:N-->, where N is its place in what Told lists. Slots where markup cannot be told from text have none. The page
// in the browser has no such marks: the script reads this text with the browser's own parser, looks which elements and texts are
// between them, and finds the same ones in the page.
func (v *Visit) Marked() []byte {
	v.book.mu.Lock()
	defer v.book.mu.Unlock()
	m := marker{text: v.text}
	for i, s := range v.slots {
		one := mark{number: i, name: len(s.Slot), place: s.content, content: s.content, plain: s.InPlace}
		switch {
		case s.holder.is() && s.content.is():
			one.place, one.patched = s.holder, true
			m.skips = append(m.skips, m.patchAround(s.content))
		case s.holder.is():
			one.place, one.content = s.holder, m.skeleton(s.holder)
		case !s.content.is():
			continue
		}
		if one.place.to <= len(m.text) && one.content.to <= len(m.text) {
			m.marks = append(m.marks, one)
		}
	}
	slices.SortStableFunc(m.marks, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.place.from, b.place.from), cmp.Compare(b.place.to, a.place.to), cmp.Compare(a.name, b.name))
	})
	slices.SortFunc(m.skips, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	m.write(0, len(m.text), -1)
	return m.out
}

type mark struct {
	number, name   int // name: how long it is, which that of a slot around it is not
	place, content span
	patched        bool // content stands elsewhere
	plain          bool
	done           bool
}

type marker struct {
	text  []byte
	marks []mark
	skips []span // patches, which have been put into their places
	out   []byte
}

// patchAround is the patch that has a content.
func (m *marker) patchAround(content span) span {
	around := content
	if content.to > len(m.text) {
		return span{}
	}
	if from := bytes.LastIndex(m.text[:content.from], []byte("<template for=")); from >= 0 {
		around.from = from
	}
	if bytes.HasPrefix(m.text[content.to:], []byte(patch.End)) {
		around.to += len(patch.End)
	}
	return around
}

// skeleton is what stands between the markers of a placeholder.
func (m *marker) skeleton(holder span) span {
	if holder.to > len(m.text) {
		return holder
	}
	inside := holder
	if end := bytes.IndexByte(m.text[holder.from:holder.to], '>'); end >= 0 {
		inside.from += end + 1
	}
	if to := bytes.LastIndex(m.text[inside.from:holder.to], []byte("<?end")); to >= 0 {
		inside.to = inside.from + to
	}
	return inside
}

// write writes the text of a range, in the content of a mark or (-1) in the page.
func (m *marker) write(from, to, within int) {
	for i := range m.marks {
		one := &m.marks[i]
		if one.done || i == within || one.place.from < from || one.place.to > to {
			continue
		}
		if m.isIn(one.place, within) {
			continue // of a patch, which has been put into its place
		}
		one.done = true
		m.copy(from, one.place.from, within)
		from = one.place.to
		if !one.plain {
			m.out = append(strconv.AppendInt(append(m.out, "<!--inlay:"...), int64(one.number), 10), "-->"...)
		}
		m.write(one.content.from, one.content.to, i)
		if !one.plain {
			m.out = append(strconv.AppendInt(append(m.out, "<!--/inlay:"...), int64(one.number), 10), "-->"...)
		}
	}
	m.copy(from, to, within)
}

// isIn tells whether a place lies in a patch, where that is not what is being written.
func (m *marker) isIn(place span, within int) bool {
	if within >= 0 {
		return false
	}
	for _, s := range m.skips {
		if place.from >= s.from && place.to <= s.to {
			return true
		}
	}
	return false
}

// copy writes text; of the page itself without the patches.
func (m *marker) copy(from, to, within int) {
	if within < 0 {
		for _, s := range m.skips {
			if s.to <= from || s.from >= to {
				continue
			}
			if s.from > from {
				m.out = append(m.out, m.text[from:s.from]...)
			}
			from = max(from, s.to)
		}
	}
	if from < to {
		m.out = append(m.out, m.text[from:to]...)
	}
}
