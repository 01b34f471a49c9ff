package answer

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT"

func FuzzA304(f *testing.F) {
	f.Add(`"a"`, `W/"a"`, lastModified, lastModified, "max-age=5", "no-cache")
	f.Fuzz(func(t *testing.T, etag, then, modified, thenModified, control, thenControl string) {
		first := Answer{ETag: etag, LastModified: modified, CacheControl: control}
		k := first.Keep(admitNow)
		if k == "" {
			return
		}
		for _, field := range k.Conditions() {
			for i := range len(field.Value) {
				require.True(t, field.Value[i] >= ' ' && field.Value[i] <= '~', "%q", field.Value)
			}
			require.NotEqual(t, "*", field.Value)
		}
		require.LessOrEqual(t, len(k), maxKept+3)
		require.True(t, k.Fits(&Answer{}, admitNow))
		require.True(t, k.Fits(&Answer{ETag: k.answer().ETag, LastModified: k.answer().LastModified}, admitNow))
		again := k.Renewed(&Answer{Status: 304, ETag: then, LastModified: thenModified, CacheControl: thenControl}, 10)
		require.Equal(t, 200, again.Status)
		if thenControl != "" {
			require.Equal(t, thenControl, again.CacheControl)
		} else {
			require.Equal(t, control, again.CacheControl)
		}
	})
}

func TestWhatA304MayRepeat(t *testing.T) {
	for _, c := range []struct {
		kept, says Answer
		fits       bool
	}{
		{Answer{ETag: `"a"`}, Answer{}, true},
		{Answer{ETag: `"a"`}, Answer{ETag: `"a"`}, true},
		{Answer{ETag: `"a"`}, Answer{ETag: `W/"a"`}, true},
		{Answer{ETag: `W/"a"`}, Answer{ETag: `W/"a"`}, true},
		{Answer{ETag: `W/"a"`}, Answer{ETag: `"a"`}, false}, // a strong one is the very same, or of something else
		{Answer{ETag: `W/"a"`}, Answer{ETag: `W/"b"`}, false},
		{Answer{ETag: `"a"`}, Answer{ETag: `"b"`}, false},
		{Answer{ETag: `"a"`}, Answer{ETag: `"a"`, LastModified: "other"}, true},
		{Answer{ETag: `"a"`}, Answer{ETag: "a"}, false}, // which is no ETag
		{Answer{ETag: `"a"`}, Answer{ETag: `"a", "b"`}, false},
		{Answer{ETag: `"a"`}, Answer{ETag: "*"}, false},
		{Answer{ETag: `"a"`}, Answer{ETag: `w/"a"`}, false},
		{Answer{ETag: `"a"`}, Answer{ETag: " "}, true},
		{Answer{LastModified: lastModified}, Answer{ETag: `"a"`}, false},
		{Answer{LastModified: lastModified}, Answer{ETag: `W/"a"`}, true},
		{Answer{LastModified: lastModified}, Answer{LastModified: lastModified}, true},
		{Answer{LastModified: lastModified}, Answer{LastModified: "Sunday, 06-Nov-94 08:49:37 GMT"}, true},
		{Answer{LastModified: lastModified}, Answer{LastModified: "Sun, 06 Nov 1994 08:49:36 GMT"}, false},
		{Answer{LastModified: lastModified}, Answer{LastModified: "x"}, false},
	} {
		assert.Equal(t, c.fits, c.kept.Keep(admitNow).Fits(&c.says, admitNow), "%+v %+v", c.kept, c.says)
	}
}

// Each field that a 304 need not repeat is there as it was, also one of the greatest length, and no other.
func TestWhatIsKept(t *testing.T) {
	var all, nothing Answer
	for i := range Fields {
		*all.Field(i) = "value of " + Fields[i]
	}
	all.ETag, all.LastModified = `"a"`, lastModified
	want := all
	for _, name := range [...]string{"content-type", "vary", "retry-after", "age", "content-encoding", "date"} {
		*want.Field(slices.Index(Fields[:], name)) = ""
	}
	k := all.Keep(admitNow)
	assert.Equal(t, &want, k.answer())
	assert.Equal(t, len(k)+keptOverhead, k.Cost())

	assert.Empty(t, nothing.Keep(admitNow))
	assert.Zero(t, Kept("").Cost())
	etag := Answer{ETag: `"` + strings.Repeat("e", maxKept-5) + `"`}
	assert.Equal(t, &etag, etag.Keep(admitNow).answer())
	etag.Pragma = "x"
	assert.Empty(t, etag.Keep(admitNow), "too much")

	usual := Answer{ETag: `"5d41402abc4b2a76b9719d911017c592"`}
	assert.LessOrEqual(t, usual.Keep(admitNow).Cost(), 56)
}
