package markup

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
