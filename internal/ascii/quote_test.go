package ascii

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLongFindingsAreCutAtARune(t *testing.T) {
	assert.Equal(t, `"`+strings.Repeat("ä", 20)+`…"`, Shorten(strings.Repeat("ä", 39)+"\x01"))
	assert.Equal(t, `"a\x01"`, Shorten("a\x01"))
}
