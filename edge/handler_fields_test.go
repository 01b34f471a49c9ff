package edge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One of two lines natively is one of two lines.
func TestCookieLinesAreJoinedAlike(t *testing.T) {
	shell := `<body><edge-slot name="a" src="/a" vary="cookie:c header:x"></edge-slot></body>`
	slot := pageOf(t, "/p", shell).Slots[0]
	native := func(lines ...string) string {
		r := newNativeRequest(t, lines...)
		key, err := slot.AppendKey(nil, nil, &Request{Fields: (*fieldsOf)(r)})
		require.NoError(t, err)
		return string(key)
	}
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "session=secret", "cookie", "c=1"))
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "c=1", "COOKIE", "session=secret"))
	assert.Equal(t, "/a\ncookie: c=1", native("Cookie", "c=1, session=secret"))
	assert.Equal(t, "/a\nx: 1, 2", native("x", "1", "X", "2"))
	assert.Equal(t, "/a\nx: , 2", native("x", "", "X", "2"))
	assert.Equal(t, "/a", native("x", "a\x01"))
	assert.Equal(t, "/a", native("x", "a\xff"))
	assert.Equal(t, "/a\nx: é", native("x", "é"))
}
