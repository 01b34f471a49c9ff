package answer

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachFieldOfAnAnswerHasAPlaceOfItsOwn(t *testing.T) {
	var a Answer
	for i, name := range Fields {
		require.Empty(t, *a.Field(i), name)
		*a.Field(i) = name
	}
	assert.Equal(t, "content-type", a.ContentType)
	assert.Equal(t, "cdn-cache-control", a.CDNCacheControl)
	assert.Equal(t, "surrogate-key", a.SurrogateKey)
	assert.Equal(t, "last-modified", a.LastModified)
}

// TestTheGlueHandsFieldsOverInTheSameOrder compares with the list of worker/core.mjs.
func TestTheGlueHandsFieldsOverInTheSameOrder(t *testing.T) {
	source, err := os.ReadFile("../../worker/core.mjs")
	require.NoError(t, err)
	list := regexp.MustCompile(`(?s)export const answerFields = \[(.*?)\];`).FindSubmatch(source)
	require.NotNil(t, list)
	names := regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(string(list[1]), -1)
	var got []string
	for _, n := range names {
		got = append(got, n[1])
	}
	assert.Equal(t, strings.Join(Fields[:], " "), strings.Join(got, " "))
}
