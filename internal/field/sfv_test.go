package field

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field/sfvtest"
)

func TestStructuredFieldTypesHoldWhatTheyCanAndRefuseTheRest(t *testing.T) {
	for token, ok := range map[string]bool{
		"a": true, "*": true, "A1:/!#$%&'*+-.^_`|~z": true, "inlay/price": true,
		"": false, "1a": false, "-a": false, "a b": false, "a,": false, "a=": false, "é": false, "a\x00": false, ":a": false, "/a": false, `a"`: false,
	} {
		got, err := appendSFVToken([]byte("x"), token)
		if ok {
			require.NoError(t, err)
			assert.Equal(t, "x"+token, string(got))
		} else {
			assert.ErrorIs(t, err, errSFVToken, "%q", token)
			assert.Equal(t, "x", string(got))
		}
	}
	for s, want := range map[string]string{"": `""`, "a b": `"a b"`, `"\`: `"\"\\"`, " ~": `" ~"`} {
		got, err := appendSFVString(nil, s)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, s := range []string{"é", "\x7f", "\n", "\x00", "a\t"} {
		got, err := appendSFVString([]byte("x"), s)
		assert.ErrorIs(t, err, errSFVString, "%q", s)
		assert.Equal(t, "x", string(got))
	}
	for n, want := range map[int64]string{0: "0", -12: "-12", maxSFVInteger: "999999999999999", -maxSFVInteger: "-999999999999999"} {
		got, err := appendSFVInteger(nil, n)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, n := range []int64{maxSFVInteger + 1, -maxSFVInteger - 1, 1<<63 - 1, -1 << 63} {
		_, err := appendSFVInteger(nil, n)
		assert.ErrorIs(t, err, errSFVInteger)
	}
}

func FuzzStructuredField(f *testing.F) {
	f.Add("inlay/price", "a \"b\" \\", int64(29))
	f.Add("é", "\x00", int64(-1<<63))
	f.Fuzz(func(t *testing.T, token, text string, n int64) {
		// What is written is read back as it was; what cannot be is not written.
		if b, err := appendSFVToken(nil, token); err == nil {
			list, err := sfvtest.ParseList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfvtest.Item{{Value: sfvtest.Token(token)}}, list)
		} else {
			require.Empty(t, b)
		}
		if b, err := appendSFVString(nil, text); err == nil {
			list, err := sfvtest.ParseList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfvtest.Item{{Value: text}}, list)
		}
		if b, err := appendSFVInteger(nil, n); err == nil {
			list, err := sfvtest.ParseList(string(b))
			require.NoError(t, err)
			require.Equal(t, []sfvtest.Item{{Value: n}}, list)
		}
	})
}
