package answer

import (
	"time"

	"inlay/cache"
	"inlay/internal/ascii"
	"inlay/internal/decimal"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/wording"
)

// Defaults are what holds for a fragment where neither its slot nor its origin says anything.
type Defaults struct {
	TTL                  time.Duration // zero: the cache's default
	StaleWhileRevalidate time.Duration
	StaleIfError         time.Duration
	MaxFragment          int // bytes; zero: no limit
	// Hosts: the visitor's host is in the key, so that an answer may vary on it.
	Hosts bool
	// Shell: it is not a fragment but a page of the origin. See AdmitShell.
	Shell bool
}

// Admit decides whether an answer may become the slot's fragment, and how long it may be used: took is how long ago the
// fill began. The error is a *FillError.
//
// An answer is refused if its status is not 200, it or a redirect on the way to it sets a cookie, is private or no-store
// or varies on something that the slot does not declare, or if it is not UTF-8 HTML, is compressed, or is too large. A slot
// with a TTL of zero keeps nothing and shares nothing, so private, no-store and Vary are no reason to refuse there.
//
// How long: see lifetime. A negative TTL means that the fragment serves those who wait for it and is not stored.
func Admit(s *page.Slot, a *Answer, d *Defaults, now time.Time, took time.Duration) (p cache.Policy, err error) {
	p, failure := admit(s, a, d, now, took)
	if failure != nil {
		return p, failure
	}
	return p, nil
}

func admit(s *page.Slot, a *Answer, d *Defaults, now time.Time, took time.Duration) (p cache.Policy, failure *FillError) {
	if failure := refusal(s, a, d, now); failure != nil {
		return p, failure
	}
	if s.TTL == 0 {
		return cache.Policy{TTL: -1}, nil
	}
	return lifetime(s, a, d, now, took), nil
}

// AdmitShell decides whether an answer may be kept as a page of the origin, as Admit does for a fragment. The slot says what of
// a request is in its key, and nothing of time: its ttl is Unset. An answer has to say itself for how long it may be kept, and is refused
// otherwise; the visitor's host and scheme are in the key. What says that the page is not for others
// ([FillError.Removes]) is refused as that of a fragment is.
func AdmitShell(s *page.Slot, a *Answer, d *Defaults, now time.Time, took time.Duration) (p cache.Policy, err error) {
	p, failure := admitShell(s, a, d, now, took)
	if failure != nil {
		return p, failure
	}
	return p, nil
}

func admitShell(s *page.Slot, a *Answer, d *Defaults, now time.Time, took time.Duration) (p cache.Policy, failure *FillError) {
	shell := *d
	shell.Shell = true
	if p, failure = admit(s, a, &shell, now, took); failure == nil && p.TTL <= 0 {
		return p, &FillError{Reason: RefusedError, Status: a.Status, Text: wording.Of(wording.AnswerDoes, wording.Of(wording.HasNoTime)), TakenDown: true}
	}
	return p, failure
}

// refusal is why an answer may not be used, nil if it may.
func refusal(s *page.Slot, a *Answer, d *Defaults, now time.Time) *FillError {
	if failure := Refuses(s, a.Redirects, d); failure != nil {
		return failure
	}
	if a.Status != 200 {
		needs := wording.StatusIs
		if a.Status > 300 && a.Status < 309 && a.Status != 304 {
			needs = wording.RedirectIs
		}
		failure := &FillError{Reason: StatusError, Status: a.Status, Text: wording.Of(needs, decimal.String(a.Status)), RetryAfter: field.ParseRetryAfter(a.RetryAfter, now)}
		if s.Required && forbids(s, a, d) == "" {
			switch {
			case needs == wording.RedirectIs:
				failure.Location = a.Location
			case a.Size > 0 && (a.Status == 404 || a.Status == 410):
				failure.Type = a.ContentType
			}
		}
		return failure
	}
	if text := forbids(s, a, d); text != "" {
		return &FillError{Reason: RefusedError, Status: a.Status, Text: wording.Of(wording.AnswerDoes, text), TakenDown: true}
	}
	if d.MaxFragment > 0 && a.Size > d.MaxFragment {
		return &FillError{
			Reason: TooLargeError,
			Status: a.Status,
			Text:   wording.Of(wording.SizeIs, decimal.String(a.Size), decimal.String(d.MaxFragment)),
		}
	}
	text := refuseType(a.ContentType)
	if e := ascii.TrimOWS(a.ContentEncoding); text == "" && e != "" && !ascii.EqualFold(e, "identity") {
		text = wording.Of(wording.EncodingIs, ascii.Quote(e))
	}
	if text != "" {
		return &FillError{Reason: RefusedError, Status: a.Status, Text: text}
	}
	return nil
}

