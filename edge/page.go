package edge

import (
	"time"

	"inlay/internal/duration"
	"inlay/internal/page"
)

// Page is a URL pattern and its shell, as [ParsePage] makes it from HTML. The fields above Slots are the page's own policy:
// ParsePage sets only Pattern, the rest is for the caller to fill in before the page is handed over. A Page is not changed
// after that and may be shared.
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

	// Header are fields that the page's answers have besides those that inlay gives them: whole, streamed, to HEAD, with 304,
	// and where it cannot be shown. Refused are fields that are inlay's to set or to leave out, such as Vary and ETag, and
	// Cache-Control, for which there is CacheControl. To a Content-Security-Policy that would forbid the fallback script,
	// [FallbackCSPHash] is added.
	Header []Field

	// Slots are the shell's slots in the order of the shell.
	Slots []Slot

	shell page.Shell
}

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
	Vary []Input

	// Required makes the page answer 502 if the slot's fragment fails before anything was sent; 404 or 410 if that is what its origin
	// says, with the origin's own page; or with the origin's redirect, if that stays on the site.
	Required bool

	// Region says that isolates of one region share fills: a Worker that has the Durable Object RegionFill bound asks the origin
	// once for all of them. Without it, and natively, the slot's fragment is filled as any other: once an isolate, or process.
	Region bool
	// NoEarly says that it is not renewed before it is stale, however often it is asked for. Attribute early="off".
	NoEarly bool

	// Skeleton is the HTML that shows until the fragment is there: the slot's content without its <edge-error>, and without what
	// parameters are in it.
	Skeleton string

	// Error is the HTML that shows when the fill failed: the content of the slot's <edge-error>.
	Error string

	// HasError tells an empty <edge-error> from none.
	HasError bool

	// Line is where the slot's tag begins in the shell, counted from 1.
	Line int

	place page.Place
}

// Unset is the value of a [Slot]'s duration whose attribute was left out.
const Unset time.Duration = duration.Unset

// Input is something of a request that a fragment depends on besides its page's parameters, as declared in vary.
type Input struct {
	Kind InputKind
	// Name is the name of a cookie, a header field or a parameter. Of what is derived it is what it is derived by: the tags
	// of Language ("de,en,fr"), the codes of Country ("DE,AT,*"; empty: all), the name and the number of shares of Bucket
	// ("price/2"). Of Host it is empty.
	Name string
}

// InputKind says which part of a request an [Input] is.
type InputKind uint8

const (
	// Cookie is a cookie, by name; names are case-sensitive.
	Cookie InputKind = iota + 1
	// Header is a header field; its name is kept in lower case.
	Header
	// Query is a parameter of the query, by its decoded name.
	Query

	// What follows is derived: the origin gets what was made of the request, and never what it was made of.

	// Host is the visitor's host. The origin finds it in X-Forwarded-Host.
	Host
	_
	// Language is the one of a list of language tags that the visitor reads best, by Accept-Language. The origin finds it there.
	Language
	// Country is where the platform says that the visitor is. The origin finds it in CF-IPCountry.
	Country
	// Bucket is the share of all visitors that this one belongs to, by a cookie that is set on the page. The origin finds it in
	// the cookie.
	Bucket
)

// Mode is how a page with cold fragments leaves. A page whose fragments are all there leaves as one body in every mode.
type Mode uint8

const (
	// Auto lets the request decide: what a browser's parser reads is streamed, all else is ordered.
	Auto Mode = iota
	// Stream sends the shell at once, with skeletons, and late fragments as patches on the same answer.
	Stream
	// Ordered sends each fragment in its place and waits for it there: for readers that run nothing and do not know the
	// HTML standard's patches.
	Ordered
	// Complete waits for all fragments and sends one body with a Content-Length.
	Complete
)

// String is the mode's name as ?inlay= takes it.
func (m Mode) String() string { return page.Mode(m).String() }
