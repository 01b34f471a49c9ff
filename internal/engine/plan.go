package engine

import (
	"inlay/internal/answer"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
)

// plan is a page made ready for writing: its shell's text as blobs.
type plan[B any] struct {
	*page.Page

	// static are the shell's parts around the slots, as they stand in a whole page.
	static []B
	// stream are the same with the fallback script in the head and without what follows the patches, which is rest.
	stream []B
	rest   B
	slots  []slotPlan[B]
	bytes  int // of the static parts together
	sum    [16]byte
	link   string // value of the Link field, empty for none
	vary   string // value of the Vary field, empty for none
}

// slotPlan is a slot's own text as blobs.
type slotPlan[B any] struct {
	*page.Slot
	skeleton    B // as it stands in a whole page
	placeholder B // the skeleton between its markers
	failed      B // <edge-error>'s content, where the slot has one
	patch       B // begins a patch: <template for="…">
	failedPatch B // the whole patch that shows failed
	patchEnd    B

	// untagged: the origin's last answer for the slot had no tags of its own.
	untagged bool
	// misfit is why a fragment of this sum, the last that was tried, may not stand here.
	misfit    *answer.FillError
	misfitSum [16]byte
}

func newPlan[B any](host Host[B], p *page.Page) plan[B] {
	text := func(s string) B { return host.NewBlob([]byte(s)) }
	pl := plan[B]{Page: p, link: joinLinks(p), vary: varyField(p)}
	h := newSum()
	for _, s := range p.Static {
		pl.static = append(pl.static, text(s))
		pl.bytes += len(s)
		h.writeString(s)
		h.add(0)
	}
	pl.sum = h.bytes()

	// The tail is never before the last slot, so it lies in the last part.
	streamed := append([]string(nil), p.Static...)
	last := len(streamed) - 1
	rest := streamed[last][p.Tail.Off:]
	streamed[last] = streamed[last][:p.Tail.Off] + p.Closers
	at := streamed[p.Head.Part]
	streamed[p.Head.Part] = at[:p.Head.Off] + patch.Element + at[p.Head.Off:]
	for _, s := range streamed {
		pl.stream = append(pl.stream, text(s))
	}
	pl.rest = text(rest)

	end := text(patch.End)
	for i := range p.Slots {
		s := &p.Slots[i]
		sp := slotPlan[B]{
			Slot:        s,
			skeleton:    text(s.Skeleton),
			placeholder: text(string(patch.AppendPlaceholder(nil, s.Name, s.Skeleton))),
			patch:       text(string(patch.AppendStart(nil, s.Name))),
			patchEnd:    end,
		}
		if s.HasError {
			sp.failed = text(s.Error)
			sp.failedPatch = text(string(patch.AppendStart(nil, s.Name)) + s.Error + patch.End)
		}
		pl.slots = append(pl.slots, sp)
	}
	return pl
}

func joinLinks(p *page.Page) string {
	if !p.Preload {
		return ""
	}
	value := ""
	for i, link := range p.Links {
		if len(value)+len(", ")+len(link) > maxLink {
			break // the browser finds the others in the head
		}
		if i > 0 {
			value += ", "
		}
		value += link
	}
	return value
}

// varyField names the header fields that the page's fragments depend on, for a page that others may store (RFC 9110,
// section 12.5.5). Where they are too many it says that nobody but inlay can tell.
func varyField(p *page.Page) string {
	value := ""
	add := func(name string) {
		if value != "" {
			value += ", "
		}
		value += name
	}
	seen := map[string]bool{}
	for i := range p.Slots {
		for _, in := range p.Slots[i].Vary {
			name := in.Name
			switch in.Kind {
			case route.Query:
				continue
			case route.Cookie:
				name = "cookie"
			}
			if !seen[name] {
				seen[name] = true
				add(name)
			}
			if len(value) > maxVary {
				return "*"
			}
		}
	}
	return value
}
