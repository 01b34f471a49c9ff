package field

import (
	"time"

	"inlay/internal/ascii"
	"inlay/internal/duration"
)

// CacheControl is what an origin's Cache-Control says of the things that matter here (RFC 9111, section 5.2.2, and
// RFC 5861). A duration is Unset when its directive is absent, never negative otherwise.
type CacheControl struct {
	NoStore, Private, NoCache bool
	// MustRevalidate stands for proxy-revalidate too: to a cache that many share, the two say the same.
	MustRevalidate bool
	// Targeted says that it was in CDN-Cache-Control: then Expires does not count either.
	Targeted bool

	MaxAge, SMaxAge time.Duration
	SWR, SIE        time.Duration
}

// ParseCacheControl reads a Cache-Control field value, its lines joined by commas. It takes whatever it finds and errs
// towards not caching:
//
//   - What forbids (no-store, private, no-cache, must-revalidate, proxy-revalidate) is found after any separator, also in
//     quotes that are not the RFC's, and anywhere in a member that is not of its form: see [CacheControl.forbid]. With a
//     list of field names, private and no-cache count as without one.
//   - Of two values for one directive the shorter counts, and a value that is no number of seconds counts as 0 (RFC 9111,
//     section 4.2.1, would have such an answer stale). Semicolons separate too.
func ParseCacheControl(v string) CacheControl {
	c := CacheControl{MaxAge: duration.Unset, SMaxAge: duration.Unset, SWR: duration.Unset, SIE: duration.Unset}
	c.forbid(v)
	for v != "" {
		var directive string
		directive, v = cutDirective(v)
		for directive != "" {
			var name, argument string
			name, argument, directive = splitDirective(directive)
			if d := c.lifetime(name); d != nil {
				*d = shorter(*d, argument)
			}
		}
	}
	return c
}

// lifetime is where the argument of the directive of a name goes, nil if it is none that has a number of seconds.
func (c *CacheControl) lifetime(name string) *time.Duration {
	switch {
	case ascii.EqualFold(name, "max-age"):
		return &c.MaxAge
	case ascii.EqualFold(name, "s-maxage"):
		return &c.SMaxAge
	case ascii.EqualFold(name, "stale-while-revalidate"):
		return &c.SWR
	case ascii.EqualFold(name, "stale-if-error"):
		return &c.SIE
	}
	return nil
}

// forbidden notes the directive of a name, if it is one that forbids.
func (c *CacheControl) forbidden(name string) {
	switch {
	case ascii.EqualFold(name, "no-store"):
		c.NoStore = true
	case ascii.EqualFold(name, "private"):
		c.Private = true
	case ascii.EqualFold(name, "no-cache"):
		c.NoCache = true
	case ascii.EqualFold(name, "must-revalidate"), ascii.EqualFold(name, "proxy-revalidate"):
		c.MustRevalidate = true
	}
}

// forbid looks for what forbids. Of a member of the RFC's form, such as extension=private or extension="a, private", only
// the name counts; of any other, each of its words, and quotes hide none: of a value that was joined from several lines
// nobody can tell any more whether the quote that one of them opened was closed by the same.
func (c *CacheControl) forbid(v string) {
	for v != "" {
		n := quotedMember(v)
		for n < len(v) && !separates(v[n]) {
			n++
		}
		member := ascii.TrimOWS(v[:n])
		v = v[min(n+1, len(v)):]
		whole := isMember(member)
		for i := 0; i < len(member); {
			if !isWord(member[i]) {
				i++
				continue
			}
			start := i
			for i < len(member) && isWord(member[i]) {
				i++
			}
			c.forbidden(member[start:i])
			if whole {
				break
			}
		}
	}
}

// separates tells whether c ends a member of a Cache-Control field: a comma, and what is found in its place.
func separates(c byte) bool { return c == ',' || c == ';' || c < ' ' && c != '\t' || c == 0x7f }

