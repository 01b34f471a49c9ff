package route

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"inlay/internal/ascii"
)

// The Cookie fields of testdata/cookies.txt are read by the tests of the Worker too.
func TestCookiesOfAnyLinesAndForms(t *testing.T) {
	for _, c := range []struct{ field, want string }{
		{"c=1", "1"},
		{"c=1; d=2", "1"},
		{"d=2; c=1", "1"},
		{"d=2;c=1", "1"},
		{"d=2, c=1", "1"}, // two lines, as workerd joins them
		{"c=1, session=secret", "1"},
		{"session=secret, c=1, d=2", "1"},
		{", c=1", "1"},
		{"c=1, ", "1"},
		{"c=1,, d=2", "1,"},
		{"c=1,2", "1,2"}, // within a value, as JavaScript lets pages set it
		{"c=1,2, session=secret", "1,2"},
		{"c=a, secret", "a"},
		{"d=1, 2; c=3", "3"},
		{`c="a"`, `"a"`},
		{`c="a; session=secret"`, `"a`}, // RFC 6265 knows no quotes around more
		{`c="a, b"`, `"a`},
		{"c=", ""},
		{"c=a=b", "a=b"},
		{"c = 1 ", "1"},
		{"\tc\t=\t1\t", "1"},
		{"c=1; c=2", "1"},
		{"c=1, c=2", "1"},
		{"c=é", "é"},
		{"c=🍪", "🍪"},
		{"c", "-"},
		{"c; d=1", "-"},
		{"=c", "-"},
		{"=c=1", "-"},
		{"C=1", "-"},
		{"cc=1", "-"},
		{"d=c=1", "-"},
		{"d=1,c=1", "-"},
		{"c=a\x01b", "-"},
		{"c=a\tb", "-"},
		{"c=a\x7fb", "-"},
		{"c=\xff", "-"},
		{"c=a\xc3", "-"},
		{"c=\ufffd", "-"},
		{"c=\x00; c=2", "-"},
		{"", "-"},
		{";", "-"},
		{", ", "-"},
	} {
		value, ok := cookieValue(c.field, "c")
		if !ok {
			value = "-"
		}
		assert.Equal(t, c.want, value, "%q", c.field)
	}
}

func FuzzCookieValue(f *testing.F) {
	f.Add("a=1; c=2, d=3")
	f.Add(`c="a, b"; é=ü`)
	f.Fuzz(func(t *testing.T, field string) {
		value, ok := cookieValue(field, "c")
		if !ok {
			return
		}
		assert.True(t, utf8.ValidString(value))
		assert.False(t, ascii.HasControl(value))
		assert.NotContains(t, value, ";")
		assert.NotContains(t, value, ", ")
		// What was found is found again, wherever other cookies stand and however many lines they are on.
		for _, around := range []string{"c=" + value, "d=1; c=" + value + "; e=2", "d=1, c=" + value + ", e=2"} {
			again, ok := cookieValue(around, "c")
			assert.True(t, ok)
			assert.Equal(t, value, again)
		}
		assert.Contains(t, field, strings.TrimSpace(value))
	})
}
