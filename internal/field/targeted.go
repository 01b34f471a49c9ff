package field

import (
	"time"

	"inlay/internal/duration"
)

// ParseTargeted reads CDN-Cache-Control, which is a Dictionary of Structured Fields (RFC 9213, section 2.1). What does not
// parse or is empty counts as absent: used is false. Of a repeated directive the last counts (RFC 9651, section 4.2.2).
func ParseTargeted(v string) (c CacheControl, used bool) {
	c = CacheControl{MaxAge: duration.Unset, SMaxAge: duration.Unset, SWR: duration.Unset, SIE: duration.Unset}
	d := sfvReader{rest: v}
	d.skip(" ")
	for d.rest != "" {
		name, ok := d.key()
		if !ok {
			return c, false
		}
		value := sfvValue{kind: sfvBoolean, number: 1}
		if d.take('=') {
			if value, ok = d.value(); !ok {
				return c, false
			}
		}
		if !d.parameters() {
			return c, false
		}
		c.target(name, value)
		used = true
		if !d.comma() {
			return c, false
		}
	}
	return c, used
}

// target notes a directive. A lifetime that is no integer is 0, as one of Cache-Control is: with it goes nothing of what
// forbids.
func (c *CacheControl) target(name string, v sfvValue) {
	if d := c.lifetime(name); d != nil {
		if *d = 0; v.kind == sfvInteger {
			*d = time.Duration(min(max(0, v.number), int64(MaxDelta/time.Second))) * time.Second
		}
		return
	}
	if v.kind != sfvBoolean || v.number != 0 { // "private=?0" says nothing; a list of field names counts as without one
		c.forbidden(name)
	}
}
