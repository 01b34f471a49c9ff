package difftest

import (
	"regexp"
	"slices"
	"strings"
)

// pieces are what a case is shortened by: a tag, a comment, a word.
var pieces = regexp.MustCompile(`(?s)<!--.*?-->|<[^<>]*>?|&[#\w]*;?|[^<&]`)

// Shrink makes a case smaller for as long as bad says that it is still the same failure. It tries at most budget cases.
func Shrink(c Case, budget int, bad func(Case) bool) Case {
	try := func(smaller Case) bool {
		if budget == 0 {
			return false
		}
		budget--
		if !bad(smaller) {
			return false
		}
		c = smaller
		return true
	}
	for changed := true; changed && budget > 0; {
		before := c
		for i := range c.Fragments {
			if c.Fragments[i] == Fails {
				continue
			}
			shorten(func() string { return c.Fragments[i] }, func(s string) bool {
				smaller := c
				smaller.Fragments = slices.Clone(c.Fragments)
				smaller.Fragments[i] = s
				return try(smaller)
			})
		}
		shorten(func() string { return c.Shell }, func(s string) bool {
			smaller := c
			smaller.Shell = s
			return try(smaller)
		})
		changed = before.Shell != c.Shell || !slices.Equal(before.Fragments, c.Fragments)
	}
	return c
}

// shorten leaves out pieces, many at first, then fewer, then one by one (delta debugging).
func shorten(now func() string, try func(string) bool) {
	all := pieces.FindAllString(now(), -1)
	for size := max(1, len(all)/2); ; size /= 2 {
		for at := 0; at < len(all); {
			end := min(at+size, len(all))
			rest := slices.Concat(all[:at], all[end:])
			if try(strings.Join(rest, "")) {
				all = rest
			} else {
				at = end
			}
		}
		if size <= 1 {
			return
		}
	}
}
