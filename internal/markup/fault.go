package markup

import (
	"inlay/internal/decimal"
	"math/bits"
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

// fault is what is wrong with a fragment: a line of faultTexts, counted from 1.
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
	line, from, to := fault(1), 0, 0
	for ; ; to++ {
		if faultTexts[to] != '\n' {
			continue
		}
		if line == t.fault {
			break
		}
		line, from = line+1, to+1
	}
	what := "text"
	if t.tag.length > 0 {
		what = "<"
		if t.tag.closing && !t.tag.made {
			what = "</"
		}
		what += string(t.tag.text[:min(t.tag.length, maxName)]) + ">"
	}
	return what + " at byte " + decimal.String(t.tag.at) + " " + faultTexts[from:to]
}

// faultTexts has a line for each fault.
const faultTexts = `is a part of a table, and the slot is in none; put that into the fragment
cannot stand directly in <head>, where the slot is; put that into the body
cannot stand directly in <table>, where the slot is; begin with <tbody>
cannot stand directly in <tbody>, where the slot is; begin with <tr>
cannot stand directly in <tr>, where the slot is; begin with <td>
cannot stand directly in <colgroup>, where the slot is; begin with <col>
cannot stand directly in <select>, where the slot is; begin with <option>
would end the <p> around the slot; put the slot into a <div>
would end the <p> around the slot; put the slot into a <div>
would end the <a> around the slot; links do not nest
would end the <nobr> around the slot; close that before
would end the <li> around the slot; put a list into the fragment
would end the <dd> around the slot; put a list into the fragment
would end the <h1> around the slot; headings do not nest
is ignored within the <form> around the slot; forms do not nest
would end the <button> around the slot; buttons do not nest
would end the <option> around the slot; put the slot around that
would end the <optgroup> around the slot; put the slot around that
would end the <ruby> around the slot; put that into the fragment
would end the <ruby> around the slot; put that into the fragment
would be in what is open before the slot; close that before
is one of more than three alike around it; use styles
is one of more than three alike around it; use styles
is one of more than three alike around it; use styles
ends the <p> before it only in a page with <!doctype html>; write </p> before it
stands within another; forms do not nest
makes all the rest of the page text; leave it out
replaces the body; leave it out
with shadowrootmode stands at the top; put an element around it
with for is a patch; leave it out
has no <template> before it and would end the patch early
does not close what is open in its <form>; close that before it
ends what is no longer open; close what is in it first
has character references in a keyword; write the characters
is nested four deep with attributes; use styles
is nested more than 512 deep; nest less
is not closed; close it
is closed by the tag of another element; close it before that
ends the fragment; write &lt;
is a tag without its end; end it with >
stands in <select>, where browsers differ; write options only
stands directly in a table; put it around that
stands between the rows or cells of a table; put it into a cell
has a name that is not UTF-8, or longer than 128 bytes
comes after a tag of the page; leave that out
means nothing where it stands; leave it out
meets <search>, which some browsers do not know; use a <div>
is a marker of patches; leave it out
`