// isWord tells whether c may stand in the name of a directive that matters here.
func isWord(c byte) bool {
	return c == '-' || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isMember tells whether s is a directive as RFC 9111, section 5.2, has it: a name, and perhaps "=" and a token or a
// quoted string. Of the bytes that a token may have, those are left out that stand for quotes or separators elsewhere.
func isMember(s string) bool {
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	if n == 0 || n == len(s) {
		return n > 0
	}
	argument := s[n+1:]
	if s[n] != '=' || argument == "" {
		return false
	}
	if argument[0] == '"' {
		return QuotedEnd(argument, 0) == len(argument)
	}
	for i := 0; i < len(argument); i++ {
		if c := argument[i]; !IsTokenChar(c) || c == '\'' || c == '`' || c == '|' {
			return false
		}
	}
	return true
}

// quotedMember is the offset after the directive with a quoted string for an argument that v begins with, as in
// extension="a, b", or 0 if it begins with none. What follows the string has to be a separator or the end: else its closing
// quote may be one that opens another.
func quotedMember(v string) int {
	n := 0
	for n < len(v) && ascii.InSet(v[n], " \t") {
		n++
	}
	name := n
	for n < len(v) && isWord(v[n]) {
		n++
	}
	if n == name || n+1 >= len(v) || v[n] != '=' || v[n+1] != '"' {
		return 0
	}
	end := QuotedEnd(v, n+1)
	for i := n; i < end; i++ {
		if ascii.IsControl(v[i]) && v[i] != '\t' {
			return 0
		}
	}
	for i := end; i < len(v) && !separates(v[i]); i++ {
		if !ascii.InSet(v[i], " \t") {
			return 0
		}
	}
	return end
}

// cutDirective cuts v after its first directive: at the first separator outside a quoted string. A quote that nothing
// closes is an ordinary character, so that it cannot hide the directives after it.
func cutDirective(v string) (directive, rest string) {
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case separates(c):
			return v[:i], v[i+1:]
		case c == '"':
			if end := QuotedEnd(v, i); end > 0 {
				i = end - 1
			}
		}
	}
	return v, ""
}

// QuotedEnd is the offset after the quoted string that begins at v[start] (RFC 9110, section 5.6.4), or 0 if it does not
// end.
func QuotedEnd(v string, start int) int {
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

// splitDirective splits a directive into its name and its argument, unquoted. Where a comma is missing after a name
// without an argument, or something stands before a name, rest is what follows.
func splitDirective(directive string) (name, argument, rest string) {
	directive = ascii.TrimOWS(directive)
	n := 0
	for n < len(directive) && IsTokenChar(directive[n]) {
		n++
	}
	if n == 0 && directive != "" {
		return "", "", directive[1:]
	}
	name, argument = directive[:n], ascii.TrimOWS(directive[n:])
	if argument == "" || argument[0] != '=' {
		return name, "", argument
	}
	argument = ascii.TrimOWS(argument[1:])
	if len(argument) >= 2 && argument[0] == '"' && QuotedEnd(argument, 0) == len(argument) {
		argument = argument[1 : len(argument)-1]
	}
	return name, argument, ""
}

// JoinLines are the lines of a field as one value, each read by itself: a quote that its own line does not close becomes
// an apostrophe, which neither hides what follows nor passes for a well-formed argument.
func JoinLines(lines []string) string {
	all := ""
	for _, line := range lines {
		for i := 0; i < len(line); i++ {
			if line[i] != '"' {
				continue
			}
			if end := QuotedEnd(line, i); end > 0 {
				i = end - 1
				continue
			}
			line = line[:i] + "'" + line[i+1:]
		}
		if line = ascii.TrimOWS(line); line == "" {
			continue
		}
		if all != "" {
			all += ", "
		}
		all += line
	}
	return all
}

// shorter is the shorter of a directive's value so far and another value for it.
func shorter(d time.Duration, argument string) time.Duration {
	n, ok := ParseDeltaSeconds(argument)
	if !ok {
		n = 0
	}
	if d == duration.Unset || n < d {
		return n
	}
	return d
}

// MaxDelta is what delta-seconds too large to count stand for: 2^31 seconds (RFC 9111, section 1.2.2).
const MaxDelta = (1 << 31) * time.Second

// ParseDeltaSeconds reads delta-seconds (RFC 9111, section 1.2.2). Numbers too large are MaxDelta.
func ParseDeltaSeconds(s string) (d time.Duration, ok bool) {
	if s == "" {
		return 0, false
	}
	seconds := int64(0)
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if seconds < int64(MaxDelta/time.Second) {
			seconds = seconds*10 + int64(s[i]-'0')
		}
	}
	return min(time.Duration(min(seconds, int64(MaxDelta/time.Second)))*time.Second, MaxDelta), true
}
