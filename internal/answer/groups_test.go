package answer

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The lists and how they are read are RFC 9651's, section 4.2.
func TestGroupsAreAListOfStrings(t *testing.T) {
	for list, want := range map[string][]string{
		``:                                      nil,
		`"a"`:                                   {"a"},
		` "a" , "b"	,"c" `:                      {"a", "b", "c"},
		`"eurovision-results", "kylie"`:         {"eurovision-results", "kylie"},
		`"a","a"`:                               {"a"},
		`"A","a"`:                               {"A", "a"}, // compared character by character
		`"a, b"`:                                {"a, b"},
		`"\"a\" \\b"`:                           {`"a" \b`},
		`"a";revalidate, "b";x="1, \"2";y, "c"`: {"a", "b", "c"},
		`"", "a"`:                               {"a"}, // nothing could name it
		// What is no list of strings is ignored whole.
		`a`:              nil,
		`"a", b`:         nil,
		`"a",`:           nil,
		`,"a"`:           nil,
		`"a",,"b"`:       nil,
		`"a" "b"`:        nil,
		`"a", ("b" "c")`: nil,
		`"a`:             nil,
		`"a\`:            nil,
		`"a\x"`:          nil,
		`"a", 'b'`:       nil,
		`product:7`:      nil,
		`"a", :Yg==:`:    nil,
		`"` + strings.Repeat("x", maxOriginTag+1) + `", "a"`: {"a"},
	} {
		assert.Equal(t, append([]string{"slot"}, want...), (&Answer{CacheGroups: list}).AppendTags([]string{"slot"}), "%s", list)
		assert.ElementsMatch(t, want, Purged(list, "", ""), "%s", list)
	}
	// RFC 9875, section 2: at least 32 groups of 32 characters.
	var list, want []string
	for i := range 32 {
		want = append(want, strings.Repeat("g", 30)+strconv.Itoa(10+i))
		list = append(list, strconv.Quote(want[i]))
	}
	assert.Equal(t, want, Purged(strings.Join(list, ", "), "", ""))
	assert.Equal(t, want, (&Answer{CacheGroups: strings.Join(list, ",")}).AppendTags(nil))
}

func TestGroupsComeAfterTheOtherTags(t *testing.T) {
	a := Answer{CacheTag: "a,b", SurrogateKey: "b c", CacheGroups: `"c", "d"`, Redirects: []Answer{{CacheGroups: `"z"`}}}
	assert.Equal(t, []string{"z", "a", "b", "c", "d"}, a.AppendTags(nil))
}

// What stands between the tags of a chosen field goes by its name.
func TestPurgedNamesAreOfBothFields(t *testing.T) {
	for _, c := range []struct {
		groups, name, field string
		want                []string
	}{
		{`"a"`, "cache-tag", "b c, a,d", []string{"a", "b c", "d"}},
		{"", "surrogate-key", "a b, c", []string{"a", "b", "c"}},
		{"", "x-purge", "a,b c", []string{"a", "b", "c"}},
		{"no list", "x-purge", "a", []string{"a"}},
		{"", "x-purge", "", nil},
	} {
		assert.Equal(t, c.want, Purged(c.groups, c.name, c.field), "%+v", c)
	}
	many := strings.Repeat("x,", maxPurged)
	for i := range maxPurged {
		many += strconv.Itoa(i) + ","
	}
	assert.Len(t, Purged("", "cache-tag", many), maxPurged)
}

func FuzzGroups(f *testing.F) {
	f.Add(`"a", "b";c=", \""`)
	f.Add(`"a\\\"", `)
	f.Fuzz(func(t *testing.T, list string) {
		tags := groupsIn([]string{"slot"}, list, 10)
		require.Equal(t, "slot", tags[0])
		require.LessOrEqual(t, len(tags), 10)
		var again []string
		for i, tag := range tags[1:] {
			require.True(t, isTag(tag), "%q", tag)
			require.False(t, contains(tags[:i+1], tag), "%q", tag)
			again = append(again, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(tag)+`"`)
		}
		require.Equal(t, tags, groupsIn([]string{"slot"}, strings.Join(again, ", "), 10))
	})
}
