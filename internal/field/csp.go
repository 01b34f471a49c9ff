package field

import (
	"strings"

	"inlay/internal/ascii"
)

// AllowScript is a Content-Security-Policy that allows a script in the page too, by the source expression that names it: its
// hash, in quotes. Of several policies, with commas between them, each has to. What else is allowed stays the same: the hash is
// added to the sources that count for such scripts, and where those are of default-src, a script-src with these sources is
// added, since a hash in default-src could end what 'unsafe-inline' there means for styles. A policy that allows the script
// already, or says nothing of scripts, stays as it is, byte for byte (CSP Level 3, sections 6.7.1.1 and 6.7.3.3).
func AllowScript(csp, hash string) string {
	out := ""
	for more := true; more; {
		var policy string
		policy, csp, more = ascii.Cut(csp, ",")
		out += allowIn(policy, hash)
		if more {
			out += ","
		}
	}
	return out
}

// allowIn is AllowScript of one policy.
func allowIn(policy, hash string) string {
	const none = -1
	var from, to [3]int // where the first directive of each name has its sources
	names := [...]string{"script-src-elem", "script-src", "default-src"}
	for i := range from {
		from[i] = none
	}
	for at := 0; at <= len(policy); {
		end := at + len(policy[at:])
		if i := strings.IndexByte(policy[at:], ';'); i >= 0 {
			end = at + i
		}
		begin := at
		for begin < end && isCSPSpace(policy[begin]) {
			begin++
		}
		nameEnd := begin
		for nameEnd < end && !isCSPSpace(policy[nameEnd]) {
			nameEnd++
		}
		for i, name := range names {
			if from[i] == none && ascii.EqualFold(policy[begin:nameEnd], name) {
				from[i], to[i] = nameEnd, end
			}
		}
		at = end + 1
	}
	for i := range names {
		if from[i] == none {
			continue
		}
		sources, allowed := withSource(policy[from[i]:to[i]], hash)
		switch {
		case allowed:
			return policy
		case names[i] == "default-src":
			return policy + "; script-src" + sources
		}
		return policy[:from[i]] + sources + policy[to[i]:]
	}
	return policy
}

// withSource adds a hash to a list of sources, without the 'none' that it then is not. allowed: the list allows it already.
func withSource(list, hash string) (with string, allowed bool) {
	inline, named, dynamic := false, false, false
	for rest := list; rest != ""; {
		var source string
		source, rest = cutSource(rest)
		switch lower := ascii.ToLower(source); {
		case source == hash:
			return list, true
		case source == "":
		case lower == "'none'":
			continue
		case lower == "'unsafe-inline'":
			inline = true
		case lower == "'strict-dynamic'":
			dynamic = true
		case strings.HasPrefix(lower, "'nonce-"), strings.HasPrefix(lower, "'sha256-"), strings.HasPrefix(lower, "'sha384-"), strings.HasPrefix(lower, "'sha512-"):
			named = true // with one of these, 'unsafe-inline' means nothing
		}
		if source != "" {
			with += " " + source
		}
	}
	if inline && !named && !dynamic {
		return list, true
	}
	return with + " " + hash, false
}

// cutSource cuts the first source off a list.
func cutSource(list string) (source, rest string) {
	i := 0
	for i < len(list) && isCSPSpace(list[i]) {
		i++
	}
	from := i
	for i < len(list) && !isCSPSpace(list[i]) {
		i++
	}
	return list[from:i], list[i:]
}

// isCSPSpace is the white space of ASCII.
func isCSPSpace(c byte) bool { return ascii.InSet(c, " \t\n\f\r") }
