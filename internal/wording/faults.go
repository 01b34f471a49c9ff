//go:build !tinygo || documents || variables

package wording

// What a fragment as a whole cannot be mended of.
const (
	noscriptDecides = "what is open depends on whether <noscript> is text; close in it what is opened in it"
	cannotBeMended  = "its tags cannot be mended; close each element in the one that it is in"
)

// faultIs says what is wrong, where, and how.
const faultIs = "~ at byte ~ ~"

// faultTexts has a line for each fault of a fragment, by its number in internal/markup, from 1.
const faultTexts = `
is a part of a table, and the slot is in none; put that into the fragment
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
