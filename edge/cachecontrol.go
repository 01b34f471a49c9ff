package edge

import "time"

// cacheControl is what an origin's Cache-Control says of the things that matter here (RFC 9111, section 5.2.2, and
// RFC 5861). A duration is Unset when its directive is absent, never negative otherwise.
type cacheControl struct {
	noStore, private, noCache bool
	// mustRevalidate stands for proxy-revalidate too: to a cache that many share, the two say the same.
	mustRevalidate bool

	maxAge, sMaxAge time.Duration
	swr, sie        time.Duration
}

// parseCacheControl reads a Cache-Control field value, several lines joined by commas. It takes whatever it finds and
// errs towards not caching: of two values for one directive the shorter counts, a value that is no number of seconds
// counts as 0 (RFC 9111, section 4.2.1, would have such an answer stale), and private or no-cache with a list of field
// names count as without one.
func parseCacheControl(v string) cacheControl {
	c := cacheControl{maxAge: Unset, sMaxAge: Unset, swr: Unset, sie: Unset}
	for v != "" {
		var directive string
		directive, v = cutDirective(v)
		name, argument := splitDirective(directive)
		switch {
		case equalFold(name, "no-store"):
			c.noStore = true
		case equalFold(name, "private"):
			c.private = true
		case equalFold(name, "no-cache"):
			c.noCache = true
		case equalFold(name, "must-revalidate"), equalFold(name, "proxy-revalidate"):
			c.mustRevalidate = true
		case equalFold(name, "max-age"):
			c.maxAge = shorter(c.maxAge, argument)
		case equalFold(name, "s-maxage"):
			c.sMaxAge = shorter(c.sMaxAge, argument)
		case equalFold(name, "stale-while-revalidate"):
			c.swr = shorter(c.swr, argument)
		case equalFold(name, "stale-if-error"):
			c.sie = shorter(c.sie, argument)
		}
	}
	return c
}

// cutDirective cuts v after its first directive: at the first comma outside a quoted string. A quote that nothing closes
// is an ordinary character, so that it cannot hide the directives after it.
func cutDirective(v string) (directive, rest string) {
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case ',':
			return v[:i], v[i+1:]
		case '"':
			if end := quotedEnd(v, i); end > 0 {
				i = end - 1
			}
		}
	}
	return v, ""
}

// quotedEnd is the offset after the quoted string that begins at v[start] (RFC 9110, section 5.6.4), or 0 if it does not
// end.
func quotedEnd(v string, start int) int {
	for i := start + 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// splitDirective splits a directive into its name and its argument, unquoted. What follows the name without a "=" is
// dropped: "no-store public" lacks a comma, and says no-store.
func splitDirective(directive string) (name, argument string) {
	directive = trimOWS(directive)
	n := 0
	for n < len(directive) && isTokenChar(directive[n]) {
		n++
	}
	name, argument = directive[:n], trimOWS(directive[n:])
	if argument == "" || argument[0] != '=' {
		return name, ""
	}
	argument = trimOWS(argument[1:])
	if len(argument) >= 2 && argument[0] == '"' && quotedEnd(argument, 0) == len(argument) {
		argument = argument[1 : len(argument)-1]
	}
	return name, argument
}

// shorter is the shorter of a directive's value so far and another value for it.
func shorter(d time.Duration, argument string) time.Duration {
	n, ok := parseDeltaSeconds(argument)
	if !ok {
		n = 0
	}
	if d == Unset || n < d {
		return n
	}
	return d
}

// maxDelta is what delta-seconds too large to count stand for: 2^31 seconds (RFC 9111, section 1.2.2).
const maxDelta = (1 << 31) * time.Second

// parseDeltaSeconds reads delta-seconds (RFC 9111, section 1.2.2). Numbers too large are maxDelta.
func parseDeltaSeconds(s string) (d time.Duration, ok bool) {
	if s == "" {
		return 0, false
	}
	seconds := int64(0)
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if seconds < int64(maxDelta/time.Second) {
			seconds = seconds*10 + int64(s[i]-'0')
		}
	}
	return min(time.Duration(min(seconds, int64(maxDelta/time.Second)))*time.Second, maxDelta), true
}

// trimOWS takes the optional white space off both ends (RFC 9110, section 5.6.3).
func trimOWS(s string) string { return trim(s, " \t") }

// isTokenChar tells whether c may stand in a token (RFC 9110, section 5.6.2).
func isTokenChar(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return inSet(c, "!#$%&'*+-.^_`|~")
}

// equalFold tells whether two strings are the same but for the case of ASCII letters, which is what HTTP's names and
// values take for the same. strings.EqualFold would bring Unicode's tables into core.wasm.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}
