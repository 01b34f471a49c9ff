package answer

import (
	"time"

	"inlay/cache"
	"inlay/internal/ascii"
	"inlay/internal/duration"
	"inlay/internal/field"
	"inlay/internal/page"
)

// InstantlyStale is the TTL of a fragment that is stored to be used stale, or to be renewed by a 304, only: a TTL of zero
// would be the default.
const InstantlyStale = time.Nanosecond

// lifetime is how long an admitted answer may be used.
//
// The slot's own ttl, swr and sie win; then what the origin says: CDN-Cache-Control (RFC 9213) before Surrogate-Control
// before Cache-Control before Expires, s-maxage before max-age; then the defaults. Of the origin, must-revalidate, proxy-revalidate and no-cache rule
// out stale use unless the slot asks for it; s-maxage does unless the slot or the origin's own stale-while-revalidate or
// stale-if-error asks for it (RFC 9111, section 4.2.4). Of an answer and the redirects that led to it the shortest counts.
//
// All of it counts from when the fill began, less the answer's Age (RFC 9111, section 4.2.3): from a ttl, whoever it is
// of, and where that is not enough, from the stale windows. An answer's Date is not compared with the clock here, which may
// be another than the origin's.
func lifetime(s *page.Slot, a *Answer, d *Defaults, now time.Time, took time.Duration) cache.Policy {
	said := a.said(now)
	for i := range a.Redirects {
		said.shorten(a.Redirects[i].said(now))
	}
	swr := choose(s.StaleWhileRevalidate, said.swr, d.StaleWhileRevalidate)
	sie := choose(s.StaleIfError, said.sie, d.StaleIfError)
	ttl := said.left
	switch {
	case s.TTL != duration.Unset:
		ttl = s.TTL - said.age
	case !said.known && (d.TTL == 0 || d.Shell):
		return cache.Policy{StaleWhileRevalidate: swr, StaleIfError: sie}
	case !said.known:
		ttl = d.TTL - said.age
	}
	ttl -= max(0, took)
	if ttl <= 0 {
		swr, sie = max(0, swr+ttl), max(0, sie+ttl)
		ttl = -1
		if swr > 0 || sie > 0 {
			ttl = InstantlyStale
		}
	}
	return cache.Policy{TTL: ttl, StaleWhileRevalidate: swr, StaleIfError: sie}
}

// choose is the first of the three that is not Unset.
func choose(slot, origin, fallback time.Duration) time.Duration {
	switch {
	case slot != duration.Unset:
		return slot
	case origin != duration.Unset:
		return origin
	}
	return fallback
}

// said is what an origin says of an answer's time.
type said struct {
	known    bool          // it says how long the answer is fresh
	left     time.Duration // of that, less its Age; negative: it has been stale for so long
	swr, sie time.Duration // or Unset
	age      time.Duration
}

func (a *Answer) said(now time.Time) said {
	c, _ := a.control()
	o := said{swr: c.SWR, sie: c.SIE, age: parseAge(a.Age)}
	switch {
	case c.NoCache:
		o.known = true
	case c.SMaxAge != duration.Unset:
		o.known, o.left = true, c.SMaxAge
	case c.MaxAge != duration.Unset:
		o.known, o.left = true, c.MaxAge
	case !c.Targeted && a.Expires != "":
		o.known, o.left = true, a.expires(now)
	}
	switch {
	case c.NoCache || c.MustRevalidate:
		o.swr, o.sie = 0, 0
	case c.SMaxAge != duration.Unset:
		o.swr, o.sie = max(0, o.swr), max(0, o.sie) // Unset is negative: where the origin does not allow it, the defaults do not
	}
	o.left -= o.age
	return o
}

// shorten takes of each time the shorter.
func (o *said) shorten(p said) {
	if p.known && (!o.known || p.left < o.left) {
		o.known, o.left = true, p.left
	}
	if p.swr != duration.Unset && (o.swr == duration.Unset || p.swr < o.swr) {
		o.swr = p.swr
	}
	if p.sie != duration.Unset && (o.sie == duration.Unset || p.sie < o.sie) {
		o.sie = p.sie
	}
	o.age = max(o.age, p.age)
}

// control is what the fields that control caches say, and which of them it is: CDN-Cache-Control, else Surrogate-Control where
// it says anything of keeping, else Cache-Control, else Pragma, which some origins still send to say no-cache (RFC 9111, section 5.4).
func (a *Answer) control() (c field.CacheControl, name string) {
	if a.CDNCacheControl != "" {
		if c, used := field.ParseTargeted(a.CDNCacheControl); used {
			c.Targeted = true
			return c, "CDN-Cache-Control"
		}
	}
	own, any := field.Surrogate(a.SurrogateControl)
	name = "Surrogate-Control"
	for _, said := range [...]string{own, any} {
		if c = field.ParseCacheControl(said); c.Keeps() {
			c.Targeted = true
			return c, name
		}
	}
	c = field.ParseCacheControl(a.CacheControl)
	if a.Pragma != "" && ascii.TrimOWS(a.CacheControl) == "" {
		c.NoCache = field.ParseCacheControl(a.Pragma).NoCache
	}
	return c, "Cache-Control"
}

// expires is the freshness that Expires gives: from the origin's own Date on, or from now where there is none. What is no
// date, such as 0, is past (RFC 9111, section 5.3).
func (a *Answer) expires(now time.Time) time.Duration {
	until, ok := field.ParseDate(ascii.TrimOWS(a.Expires), now)
	if !ok {
		return 0
	}
	if date, ok := field.ParseDate(ascii.TrimOWS(a.Date), now); ok {
		now = date
	}
	return min(max(-field.MaxDelta, duration.Between(now, until)), field.MaxDelta)
}

// parseAge reads an Age field: of a list the first member counts, and what is no number counts as 0 (RFC 9111,
// section 5.1).
func parseAge(v string) time.Duration {
	first, _, _ := ascii.Cut(v, ",")
	d, _ := field.ParseDeltaSeconds(ascii.TrimOWS(first))
	return d
}
