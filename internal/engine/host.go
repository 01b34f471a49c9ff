package engine

import (
	"time"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/route"
)

// RequestID names a request between the engine and its host: the host gives it, and gives it to no other request until
// this one has finished or left.
type RequestID uint32

// FillID names one attempt of a fill. The engine gives it and never gives it twice.
type FillID uint32

// Request is what the engine is told of a request.
type Request struct {
	ID     RequestID
	Method string
	// Target is the request's target in origin form: path and query, as they came.
	Target string
	// HTTP10 says that the client cannot read a chunked body (RFC 9112, section 7.1).
	HTTP10 bool
	// Fields reads the request's header; the engine reads only what it needs.
	Fields Fields
	// Sent is for an answer that another engine began before it was lost: how many blobs that one wrote after Respond.
	// The answer is continued. Zero: nothing was sent.
	Sent int
	// Visit: the host wants to know what the answer has of each slot, while the site is being written: see [Host.Shown].
	Visit bool
	// Draw is a number that is unlike that of other requests: it decides which share of a bucket a visitor without a cookie of it
	// gets, and whether a fragment is renewed early. Zero where each ID is given once: that decides then. The same if the request is
	// told again.
	Draw uint64

	// What Warm finds out for the rest of the way; the buffers are used again if the Request is.
	path, query string
	internal    bool // the path is inlay's own, or could be read so
	page        int  // -1: no page answers it
	shell       bool // but it is known, or said, that the origin's answer has slots
	params      []string
	key         []byte // of the composed page
	bad         error  // why a page answers it with 400
	own         string // the target without what asks for a slot alone
	alone       bool   // one slot of the page is asked for
	slot        string // which
	in          visitor
}

// Fields reads header fields by their lower-case name: the values of a repeated field joined by ", " (of cookie by
// "; "), empty when there is none.
type Fields interface {
	Field(name string) string
}

