package answer

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTagsOfAnOriginAreBounded(t *testing.T) {
	a := Answer{CacheTag: strings.Repeat("x", maxOriginTag+1) + "," + strings.Repeat("y", maxOriginTag) + ",\x01,\u00e4, ,a b,slot"}
	assert.Equal(t, []string{"slot", strings.Repeat("y", maxOriginTag), "a b"}, a.AppendTags([]string{"slot"}))
	many := ""
	for range 1000 {
		many += " " + strings.Repeat("k", 1+len(many)%97) + "-" + strconv.Itoa(len(many))
	}
	a = Answer{SurrogateKey: many, CacheTag: "late"}
	assert.Len(t, a.AppendTags([]string{"slot"}), 1+maxOriginTags)
}

func FuzzOriginTags(f *testing.F) {
	f.Add("a, b,,c", "d e", "slot")
	f.Fuzz(func(t *testing.T, list, keys, slot string) {
		a := Answer{CacheTag: list, SurrogateKey: keys}
		tags := a.AppendTags([]string{slot})
		require.LessOrEqual(t, len(tags), 1+maxOriginTags)
		seen := map[string]bool{}
		for i, tag := range tags {
			require.True(t, i == 0 || isTag(tag), "%q", tag)
			require.False(t, seen[tag], "%q", tag)
			seen[tag] = true
		}
	})
}
