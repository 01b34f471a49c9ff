package shell

import "inlay/internal/markup"

// told is what a slot may not do, as found, and what is expected instead. in says what slot.
func told(t *markup.Trouble, in string) (found, expected string) {
	found, expected = t.By+in, ""
	switch t.Is {
	case markup.ClosesAround:
		return found + " closes the <" + t.Of + "> around it", "a skeleton or error that closes only what it opens"
	case markup.ClosesWithin:
		return found + " closes the <" + t.Of + "> within it too", "</" + t.Of + "> before it"
	case markup.ClosesNothing:
		return found + " closes nothing", "a start tag for it in the slot"
	case markup.MovedOut:
		return found + " directly in <" + t.Of + ">, which browsers move out of the table", "a row or a cell around it"
	case markup.Implies:
		return found + " directly in <" + t.Of + "> opens a <" + t.Opens + ">, which stays open", "<" + t.Opens + "> around it, or around the slot"
	case markup.LeavesForeign:
		return found + " closes the <" + t.Of + "> that it stands in", "no HTML in svg and math, except in <foreignObject>"
	case markup.Forgets:
		return found + " is the fourth of its kind within each other, of which browsers forget the first", "fewer of them around it"
	case markup.StandsWithin:
		return found + " stands within <" + t.Of + ">", "</" + t.Of + "> before it"
	case markup.WithinSearch:
		return found + " stands within <search>, which some browsers do not know", "</search> before it"
	case markup.ItemInSearch:
		return found + " closes the <" + t.Of + "> around it in browsers that do not know <search>", "a list around it"
	case markup.NestedForm:
		return found + " within another, which browsers ignore", "one form only"
	case markup.NestedSelect:
		return found + " within another, which it closes", "</select> before it"
	case markup.FormInTable:
		return found + " directly in <" + t.Of + ">, which browsers close at once", "the form around the table, or in a cell"
	case markup.OutsideOfTable:
		return found + " outside of a table, which browsers ignore", "the slot, or the part, in a table"
	case markup.OfThePage:
		return found, "the slot within it"
	case markup.OfFrames:
		return found, "a page without frames"
	case markup.OfDoctype:
		return found, "none within a slot"
	case markup.InOldSelect:
		return found + " in <select>, which browsers with the older rules for it ignore", "options, in groups or not"
	case markup.EndsHead:
		return found, "a slot that lies within the head or within the body"
	case markup.EndsBody:
		return found, "the slot's end before it"
	case markup.LeavesHead:
		return found + " ends the head", "what belongs into a head, or the slot within <body>"
	}
	return found, expected
}
