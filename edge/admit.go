package edge

import (
	"strconv"
	"time"

	"inlay/cache"
)

// Answer is what an origin said to a fill: the fields that decide whether and how long its body may be used as a
// fragment. A field that the origin did not send is empty; several lines of one field are joined by ", ".
type Answer struct {
	Status          int
	ContentType     string
	CacheControl    string
	Vary            string
	RetryAfter      string
	Age             string
	ContentEncoding string
	SetCookie       bool // whether there was a Set-Cookie; its value never comes this far
	Size            int  // bytes of the body
}

// Defaults are what holds for a fragment where neither its slot nor its origin says anything.
type Defaults struct {
	TTL                  time.Duration // zero: the cache's default
	StaleWhileRevalidate time.Duration
	StaleIfError         time.Duration
	MaxFragment          int // bytes; zero: no limit
}

// instantlyStale is the TTL of a fragment that is stored to be used stale only: a TTL of zero would be the default.
const instantlyStale = time.Nanosecond

// admit decides whether an answer may become the slot's fragment, and how long it may be used. The error is a
// *FillError.
//
// An answer is refused if its status is not 200, it sets a cookie, is private or no-store, varies on something that the
// slot does not declare, is not UTF-8 HTML, is compressed, or is too large. A slot with a TTL of zero keeps nothing and
// shares nothing, so private, no-store and Vary are no reason to refuse there.
//
// How long: the slot's own ttl, swr and sie win; then the origin's Cache-Control, s-maxage before max-age, less its Age;
// then the defaults. Of the origin, must-revalidate, proxy-revalidate and no-cache rule out stale use unless the slot asks
// for it; s-maxage does unless the slot or the origin's own stale-while-revalidate or stale-if-error asks for it (RFC 9111,
// section 4.2.4). A negative TTL means that the fragment serves those who wait for it and is not stored.
func (s *Slot) admit(a *Answer, d *Defaults, now time.Time) (p cache.Policy, err error) {
	control := parseCacheControl(a.CacheControl)
	bypass := s.TTL == 0
	if failure := s.refusal(a, d, &control, bypass, now); failure != nil {
		return cache.Policy{}, failure
	}
	if bypass {
		return cache.Policy{TTL: -1}, nil
	}
	return s.lifetime(a, d, &control), nil
}

// refusal is why an answer may not be used, nil if it may.
func (s *Slot) refusal(a *Answer, d *Defaults, control *cacheControl, bypass bool, now time.Time) *FillError {
	if a.Status != 200 {
		return &FillError{
			Reason:     StatusError,
			Status:     a.Status,
			Text:       "the origin answered " + strconv.Itoa(a.Status) + "; a fragment needs 200",
			RetryAfter: parseRetryAfter(a.RetryAfter, now),
		}
	}
	if d.MaxFragment > 0 && a.Size > d.MaxFragment {
		return &FillError{
			Reason: TooLargeError,
			Status: a.Status,
			Text: "the fragment has " + strconv.Itoa(a.Size) + " bytes, the limit is " + strconv.Itoa(d.MaxFragment) +
				"; make it smaller or raise INLAY_MAX_FRAGMENT",
		}
	}
	refused := func(text string) *FillError {
		return &FillError{Reason: RefusedError, Status: a.Status, Text: text}
	}
	if a.SetCookie {
		return refused("the answer has Set-Cookie, and a fragment goes to other users too; set cookies on a path that is no fragment")
	}
	if !bypass {
		if control.noStore {
			return refused(`the answer has Cache-Control: no-store; drop it, or give the slot ttl="0s"`)
		}
		if control.private {
			return refused(`the answer has Cache-Control: private; drop it and declare in vary what the fragment depends on, or give the slot ttl="0s"`)
		}
		if name := s.undeclared(a.Vary); name != "" {
			return refused("the answer varies on " + quoteForMessage(name) + ", which the slot does not declare in its vary")
		}
	}
	if text := refuseType(a.ContentType); text != "" {
		return refused(text)
	}
	if e := trimOWS(a.ContentEncoding); e != "" && !equalFold(e, "identity") {
		return refused("the answer has Content-Encoding " + quoteForMessage(e) + "; a fragment must not be compressed")
	}
	return nil
}