// Host does what the engine asks. The engine calls it only during an event and never waits for it; a host must not call
// the engine back from within such a call.
//
// B is the host's handle of a blob: bytes that never change, or a head. The engine drops each blob that it was given or
// that it asked for exactly once. What was asked with a blob before that (Send, Write, Join, After) still holds: the host keeps
// the bytes, not the handle.
type Host[B any] interface {
	// NewBlob makes a blob with a copy of p.
	NewBlob(p []byte) B
	// NewHead makes a blob of a status and its header fields, for Send and Respond; it may be used many times. A negative
	// status is that of a page which cannot be shown, under a text that says so: a host that has a page of the site's for
	// it sends that.
	NewHead(status int, fields []field.Field) B
	// Join makes one blob of the bytes of parts, in order. The engine uses parts again.
	Join(parts []B) B
	// Slice makes a blob of a blob's bytes from one offset up to another.
	Slice(b B, from, to int) B
	// Parse reads a blob that may have slots, and gives its outline as [page.EncodeOutline] writes it: nothing if it cannot be read,
	// which the host has logged. It is a function of its arguments alone, and the engine does without where a site needs none.
	Parse(b B, p Parse) []byte
	// Inspect reads a blob as a fragment's HTML: see [markup.Fragment.Inspect], and is a function of its arguments alone. If it has been
	// mended, the second blob has the bytes that are kept. A host that cannot read it says so as its Fault.
	Inspect(b B, o markup.InspectOptions) (markup.Inspection, B)
	// Judge says what follows from an answer of an event in progress: see [answer.Judge], and is a function of its arguments alone. Of
	// the answer the engine itself looks at its Size and at Before, so that a host which has the rest elsewhere judges that. One that
	// cannot read it says so as its Failure.
	Judge(q *answer.Question, a *answer.Answer) answer.Verdict
	// Read copies bytes of a blob from off on into p and says how many.
	Read(b B, off int, p []byte) int
	// Drop ends a blob.
	Drop(b B)

	// Send answers a request whole; afterwards it is finished.
	Send(id RequestID, head, body B)
	// SendHead answers a request without a body (HEAD, 304); afterwards it is finished.
	SendHead(id RequestID, head B)
	// Repeat says what answers, without an event, every GET for the target of this request that has no If-None-Match, and the same as this
	// request of what r.Varies reads: until r.Until,
	// until r.Head is dropped, one of r.Parts is another number than now, or EndRepeats, and another time may be said for the same.
	// A host that can save something by it counts such answers, for Repeated and Touch; another does nothing. r is for the call.
	Repeat(id RequestID, r *Repeat[B])
	// EndRepeats ends them all.
	EndRepeats()
	// Respond begins an answer whose body comes by Write.
	Respond(id RequestID, head B)
	// Write adds a blob's bytes to the body of an answer.
	Write(id RequestID, b B)
	// Finish ends an answer that Respond began.
	Finish(id RequestID)
	// Break ends an answer so that its client sees it as broken off, or as failed if it has not begun; afterwards the request is
	// finished.
	Break(id RequestID)
	// Pass gives the request to the origin; afterwards it is finished, unless its answer is composed: see [Engine.PassHead]. host is
	// the member of [config.Config].Hosts that it came for, empty if there is none. shell says that the URL's answer is known to be
	// composed: of the whole of it, so that the visitor's conditions and ranges are not for the origin.
	// target is what the origin is asked for; empty: what came.
	Pass(id RequestID, host, target string, shell bool)

	// Admin gives the host a request whose path is one of inlay's own, or could be read so; for the engine it is finished.
	Admin(id RequestID)

	// Wait says that the request is unfinished and until when it can do without its Deadline event: the host sends
	// Deadline at that time, or Resume before, once Wake was asked for it.
	Wait(id RequestID, until time.Time)
	// Wake asks for a Resume event in the request's own context. It comes from within another request's event.
	Wake(id RequestID)
	// Watch says that the request waits for an attempt of a fill that another request leads. A host that finds the
	// leader's context gone says FillLost; one that cannot know does nothing, and the request's Deadline finds it out.
	// A page that has a fragment twice asks twice.
	//
	// True says that the host has not begun that attempt, because its leader has so many others under way, and lets go of
	// it: nothing more is said of it, and the engine asks for a Fill led by id, which the host begins at once.
	Watch(id RequestID, fill FillID) bool
	// Fill starts a fill in the context of request id, which leads it; its end comes as FillEnd or FillFail, also when
	// that request has left meanwhile. The engine sends no bytes of id's client along: f is all.
	Fill(id RequestID, fill FillID, f Fill)
	// Stop says that nobody wants an attempt's answer any more. The host may end it; if it reports an end nevertheless, that
	// is late. It comes from within any event, not only those of the request that leads the fill.
	Stop(fill FillID)

	// Poll asks the purge log, in the context of a request, which is kept alive past its answer: what has been purged since
	// seq, if the log is still the one called log. It takes at most [PollTimeout] and ends as Polled.
	Poll(id RequestID, poll PollID, log string, seq uint64)
	// Purge tells the purge log, in the context of a request that was passed on. It takes at most [PurgeTimeout] and ends as Told, if the
	// log has answered.
	Purge(id RequestID, p Purge)
	// Find looks for a fragment below, in the context of the request that leads its fill: each tier in turn, what is there as
	// Found, until one is taken; and if none is, NotFound. It takes at most [FindTimeout].
	Find(id RequestID, fill FillID, f Find)
	// Put puts a blob's bytes below, in the context of whoever reported the fill's end. What fails is for the host's log.
	Put(fill FillID, p Put[B])

	// Report tells, for the host's log, of a fragment that is good and may not stand in a slot that asked for it: src is
	// the slot's. It comes once for each fragment and slot.
	Report(src string, failure *answer.FillError)
	// Shown tells of a Visit what the next Send or Write has of a slot. It comes first for its placeholder, if it has one, and then
	// for its content. s and its Key are for the call.
	Shown(id RequestID, s *Shown)
}

// Shown is what an answer has of a slot.
type Shown struct {
	// Slot is its name, as that of a Fill.
	Slot string
	// Key is its fragment's; empty if none can be made.
	Key string
	// Status is its member of Cache-Status.
	Status string
	// Failure is why it has no fragment; empty: it has one, or is Pending.
	Failure string
	// Pending: this is its placeholder. InPlace: it stands where no markup can be told from text.
	Pending, InPlace bool
	// From, To are where it stands, in bytes of what comes next. Negative: nowhere, what it has shown before stays, or nothing.
	From, To int
}

