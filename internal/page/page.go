package page

import (
	"time"

	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/route"
)

// Page is a URL pattern, a policy, and what was read of a shell. What each field of the policy means is told at
// inlay/edge.Page, for those who set it. A Page is not changed once an engine has it.
type Page struct {
	Pattern      string        // in the path syntax of net/http's ServeMux
	Mode         Mode          // Auto: the request decides
	CacheControl string        // of the page itself; empty: private, no-cache
	Preload      bool          // send Links
	Patience     time.Duration // before the shell leaves; 0: the configuration's
	Header       []field.Field // besides inlay's own; names in lower case
	Slots        []Slot        // in the order of the shell
	Shell
}

// NotFound is the pattern of the page that is shown where there is none. No path matches it, no router has it, and
// core.wasm does not get it.
const NotFound = "404"

// IsStatus tells whether a pattern is that of a page which is shown with a status: 404, 5xx, 4xx, or another one of those with
// which inlay answers.
func IsStatus(pattern string) bool {
	switch pattern {
	case NotFound, "4xx", "5xx", "400", "410", "500", "502", "503", "504":
		return true
	}
	return false
}

// Shell is what was read of a shell, besides its slots.
type Shell struct {
	// Static is the shell's text around the slots: len(Slots)+1 parts, the shell without its slots when joined.
	Static []string
	// Head is where the head script goes: right after <head …>, else after <html …>, else after the doctype, else at 0.
	Head Cut
	// Tail is where patches go: right before the last </body>, else at the end; never before the last slot.
	Tail Cut
	// Links are Link header values for what the shell's head will load.
	Links []string
	// Closers are the end tags of what the shell leaves open at tail; they come before patches, which must be children
	// of body.
	Closers string
	// Params are the names of the pattern's parameters, in order.
	Params []string
	// Inserts are where parameters go, in the order of their parts and offsets.
	Inserts []Insert
	// varies is what all slots vary on.
	varies route.Varying
}

// Insert is a place in a page's texts where a parameter of its pattern goes.
type Insert struct {
	// Part is the text: so many as there are static parts are these; then come the skeleton and the error of the first slot,
	// those of the second, and so on.
	Part  int
	Off   int // in that text
	Param int // index into Params
	As    InsertAs
}

// InsertAs is what a parameter is written as.
type InsertAs uint8

// What a parameter may be.
const (
	AsText  InsertAs = iota // text
	AsValue                 // the value in quotes of an attribute
	AsURL                   // the same, percent-encoded as a segment of a URL
	AsPath                  // the same, with the slashes of a {name...}
)

// Cut is a place in a page's static parts: the offset Off in Static[Part].
type Cut struct{ Part, Off int }

// Slot is a named place in a shell, with its policy. What each field means is told at inlay/edge.Slot. Its durations may be
// [duration.Unset], as ParsePage leaves those that nobody wrote.
type Slot struct {
	Name                 string // unique in the page
	Src                  string // as written, with {params}; Source is what becomes of it
	TTL                  time.Duration
	StaleWhileRevalidate time.Duration
	StaleIfError         time.Duration
	Timeout              time.Duration
	Tags                 []string      // as written; TagTemplates are what becomes of them
	Vary                 []route.Input // what the key has besides the parameters
	Required             bool
	Region               bool   // one fill a region: share="region"
	NoEarly              bool   // it is not renewed before it is stale: early="off"
	Skeleton             string // HTML
	Error                string // HTML, if HasError
	HasError             bool
	Line                 int // in the shell, from 1
	Place
	Origins
}

// Origins is what only slots in an origin's pages and fragments can have, those of an [Outline].
type Origins struct {
	// InPlace: no patch can put it where it stands, in an attribute or a script or such, so the page waits for it there, and its
	// content is not looked at as markup.
	InPlace bool
	// Lenient: its answer may be of any type of text, or of none.
	Lenient bool
	// Else is the index of the slot that takes its place when it fails; 0: none.
	Else int
	// Group is what it consists of, in place of a fragment: a slot without Src. Whole: it has failed if any slot in it has.
	Group []Piece
	Whole bool
	// Inputs are what the holes of Source are filled with, by their Param: the inputs' values, percent-encoded. Where the request has
	// none, the default of the same index.
	Inputs   []route.Input
	Defaults []string
	// Document: the slot is the whole of a page of the origin: its shell.
	Document bool
}

// Varies is what all slots vary on.
func (p *Page) Varies() *route.Varying { return &p.varies }

// Place is what was read of a slot besides its policy: how its src and tags are put together, and where it stands.
type Place struct {
	Source       route.Template // of Src, canonical
	TagTemplates []route.Template
	Varies       route.Varying // Vary, in the order of keys
	Around       markup.Mask   // facts about what the slot stands in
	Depth        int           // how many elements that is, <html> among them
	// Reach is, of a slot in a fragment, which facts of the fragment's own place hold here too: see [markup.Mask.Within].
	Reach markup.Mask
}

// Settle is called when all slots are there: what they vary on, the page does.
func (p *Page) Settle() {
	p.varies = route.Varying{}
	for i := range p.Slots {
		p.varies.Add(p.Slots[i].Vary)
	}
}
