package page

import (
	"inlay/internal/ascii"
	"inlay/internal/route"
)

// Text is the text of the page in which [Insert.Part] is; nil where the page has no Static, as in core.wasm.
func (p *Page) Text(part int) *string {
	if part <= len(p.Slots) {
		if part < len(p.Static) {
			return &p.Static[part]
		}
		return nil
	}
	part -= len(p.Slots) + 1
	if s := &p.Slots[part/2]; part&1 == 0 {
		return &s.Skeleton
	} else {
		return &s.Error
	}
}

// Append writes a parameter as what it is there. Nothing of it can end the text or the value that it stands in, and what is
// percent-encoded has no colon and no slash of its own, so that it is neither a scheme nor a host.
func (as InsertAs) Append(dst []byte, value string) []byte {
	if as >= AsURL {
		return route.AppendEncoded(dst, value, as == AsPath)
	}
	for i := 0; i < len(value); i++ {
		c := value[i]
		at := ascii.IndexAny("&<>\"'", value[i:i+1])
		if at < 0 || as == AsText && at > 2 {
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

// Filled is the page with parameters in the texts of its slots; the page itself if those have none.
func (p *Page) Filled(params []string) *Page {
	f := p
	for i := len(p.Inserts) - 1; i >= 0; i-- { // the last first, so that the others stay where they are
		in := &p.Inserts[i]
		if in.Part <= len(p.Slots) {
			break // they are in the order of their parts
		}
		if f == p {
			f = new(Page)
			*f = *p
			f.Slots = append([]Slot(nil), p.Slots...)
		}
		text := f.Text(in.Part)
		*text = (*text)[:in.Off] + string(in.As.Append(nil, params[in.Param])) + (*text)[in.Off:]
	}
	return f
}
