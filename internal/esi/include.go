package esi

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
)

// include reads the tag of an <esi:include>.
func (r *Reader) include() {
	t := &r.tag
	if t.end {
		return // of an include that is not closed in its own tag
	}
	i := &Include{TTL: duration.Unset}
	var src, alt string
	var srcs int
	for _, a := range t.attributes {
		var wrong string
		switch a.name {
		case "src":
			src = a.value
			srcs++
		case "alt":
			alt = a.value
		case "onerror":
			if i.Continue = a.value == "continue"; !i.Continue {
				wrong = "not known; expected onerror=\"continue\""
			}
		case "ttl":
			d, err := duration.Parse(withUnit(a.value, "s"))
			if err != nil {
				wrong = err.Error()
				break
			}
			i.TTL = d
		case "maxwait":
			d, err := duration.Parse(withUnit(a.value, "ms"))
			switch {
			case err != nil:
				wrong = err.Error()
			case d == 0:
				wrong = "no time at all; expected milliseconds, or a unit: what nobody waits for is never shown"
			}
			i.MaxWait = time.Duration(d)
		default:
			wrong = "an attribute that is not supported; "
			if near := ascii.Nearest(a.name, attributes[:]); near != "" {
				wrong += "did you mean " + near + "? "
			}
			wrong += "expected src, alt, onerror, ttl or maxwait"
		}
		if wrong != "" {
			r.refuse("<esi:include> " + ascii.Shorten(a.name+"=\""+a.value+"\"") + ": " + wrong + ". It counts for nothing")
		}
	}
	switch {
	case srcs == 0:
		r.omit("without a src; expected src=\"…\"", i)
		return
	case srcs > 1:
		r.omit("with more than one src; expected one", i)
		return
	}
	var err error
	i.Src, err = r.source(src)
	if err != nil && alt == "" {
		r.omit("src: "+err.Error(), i)
		return
	}
	if alt != "" {
		other, wrong := r.source(alt)
		switch {
		case err != nil && wrong != nil:
			r.omit("src: "+err.Error(), i)
			return
		case err != nil:
			r.refuse("<esi:include> src: " + err.Error() + ". Its alt is included")
			i.Src = other
		case wrong != nil:
			r.refuse("<esi:include> alt: " + wrong.Error() + ". It counts for nothing")
		default:
			i.Alt = &other
		}
	}
	r.solid()
	r.add(Event{Kind: Included, From: t.at, To: r.pos + 1, Include: i})
}

// omit says why an include is left out.
func (r *Reader) omit(message string, i *Include) {
	r.refuse("<esi:include> " + message + ". Nothing is included")
	if !i.Continue {
		r.failed()
	}
}

var attributes = [...]string{"src", "alt", "onerror", "ttl", "maxwait"}

// withUnit adds the unit that a number alone has.
func withUnit(value, unit string) string {
	if value != "" && ascii.Only(value, ascii.IsDigit) {
		return value + unit
	}
	return value
}
