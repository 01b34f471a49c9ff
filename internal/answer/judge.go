package answer

import (
	"time"

	"inlay/cache"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Kind is what an answer is one to.
type Kind uint8

const (
	// ToFill: a fragment's fill.
	ToFill Kind = iota
	// ToShellFill: that of a page of the origin. See [AdmitShell].
	ToShellFill
	// ToFailed: a fill that failed then. Its redirects are all heads that came before, and nothing else of it counts.
	ToFailed
	// ToVisitor: a visitor's own request, which was passed on.
	ToVisitor
)

// Question is what an engine wants to know of an answer. All of it is there for [Judge]: what is asked of is a function of both alone.
type Question struct {
	Kind     Kind
	Slot     *page.Slot // of a fill
	Defaults Defaults
	Now      time.Time
	Took     time.Duration // since the fill began
	Tags     []string      // that its slot gives it

	// Stored: a fragment is stored that a 304 is about, of StoredSize bytes, with what was Kept of its answer; Kept is empty if another
	// has found meanwhile that it is of no use.
	Stored     bool
	StoredSize int
	Kept       Kept

	// Declared: that the visitor's answer has slots is known without its saying so.
	Declared bool
}

// Verdict is what follows from an answer.
type Verdict struct {
	// Failure is why it cannot be used; nil: it can. Of nothing else is said anything then, unless it says so.
	Failure *FillError
	// Policy is for how long, with the tags that the origin gives it besides the slot's own.
	Policy cache.Policy
	// Kept is what is to be kept of it.
	Kept Kept
	// Renews: it is a 304 about what is stored. Fits: of the very same, also where a Failure forbids its use.
	Renews, Fits bool
	// EdgeSlots, ESI: which slots it says are in its body.
	EdgeSlots, ESI bool
	// Header are the fields that go out with a page of the origin.
	Header []field.Field

	// Readable: the visitor's answer can be read for slots. Vary are the fields that it depends on, and Shared says that it can be kept
	// for others; both are of a readable one that has slots.
	Readable, Shared bool
	Vary             []route.Input
}

// Judge says what follows from an answer.
func Judge(q *Question, a *Answer) (v Verdict) {
	switch q.Kind {
	case ToFailed:
		v.Failure = Refuses(q.Slot, a.Redirects, &q.Defaults)
		return v
	case ToVisitor:
		return q.judgeVisitors(a)
	}
	if q.Stored && a.Status == 304 && len(a.Redirects) == 0 {
		v.Renews, v.Fits = true, q.Kept != "" && q.Kept.Fits(a, q.Now)
		if !v.Fits {
			v.Failure = &FillError{Reason: StatusError, Status: 304, Text: wording.Of(wording.Other304)}
			return v
		}
		renewed := q.Kept.Renewed(a, q.StoredSize)
		a = &renewed
	}
	if q.Kind == ToShellFill {
		v.Policy, v.Failure = admitShell(q.Slot, a, &q.Defaults, q.Now, q.Took)
	} else {
		v.Policy, v.Failure = admit(q.Slot, a, &q.Defaults, q.Now, q.Took)
	}
	if v.Failure != nil {
		v.Policy = cache.Policy{}
		return v
	}
	if tags := a.AppendTags(q.Tags[:len(q.Tags):len(q.Tags)]); len(tags) > len(q.Tags) {
		v.Policy.Tags = tags[len(q.Tags):]
	}
	v.Kept = a.Keep(q.Now)
	v.EdgeSlots, v.ESI = a.Slots()
	v.Header = a.Header
	return v
}

func (q *Question) judgeVisitors(a *Answer) (v Verdict) {
	v.EdgeSlots, v.ESI = a.Slots()
	if !v.EdgeSlots && !v.ESI && !q.Declared || !CanHaveSlots(a) {
		return v
	}
	v.Readable = true
	if v.Vary, v.Shared = ShellVary(a.Vary); v.Shared {
		slot := page.Slot{TTL: duration.Unset, StaleWhileRevalidate: duration.Unset, StaleIfError: duration.Unset, Vary: v.Vary}
		_, failure := admitShell(&slot, a, &q.Defaults, q.Now, 0)
		v.Shared = failure == nil
	}
	return v
}
