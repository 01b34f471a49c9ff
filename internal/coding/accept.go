package coding

import (
	"strings"

	"inlay/internal/ascii"
)

// Accepts is what a client says in Accept-Encoding (RFC 9110, section 12.5.3) of the codings that there are: weights in thousandths.
// Of what else it names nothing is kept. The zero value asks for no coding.
type Accepts struct {
	weights  [Most]int16
	some     bool  // one of them is positive
	identity int16 // of no coding at all; -1: refused; 0: for want of anything else
}

const (
	unnamed = -2 // until the end of the field
	refused = -1
)

// Parse reads Accept-Encoding. A member that cannot be read says nothing; of one that is named twice the lesser weight holds. A field
// that is missing or empty asks for no coding.
func (c *Set) Parse(value string) (a Accepts) {
	if value == "" {
		return a
	}
	codings := c.names
	for i := range codings {
		a.weights[i] = unnamed
	}
	a.identity = unnamed
	others := int16(unnamed)
	for rest := value; rest != ""; {
		var member string
		member, rest, _ = strings.Cut(rest, ",")
		name, parameter, weighted := strings.Cut(member, ";")
		name = ascii.TrimOWS(name)
		weight := int16(1000)
		if weighted {
			var ok bool
			if weight, ok = parseWeight(ascii.TrimOWS(parameter)); !ok {
				continue
			}
		}
		if weight == 0 {
			weight = refused
		}
		of := &others
		switch {
		case name == "*":
		case ascii.EqualFold(name, "identity"):
			of = &a.identity
		default:
			if ascii.EqualFold(name, "x-gzip") { // RFC 9110, section 8.4.1.3
				name = "gzip"
			}
			of = nil
			for i, coding := range codings {
				if ascii.EqualFold(name, coding) {
					of = &a.weights[i]
				}
			}
		}
		if of != nil && (*of == unnamed || weight < *of) {
			*of = weight
		}
	}
	if a.identity == unnamed {
		a.identity = max(others, unnamed)
	}
	if a.identity == unnamed {
		a.identity = 0
	}
	for i := range codings {
		if a.weights[i] == unnamed {
			a.weights[i] = others
		}
		a.weights[i] = max(a.weights[i], 0)
		a.some = a.some || a.weights[i] > 0
	}
	return a
}

// parseWeight reads q=0.5 (RFC 9110, section 12.4.2), in thousandths.
func parseWeight(text string) (weight int16, ok bool) {
	if len(text) < 3 || text[0] != 'q' && text[0] != 'Q' || text[1] != '=' || len(text) > len("q=0.000") {
		return 0, false
	}
	whole, rest := text[2], text[3:]
	if whole != '0' && whole != '1' || rest != "" && rest[0] != '.' {
		return 0, false
	}
	unit := int16(1000)
	weight = int16(whole-'0') * unit
	for i := 1; i < len(rest); i++ {
		if unit /= 10; rest[i] < '0' || rest[i] > '9' {
			return 0, false
		}
		weight += int16(rest[i]-'0') * unit
	}
	return weight, weight <= 1000
}

// Any tells whether the client takes one of the codings.
func (a *Accepts) Any() bool { return a.some }

// Best is the index of the coding that the client likes best, of the first among equals; -1: none. usable is asked in that order until it
// reports true.
func (a *Accepts) Best(usable func(i int) bool) int {
	for rest := *a; ; {
		best, weight := -1, max(a.identity, 1)
		for i, w := range rest.weights {
			if w > weight || best < 0 && w == weight {
				best, weight = i, w
			}
		}
		if best < 0 || usable(best) {
			return best
		}
		rest.weights[best] = 0
	}
}

// Insists tells that the client refuses what is not coded.
func (a *Accepts) Insists() bool { return a.identity == refused }
