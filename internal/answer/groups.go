package answer

import "inlay/internal/field"

// Cache groups (RFC 9875) are tags: an answer's Cache-Groups name those of a fragment, and Cache-Group-Invalidation those
// that are over after a request that has changed something.

// maxPurged is how many tags one answer can purge; those after them do not count.
const maxPurged = 1000

// Purged are the tags that are over once a request of an unsafe method was answered: the groups of
// Cache-Group-Invalidation, and the tags in a field that the site has chosen, of whose name it depends what is between them:
// commas in Cache-Tag, commas and spaces in any other.
func Purged(groups, name, value string) []string {
	separators := " \t,"
	if name == "cache-tag" {
		separators = ","
	}
	return tagsIn(groupsIn(nil, groups, maxPurged), value, separators, maxPurged)
}

// groupsIn appends groups as tags.
func groupsIn(tags []string, groups string, limit int) []string {
	return tagsIn(tags, field.ParseStrings(groups), "\n", limit)
}
