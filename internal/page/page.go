package page

import (
	"time"

	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/route"
)

// Page is a URL pattern and its shell, as [shell.Parse] makes it from HTML. The exported fields above Slots are the
// page's own policy: ParsePage sets only Pattern, the rest is for the caller to fill in before the page is handed over.
// A Page is not changed after that and may be shared.
type Page struct {
	// Pattern says which paths the page answers: the path syntax of net/http's ServeMux (/products/{id}, /docs/{path...},
	// /{$}), without method and host.
	Pattern string

	// Mode fixes how the page leaves. Zero (Auto): the request decides.
	Mode Mode

	// CacheControl is the Cache-Control of the page itself. Empty: "private, no-cache".
	CacheControl string

	// Preload sends Link headers for the stylesheets, scripts and preloads that the shell's head names.
	Preload bool

	// Patience is how long the page waits for fills before its shell leaves, so that fast fragments go inline.
	// Zero: the handler's default.
	Patience time.Duration

	// Header are fields that the page's answers have besides those of inlay, with names in lower case.
	Header []field.Field

	// Slots are the shell's slots in the order of the shell.
	Slots []Slot

	Shell
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
	// Varies is what all slots vary on.
	Varies route.Varying
}

// Cut is a place in a page's static parts: the offset off in static[part].
type Cut struct{ Part, Off int }

// Slot is a named place in a shell: where its fragment comes from, its policy, and what shows until it is there.
type Slot struct {
	// Name is unique in the page; at most 64 bytes, no control characters.
	Name string

	// Src is where the fragment comes from, as written, with {params} in it: an absolute path (/fragments/price/{id}),
	// an absolute http or https URL, or binding:NAME/path.
	Src string

	// TTL is how long the fragment is fresh. Unset: the origin's Cache-Control decides. Zero: it is never stored and
	// never shared.
	TTL time.Duration

	// StaleWhileRevalidate is how long past its TTL the fragment may still be used while a fill renews it. Unset: the
	// origin's Cache-Control decides.
	StaleWhileRevalidate time.Duration

	// StaleIfError is how long past its TTL the fragment may still be used when its fill fails. Unset: the origin's
	// Cache-Control decides.
	StaleIfError time.Duration

	// Timeout is how long a fill may take. Unset: the handler's default.
	Timeout time.Duration

	// Tags are what the fragment can be purged by, with {params} in them.
	Tags []string

	// Vary are the inputs of the request, other than the pattern's parameters, that the fragment depends on. They are
	// part of its key; the origin sees no others.
	Vary []route.Input

	// Required makes the page answer 502 if the slot's fragment fails before anything was sent.
	Required bool

	// Skeleton is the HTML that shows until the fragment is there: the slot's content without its <edge-error>.
	Skeleton string

	// Error is the HTML that shows when the fill failed: the content of the slot's <edge-error>.
	Error string

	// HasError tells an empty <edge-error> from none.
	HasError bool

	// Line is where the slot's tag begins in the shell, counted from 1.
	Line int

	Place
}

// Place is what was read of a slot besides its policy: how its src and tags are put together, and where it stands.
type Place struct {
	Source       route.Template
	TagTemplates []route.Template
	Varies       route.Varying
	// Around are the facts about what the slot stands in, and depth how many elements, <html> among them.
	Around markup.Mask
	Depth  int
}

// Settle is called when all slots are there: what they vary on, the page does.
func (p *Page) Settle() {
	p.Varies = route.Varying{}
	for i := range p.Slots {
		p.Varies.Add(p.Slots[i].Vary)
	}
}
