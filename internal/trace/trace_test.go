package trace_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/trace"
)

// passed are the cases of testdata/passed.json, which worker/trace.test.mjs has too.
type passed struct {
	About, Parent, State, WantParent, WantState string
}

func cases(t testing.TB) (all []passed) {
	t.Helper()
	text, err := os.ReadFile("testdata/passed.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &all))
	require.Greater(t, len(all), 50)
	return all
}

func TestWhatIsOfTheFormGoesOn(t *testing.T) {
	for _, c := range cases(t) {
		parent, state := trace.Passed(c.Parent, c.State)
		assert.Equal(t, c.WantParent, parent, c.About)
		assert.Equal(t, c.WantState, state, c.About)
	}
}

func TestAParentIsReadAndWritten(t *testing.T) {
	const text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	p, ok := trace.ParseParent(text)
	require.True(t, ok)
	assert.Equal(t, [16]byte{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}, p.TraceID)
	assert.Equal(t, [8]byte{0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}, p.ParentID)
	assert.Equal(t, byte(trace.Sampled), p.Flags)
	assert.Equal(t, text, p.String())

	later, ok := trace.ParseParent("fe" + text[2:53] + "ff-more")
	require.True(t, ok)
	assert.Equal(t, "00"+text[2:53]+"03", later.String(), "of a later version only what is known")
}

func FuzzPassed(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.Parent, c.State)
	}
	f.Fuzz(func(t *testing.T, parent, state string) {
		p, s := trace.Passed(parent, state)
		if p == "" {
			require.Empty(t, s)
			return
		}
		require.Contains(t, parent, p)
		require.Contains(t, state, s)
		for _, text := range []string{p, s} {
			require.False(t, strings.ContainsFunc(text, func(r rune) bool { return (r < ' ' && r != '\t') || r > '~' }), "%q", text)
		}
		again, also := trace.Passed(p, s)
		require.Equal(t, p, again)
		require.Equal(t, s, also)
		read, ok := trace.ParseParent(p)
		require.True(t, ok)
		written, ok := trace.ParseParent(read.String())
		require.True(t, ok)
		require.Equal(t, read, written)
	})
}