// lifetime is how long an admitted answer may be used.
func (s *Slot) lifetime(a *Answer, d *Defaults, control *cacheControl) cache.Policy {
	ttl, swr, sie := control.maxAge, control.swr, control.sie
	if control.sMaxAge != Unset {
		ttl = control.sMaxAge
	}
	if control.noCache {
		ttl = 0
	}
	switch {
	case control.noCache || control.mustRevalidate:
		swr, sie = 0, 0
	case control.sMaxAge != Unset:
		swr, sie = max(0, swr), max(0, sie) // Unset is negative: where the origin does not allow it, the defaults do not
	}
	late := time.Duration(0) // how long the answer has been stale already
	if ttl != Unset {
		ttl -= parseAge(a.Age)
		late = max(0, -ttl)
		ttl = max(0, ttl)
	}
	swr = choose(s.StaleWhileRevalidate, lessLate(swr, late), d.StaleWhileRevalidate)
	sie = choose(s.StaleIfError, lessLate(sie, late), d.StaleIfError)
	switch {
	case s.TTL != Unset:
		ttl = s.TTL
	case ttl == Unset:
		ttl = d.TTL
	case ttl == 0 && (swr > 0 || sie > 0):
		ttl = instantlyStale
	case ttl == 0:
		return cache.Policy{TTL: -1}
	}
	return cache.Policy{TTL: ttl, StaleWhileRevalidate: swr, StaleIfError: sie}
}

// choose is the first of the three that is not Unset.
func choose(slot, origin, fallback time.Duration) time.Duration {
	switch {
	case slot != Unset:
		return slot
	case origin != Unset:
		return origin
	}
	return fallback
}

// lessLate takes the time that an answer has already been stale from the time that it may be.
func lessLate(d, late time.Duration) time.Duration {
	if d == Unset {
		return Unset
	}
	return max(0, d-late)
}

// undeclared is the first name in a Vary value that the slot does not declare, empty if there is none. Accept-Encoding
// is no matter: fragments are asked for uncompressed.
func (s *Slot) undeclared(vary string) string {
	for vary != "" {
		var name string
		name, vary, _ = cutText(vary, ",")
		if name = trimOWS(name); name == "" || equalFold(name, "accept-encoding") || s.declares(name) {
			continue
		}
		return name
	}
	return ""
}

// declares tells whether the header field of that name reaches the origin only with what is in the key.
func (s *Slot) declares(field string) bool {
	for _, in := range s.Vary {
		switch in.Kind {
		case Header:
			if equalFold(in.Name, field) {
				return true
			}
		case Cookie:
			if equalFold("cookie", field) {
				return true
			}
		}
	}
	return false
}

// refuseType says what is wrong with a Content-Type, empty if nothing is.
func refuseType(v string) string {
	essence, params, _ := cutText(v, ";")
	essence = trimOWS(essence)
	if essence == "" {
		return "the answer has no Content-Type; a fragment is text/html"
	}
	if !equalFold(essence, "text/html") {
		return "the answer is " + quoteForMessage(essence) + "; a fragment is text/html"
	}
	for params != "" {
		var param string
		param, params = cutParameter(params)
		name, value, _ := cutText(param, "=")
		if !equalFold(trimOWS(name), "charset") {
			continue
		}
		value = trimOWS(value)
		if len(value) >= 2 && value[0] == '"' && quotedEnd(value, 0) == len(value) {
			value = value[1 : len(value)-1]
		}
		switch {
		case equalFold(value, "utf-8"), equalFold(value, "utf8"), equalFold(value, "us-ascii"):
		default:
			return "the answer's charset is " + quoteForMessage(value) + "; a fragment is UTF-8"
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
			if end := quotedEnd(v, i); end > 0 {
				i = end - 1
			}
		}
	}
	return v, ""
}

// parseAge reads an Age field: of a list the first member counts, and what is no number counts as 0 (RFC 9111,
// section 5.1).
func parseAge(v string) time.Duration {
	first, _, _ := cutText(v, ",")
	d, _ := parseDeltaSeconds(trimOWS(first))
	return d
}
