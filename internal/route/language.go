package route

import "inlay/internal/ascii"

// maxRanges is how many ranges of an Accept-Language count. Browsers send a dozen at most.
const maxRanges = 64

// languageOf looks up which of tags a visitor reads best: RFC 4647, section 3.4. Each range of his Accept-Language finds the
// longest tag that it begins with (de-CH finds de-CH, else de), those with the greatest weight first and of equal ones the
// first in the list. The range * says nothing there. An item that is no range with a weight does not count.
//
// A weight of 0 says "not acceptable" (RFC 9110, section 12.4.2): of a tag, if no longer range that it begins with says
// something else. Whom nothing fits gets the first tag that he has not ruled out, or if he has ruled out all, the first.
func languageOf(header, tags string) string {
	found, _, _ := ascii.Cut(tags, ",")
	best := -1
	for tags != "" {
		var tag string
		tag, tags, _ = ascii.Cut(tags, ",")
		rank, longest, ruled := 0, 0, false
		rest := header
		for left := maxRanges; left > 0 && rest != ""; left-- {
			var item string
			item, rest, _ = ascii.Cut(rest, ",")
			name, q, weighed := ascii.Cut(item, ";")
			name = ascii.TrimOWS(name)
			weight := 1000
			if weighed {
				weight = weightOf(ascii.TrimOWS(q))
			}
			if weight > 0 && beginsWith(name, tag) {
				rank = max(rank, weight*maxRanges+left)
			}
			if weight >= 0 && len(name) > longest && beginsWith(tag, name) {
				longest, ruled = len(name), weight == 0
			}
		}
		// Of those that the same range has found, the longest.
		if !ruled && (rank > best || rank == best && rank > 0 && len(tag) > len(found)) {
			found, best = tag, rank
		}
	}
	return found
}

// beginsWith tells whether the first subtags of a tag or range are those of another. A tag that languageOf is given ends in no
// single letter, so one that a range was cut down to does not either.
func beginsWith(long, short string) bool {
	return len(long) >= len(short) && ascii.EqualFold(long[:len(short)], short) && (len(long) == len(short) || long[len(short)] == '-')
}

// weightOf reads a weight (RFC 9110, section 12.4.2) in thousandths; -1 if it is none.
func weightOf(v string) int {
	if len(v) < 3 || ascii.Lower(v[0]) != 'q' || v[1] != '=' || v[2] != '0' && v[2] != '1' {
		return -1
	}
	weight, unit := int(v[2]-'0')*1000, 100
	for i := 3; i < len(v); i++ {
		switch {
		case i == 3 && v[i] == '.':
			continue
		case i == 3 || !ascii.IsDigit(v[i]):
			return -1
		}
		weight += int(v[i]-'0') * unit
		unit /= 10
	}
	if weight > 1000 {
		return -1
	}
	return weight
}
