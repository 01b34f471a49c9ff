package answer

import (
	"strings"

	"inlay/internal/ascii"
)

const (
	// maxOriginTags is how many tags an origin can give a fragment besides its slot's; those after them do not count.
	maxOriginTags = 64
	// maxOriginTag is how many bytes such a tag may have; a longer one does not count.
	maxOriginTag = 256
)

// AppendTags appends the tags that the origin gives the fragment: of Cache-Tag, whose members are separated by commas, of
// Surrogate-Key, whose are by spaces, and of Cache-Groups (RFC 9875); those of redirects on the way too. A tag is printable
// ASCII. None comes twice.
func (a *Answer) AppendTags(tags []string) []string {
	limit := len(tags) + maxOriginTags
	for i := range a.Redirects {
		tags = a.Redirects[i].ownTags(tags, limit)
	}
	return a.ownTags(tags, limit)
}

func (a *Answer) ownTags(tags []string, limit int) []string {
	tags = tagsIn(tags, a.CacheTag, ",", limit)
	tags = tagsIn(tags, a.SurrogateKey, " \t,", limit) // its lines were joined by commas
	return groupsIn(tags, a.CacheGroups, limit)
}

func tagsIn(tags []string, list, separators string, limit int) []string {
	for list != "" && len(tags) < limit {
		n := 0
		for n < len(list) && !ascii.InSet(list[n], separators) {
			n++
		}
		tag := ascii.TrimOWS(list[:n])
		list = list[min(n+1, len(list)):]
		if isTag(tag) && !contains(tags, tag) {
			// Of its own: what the cache keeps of it must not keep the whole field.
			tags = append(tags, strings.Clone(tag))
		}
	}
	return tags
}

func isTag(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxOriginTag
}

func contains(list []string, s string) bool {
	for i := range list {
		if list[i] == s {
			return true
		}
	}
	return false
}
