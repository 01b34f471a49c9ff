package shell

import "inlay/internal/markup"

// bodyEnd is the last </body> that nothing but the shell's end follows as far as slots are concerned.
type bodyEnd struct {
	at  int              // its offset, -1 for none
	doc *markup.Document // as it is before it
	// shared: the document is another reader's too.
	shared bool
}

func (l *bodyEnd) note(at int, d *markup.Document) {
	l.at = at
	if l.doc == nil || l.shared {
		l.doc, l.shared = new(markup.Document), false
	}
	l.doc.Copy(d)
}

// placePatches says where patches go, as an offset, and the end tags to be written before them, after which body is what is open.
// tails and ends are the shell as different browsers have read it up to there, and to its end. Where no end tags help, open is an element that stays
// open, and where it begins.
//
// Before the last </body> is the place for most pages. Where something is left open there, what follows belongs into it, be
// it only white space: then patches go to the end of the shell.
func placePatches(html string, tails []*bodyEnd, ends []*markup.Document) (at int, closers string, open *markup.Open) {
	at = tails[0].at
	var before []*markup.Document
	for _, l := range tails {
		if l.at != at {
			at = -1
		}
		before = append(before, l.doc)
	}
	if at >= 0 {
		closers, open = markup.Closers(before)
		if open == nil && (closers == "" || endsBody(html[at:])) {
			return at, closers, nil
		}
	}
	closers, open = markup.Closers(ends)
	return len(html), closers, open
}

// endsBody tells whether s is no more than the end tags of body and html.
func endsBody(s string) bool {
	z := markup.NewScanner(s)
	for t := z.Next(); t.Kind != markup.AtEnd; t = z.Next() {
		if t.Kind != markup.EndTag || t.Name != "body" && t.Name != "html" {
			return false
		}
	}
	return true
}
