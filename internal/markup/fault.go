package markup

import (
	"math/bits"

	"inlay/internal/decimal"
	"inlay/internal/wording"
)

// Mask is a set of facts about a place in a page. For a slot it says what holds there; for a fragment, where it would be
// read differently, or change how the page is read after it.
type Mask uint32

// What the place holds: exactly one of these is true of it.
const (
	InBody     Mask = 1 << iota // what may stand in the body, in a cell or in a caption
	InHead                      // the head
	InTable                     // directly in <table>
	InSection                   // directly in <tbody>, <thead> or <tfoot>
	InRow                       // directly in <tr>
	InColgroup                  // directly in <colgroup>
	InSelect                    // anywhere in <select>

	// What is open around it, or was.

	Paragraph      // <p>, which the start tag of a block ends ("in button scope")
	TableParagraph // the same, where the page has a doctype, with which <table> ends it too
	Link           // <a> is among the active formatting elements
	NoBreak        // <nobr>, in scope
	ListItem       // <li> which another one would end
	Definition     // <dd> or <dt> which another one would end
	Heading        // directly in h1 to h6
	Form           // a form whose end tag has not come
	Button         // <button>, in scope
	Option         // directly in <option>
	OptionGroup    // directly in <optgroup>, which is in <select>
	Ruby           // <ruby>, in scope
	RubyPart       // the same, directly in an element whose end tag may be left out
	Reopened       // formatting elements wait to be opened again
	Alike1         // at least one active formatting element
	Alike2         // two of one name
	Alike3         // three of one name
	Quirks         // the page has no doctype, or one that means quirks mode
)

// facts is how many there are.
const facts = 25

const anywhere = InBody | InHead | InTable | InSection | InRow | InColgroup | InSelect

// MaxDepth is how deep browsers nest elements; what is deeper they make siblings.
const MaxDepth = 512

// fault is what is wrong with a fragment: a line of faultTexts in internal/wording, counted from 1.
type fault uint8

const (
	faultNone  fault = iota
	faultPlace       // the first of as many as there are facts of a Mask, in their order
)

const (
	faultFormInForm fault = iota + faultPlace + facts
	faultPlaintext
	faultFrames
	faultShadowAtTop
	faultPatch
	faultEndsPatch
	faultFormCloses
	faultMisnested
	faultEncoded
	faultFourDeep
	faultTooDeep
	faultUnclosed
	faultUnclosedPart
	faultEndsInLess
	faultTagOpen
	faultInSelect
	faultTableForm
	faultFoster
	faultName
	faultDropped
	faultSuperfluous
	faultSearch
	faultMarker
	faultLast // none
)

// reject notes what is wrong with the tag being read, if nothing was before. Nothing more is read then. A document may have
// what a fragment may not.
//
//go:noinline
func (t *tree) reject(is fault) {
	if t.fault == faultNone && !t.inDocument() {
		t.fault = is
	}
}

// refuse is reject for an element whose tag was read before.
func (t *tree) refuse(e *element, is fault) {
	t.setTag(e.name, t.nameOf(e), int(e.at))
	t.reject(is)
}

// conflict notes where the fragment may not stand.
func (t *tree) conflict(m Mask) {
	t.conflicts |= m
	if m &= t.watch; m != 0 {
		t.reject(faultPlace + fault(bits.TrailingZeros32(uint32(m))))
	}
}

// message says what is wrong with the fragment; empty: nothing.
func (t *tree) message() string {
	if t.fault == faultNone {
		return ""
	}
	what := "text"
	if t.tag.length > 0 {
		what = "<"
		if t.tag.closing && !t.tag.made {
			what = "</"
		}
		what += string(t.tag.text[:min(t.tag.length, maxName)]) + ">"
	}
	return wording.Of(wording.FaultIs, what, decimal.String(t.tag.at), wording.Of(wording.FirstFault+wording.ID(t.fault-1)))
}
