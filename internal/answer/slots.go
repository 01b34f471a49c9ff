package answer

import (
	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// What an origin's answer says of slots in its body, and what follows for a page of the origin: which of its answer's fields
// go out with it, and what of a request it depends on.

// Slots tells which slots an answer says are in its body: <edge-slot> where Inlay-Slots lists edge-slot, and ESI where it
// lists esi, or Surrogate-Control has content="ESI/1.0".
func (a *Answer) Slots() (edge, esi bool) {
	own, any := field.Surrogate(a.SurrogateControl)
	return hasWord(a.InlaySlots, "edge-slot"), hasWord(a.InlaySlots, "esi") || hasWord(own, "esi/1.0") || hasWord(any, "esi/1.0")
}

// CanHaveSlots tells whether an answer's body can be read for slots: it is HTML in UTF-8, and not compressed.
func CanHaveSlots(a *Answer) bool {
	e := ascii.TrimOWS(a.ContentEncoding)
	return refuseType(a.ContentType) == "" && (e == "" || ascii.EqualFold(e, "identity"))
}

// hasWord tells whether a word, in any case, is among those of a field.
func hasWord(text, word string) bool {
	for text != "" {
		n := ascii.IndexAny(text+",", " \t,+=\"")
		if ascii.EqualFold(text[:n], word) {
			return true
		}
		text = text[min(n+1, len(text)):]
	}
	return false
}

// maxVary is how many header fields a page of the origin can depend on.
const maxVary = 16

// ShellVary are the header fields that a page of the origin depends on by its Vary. ok is false where it cannot be kept: on
// cookies, on Authorization, on all that a fill does not carry, or on more than 16 fields. Accept-Encoding is no
// matter, and host and scheme are in the key of each such page anyway.
func ShellVary(vary string) (inputs []route.Input, ok bool) {
	for vary != "" {
		var name string
		name, vary, _ = ascii.Cut(vary, ",")
		name = ascii.ToLower(ascii.TrimOWS(name))
		if name == "" || alwaysVaried(name) {
			continue
		}
		in := route.Input{Kind: route.Header, Name: name}
		known := false
		for i := range inputs {
			known = known || inputs[i] == in
		}
		switch {
		case known:
			continue
		case len(inputs) == maxVary || !ascii.Only(name, field.IsTokenChar) || name == "*" || !route.MayVary(name):
			return nil, false
		}
		inputs = append(inputs, in)
	}
	return inputs, true
}

// alwaysVaried tells whether a name of a Vary is in the key of a page of the origin whatever it says, or no matter.
func alwaysVaried(name string) bool {
	return ascii.EqualFold(name, "accept-encoding") || ascii.EqualFold(name, "host") || ascii.EqualFold(name, page.HostField) ||
		ascii.EqualFold(name, protoField)
}

// protoField carries the visitor's scheme to the origin.
const protoField = "x-forwarded-proto"

// KeepsField tells whether a field of an answer, by its lower-case name, goes out with each answer that is made of a page of the
// origin which was kept: not what is of one connection, one visitor or one transfer, what describes bytes that are not sent any more,
// and what was meant for inlay.
func KeepsField(name string) bool {
	for names := wording.List(wording.FieldsNotKept); names != ""; {
		var one string
		one, names, _ = ascii.Cut(names, " ")
		if name == one || one[len(one)-1] == '-' && ascii.HasPrefix(name, one) {
			return false
		}
	}
	return name != "" && ascii.Only(name, field.IsTokenChar)
}