// Refuses is why what was heard on the way to an answer is not for others, nil if it may be.
func Refuses(s *page.Slot, heard []Answer, d *Defaults) *FillError {
	for i := range heard {
		if text := forbids(s, &heard[i], d); text != "" {
			who := wording.RedirectDoes
			if heard[i].Status == 200 || heard[i].Status >= 500 { // 500: that of a frame without an answer
				who = wording.AnswerDoes
			}
			return &FillError{Reason: RefusedError, Status: heard[i].Status, Text: wording.Of(who, text), TakenDown: true}
		}
	}
	return nil
}

// forbids says why an answer or a redirect is not for others, empty if it may be.
func forbids(s *page.Slot, a *Answer, d *Defaults) string {
	if a.SetCookie {
		return wording.Of(wording.SetsCookie)
	}
	if s.TTL == 0 {
		return ""
	}
	c, field := a.control()
	switch {
	case c.NoStore:
		return wording.Of(wording.SaysNoStore, field)
	case c.Private:
		return wording.Of(wording.SaysPrivate, field)
	}
	if name := undeclared(s, a.Vary, d); name != "" {
		return wording.Of(wording.VariesOn, ascii.Quote(name))
	}
	return ""
}

// undeclared is the first name in a Vary value that the slot does not declare, empty if there is none. Accept-Encoding
// is no matter: fragments are asked for uncompressed. The visitor's host is in the key where the site keeps hosts apart.
func undeclared(s *page.Slot, vary string, d *Defaults) string {
	for vary != "" {
		var name string
		name, vary, _ = ascii.Cut(vary, ",")
		name = ascii.TrimOWS(name)
		if name == "" || d.Shell && alwaysVaried(name) || ascii.EqualFold(name, "accept-encoding") || d.Hosts && (ascii.EqualFold(name, "host") || ascii.EqualFold(name, page.HostField)) {
			continue
		}
		if name == "*" || !declares(s, name) {
			return name
		}
	}
	return ""
}

// declares tells whether the header field of that name reaches the origin only with what is in the key.
func declares(s *page.Slot, field string) bool {
	for i := range s.Vary {
		in := &s.Vary[i]
		if ascii.EqualFold(in.Field(), field) || in.Kind == route.Host && ascii.EqualFold(field, "host") {
			return true
		}
	}
	return false
}

// refuseType says what is wrong with a Content-Type, empty if nothing is.
func refuseType(v string) string {
	essence, params, _ := ascii.Cut(v, ";")
	essence = ascii.TrimOWS(essence)
	if essence == "" {
		return wording.Of(wording.HasNoType)
	}
	if !ascii.EqualFold(essence, "text/html") {
		return wording.Of(wording.TypeIs, ascii.Quote(essence))
	}
	for params != "" {
		var param string
		param, params = cutParameter(params)
		name, value, _ := ascii.Cut(param, "=")
		if !ascii.EqualFold(ascii.TrimOWS(name), "charset") {
			continue
		}
		value = ascii.TrimOWS(value)
		if len(value) >= 2 && value[0] == '"' && field.QuotedEnd(value, 0) == len(value) {
			value = value[1 : len(value)-1]
		}
		switch {
		case ascii.EqualFold(value, "utf-8"), ascii.EqualFold(value, "utf8"), ascii.EqualFold(value, "us-ascii"):
		default:
			return wording.Of(wording.CharsetIs, ascii.Quote(value))
		}
	}
	return ""
}

// cutParameter cuts v after its first parameter: at the first semicolon outside a quoted string.
func cutParameter(v string) (param, rest string) {
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case ';':
			return v[:i], v[i+1:]
		case '"':
			if end := field.QuotedEnd(v, i); end > 0 {
				i = end - 1
			}
		}
	}
	return v, ""
}