// Fill is what a host needs for one fill.
type Fill struct {
	page.FillRequest
	// Constant are fields that are the same for all fills that go where this one goes, of other names than Fields: nil for
	// the handlers that come with the program. A batch's own request has them too.
	Constant []field.Field
	// Vouching are more of them, which in a batch only its own request has: a batch may not bring them for a fill.
	Vouching []field.Field
	// Conditions are the header fields, besides, that ask whether the stored fragment has changed: they come from its last
	// answer, and from no visitor. An answer of 304 then renews it.
	Conditions []field.Field
	// URL is where a remote origin or a service binding is asked. Empty: the handlers that come with the program answer
	// Src.
	URL string
	// Binding is the service binding's name. Empty: none.
	Binding string
	// Timeout is how long it may take until its last byte; then the host reports a TimeoutError.
	Timeout time.Duration
	// MaxBytes is the size past which the host stops reading and reports a TooLargeError.
	MaxBytes int
	// Share says what other isolates' fill of the same may be joined in place of one of its own.
	Share Share
	// Page: a page requires the fragment, and shows its visitor the origin's own page for 404 and 410, which the host gives as the
	// body of such an answer if it is not compressed and has at most MaxBytes. A redirect that answers the first who is asked, of the handlers
	// or the origin that the site's paths go to, is not followed: it is the visitor's, as [answer.Answer].Location.
	Page bool
	// Document: the answer is to be a page of the origin's, and all of its header fields are wanted: see [answer.Answer].Header.
	Document bool
	// Vary is what the slot declares, for a host that checks whether that is all: Fields are those of it that the request had.
	Vary []route.Input
	// Slot is the name of the slot that it was begun for, with those of the fragments that the slot stands in before its own, and
	// PagePattern the pattern of its page; empty for a page of the origin's. They are for logs and figures: others may wait for it too.
	Slot, PagePattern string
}

// Parse is what is to be read in bytes that may have slots.
type Parse struct {
	// Document: they are a page, and not a fragment.
	Document bool
	// EdgeSlots, ESI: which slots are looked for.
	EdgeSlots, ESI bool
	// Base is the path and query that they are the answer for: what a relative src is resolved against.
	Base string
}

// Share is which fills in progress of the same fragment an attempt may join, whoever has begun them. A host that can share
// fills with other isolates looks for one, begins one that others may join if there is none, and says with the answer how long
// before it was asked the fill had begun ([answer.Answer].Before). A host that cannot does the fill itself.
type Share struct {
	// Region: those of isolates of the same region. False: none, and all of this is zero.
	Region bool
	// Log and Stamp: one that was begun under the same log, at this number or a later one. Where Log is empty no log is known,
	// and only the age decides.
	Log   string
	Stamp uint64
	// MaxAge: one that is younger than this.
	MaxAge time.Duration
}

// PollID names one poll of the purge log.
type PollID uint32

// How long a host may take for what it is asked. PurgeTimeout leaves a Durable Object that is moved the time for it.
const (
	PollTimeout  = time.Second
	PurgeTimeout = 5 * time.Second
	FindTimeout  = PollTimeout + time.Second
)

// Purge is what the purge log is to be told.
type Purge struct {
	// Log and Seq are as those of Poll: the answer says what else has been purged since. Asked is for Told.
	Log   string
	Seq   uint64
	Asked int64
	// Subjects are what is purged, see [inlay/internal/purgelog].
	Subjects []string
}

// Find is what is looked for below.
type Find struct {
	// Name is what the fragment is called there, 32 hexadecimal digits; the host puts before it what must be the same.
	Name string
	// Tiers are those to look in, in the order of their bits; none: only AwaitView.
	Tiers config.Tiers
	// Slot and PagePattern are as those of a [Fill].
	Slot, PagePattern string
	// AwaitView says that nothing can be taken before the poll in progress has ended: it is waited for first, for at most
	// PollTimeout.
	AwaitView bool
}

// Put is what is put below.
type Put[B any] struct {
	Name  string
	Tiers config.Tiers
	// Blob is all of its bytes; it is for the host as that of a Send is.
	Blob B
	// Keep is how long it can be used.
	Keep time.Duration
}

// Repeat is an answer that a host may give by itself: see [Host.Repeat].
type Repeat[B any] struct {
	Head, Body B
	Until      time.Time
	Page       Repeatable[B]
	// Parts are the numbers of what went into it. They lie where they lie for as long as Head is not dropped.
	Parts []*uint32
	// Varies is what the page depends on of a request besides its target; nil: on nothing. A host that cannot tell for sure what a
	// request has of it lets the engine answer.
	Varies *route.Varying
}

// Repeatable names a composed page to [Engine.Touch], for as long as the head that came with it is not dropped.
type Repeatable[B any] struct{ v *entry[B] }
