package page

import (
	"inlay/internal/ascii"
	"inlay/internal/route"
)

// Text is the text of the page in which [Insert.Part] is.
func (p *Page) Text(part int) *string {
	if part < len(p.Static) {
		return &p.Static[part]
	}
	part -= len(p.Static)
	if s := &p.Slots[part/2]; part&1 == 0 {
		return &s.Skeleton
	} else {
		return &s.Error
	}
}

// Append writes a parameter as what it is there. Nothing of it can end the text or the value that it stands in, and what is
// percent-encoded has no colon and no slash of its own, so that it is neither a scheme nor a host.
func (in *Insert) Append(dst []byte, value string) []byte {
	if in.As >= AsURL {
		return route.AppendEncoded(dst, value, in.As == AsPath)
	}
	for i := 0; i < len(value); i++ {
		c := value[i]
		at := ascii.IndexAny("&<>\"'", value[i:i+1])
		if at < 0 || in.As == AsText && at > 2 {
			dst = append(dst, c)
			continue
		}
		const references = "&amp;&lt; &gt; &#34;&#39;"
		n := 5
		if at == 1 || at == 2 {
			n = 4
		}
		dst = append(dst, references[5*at:5*at+n]...)
	}
	return dst
}

// Filled is the page with parameters in its texts.
func (p *Page) Filled(params []string) *Page {
	f := *p
	f.Static = append([]string(nil), p.Static...)
	f.Slots = append([]Slot(nil), p.Slots...)
	for i := len(p.Inserts) - 1; i >= 0; i-- { // the last first, so that the others stay where they are
		in := &p.Inserts[i]
		value := string(in.Append(nil, params[in.Param]))
		text := f.Text(in.Part)
		*text = (*text)[:in.Off] + value + (*text)[in.Off:]
		f.Head.move(in, len(value))
		f.Tail.move(in, len(value))
	}
	return &f
}

// move is at what has been put before a cut, or behind it.
func (c *Cut) move(in *Insert, n int) {
	if c.Part == in.Part && c.Off >= in.Off {
		c.Off += n
	}
}
