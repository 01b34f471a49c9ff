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
		dst = append(append(dst, '&'), [...]string{"amp", "lt", "gt", "#34", "#39"}[at]...)
		dst = append(dst, ';')
	}
	return dst
}
