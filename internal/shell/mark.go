package shell

import (
	"slices"
	"strings"

	"inlay/internal/page"
)

// A mark is a byte that says how a parameter is to be written, its name, and a byte that ends it.
const (
	marks   = "\x01\x02\x03\x04\x05" // the first for page.AsText, and so on
	markEnd = "\x05"
)

func markOf(as page.InsertAs) string { return marks[as : as+1] }

// unmark takes the marks out of what has been read, and notes where they were.
func (p *parser) unmark() {
	s := &p.page.Shell
	part := 0
	take := func(text *string, cuts ...*page.Cut) {
		*text = p.takeMarks(*text, part, cuts)
		part++
	}
	for i := range s.Static {
		var cuts []*page.Cut
		for _, c := range []*page.Cut{&s.Head, &s.Tail} {
			if c.Part == i {
				cuts = append(cuts, c)
			}
		}
		take(&s.Static[i], cuts...)
	}
	for i := range p.page.Slots {
		take(&p.page.Slots[i].Skeleton)
		take(&p.page.Slots[i].Error)
	}
}

// takeMarks takes the marks out of a text. The cuts in it stay where they are in what is left.
func (p *parser) takeMarks(text string, part int, cuts []*page.Cut) string {
	at := make([]int, len(cuts)) // as the text was
	for i, c := range cuts {
		at[i] = c.Off
	}
	var b strings.Builder
	from := 0
	for {
		i := strings.IndexAny(text[from:], marks)
		if i < 0 {
			break
		}
		begin := from + i
		b.WriteString(text[from:begin])
		name, _, _ := strings.Cut(text[begin+1:], markEnd)
		from = begin + len(name) + 2
		p.page.Inserts = append(p.page.Inserts, page.Insert{
			Part: part, Off: b.Len(), Param: slices.Index(p.page.Params, name), As: page.InsertAs(text[begin] - marks[0]),
		})
		for j, c := range cuts {
			if at[j] >= from {
				c.Off = at[j] - from + b.Len()
			}
		}
	}
	b.WriteString(text[from:])
	return b.String()
}
