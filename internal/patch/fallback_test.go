package patch

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFallbackHashIsThatOfTheScriptAsSent(t *testing.T) {
	// given the text between the tags, which is what a browser hashes
	text, ok := strings.CutPrefix(Element, "<script>")
	require.True(t, ok)
	text, ok = strings.CutSuffix(text, "</script>"+commentProbe)
	require.True(t, ok)

	// then the exported hash is its SHA-256
	sum := sha256.Sum256([]byte(text))
	assert.Equal(t, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", CSPHash)
	assert.Equal(t, Script, text)
}

func TestFallbackElementIsSmallAndOnOneLine(t *testing.T) {
	assert.LessOrEqual(t, len(Element), 650)
	assert.NotContains(t, Element, "\n")
}

func TestFallbackScriptEndsNowhereInsideItself(t *testing.T) {
	// "<!--" and "<script" would make the tokenizer look for an end elsewhere (script data escaped states)
	for _, s := range []string{"</", "<!--", "<script", "-->"} {
		assert.NotContains(t, strings.ToLower(Script), s)
	}
}

func TestEscapedNames(t *testing.T) {
	for _, c := range []struct{ name, escaped string }{
		{"price", "price"},
		{"Price_2.b~c-d", "Price_2.b~c-d"},
		{"", ""},
		{"a b", "a%20b"},
		{`a"b'c`, "a%22b%27c"},
		{"a<b>c&d", "a%3Cb%3Ec%26d"},
		{"100%", "100%25"},
		{"a?", "a%3F"},
		{"größe", "gr%C3%B6%C3%9Fe"},
		{"a\nb\x00", "a%0Ab%00"},
		{"\xff", "%FF"},
		{"null", "%6Eull"},
		{"nullable", "nullable"},
	} {
		assert.Equal(t, c.escaped, string(AppendName(nil, c.name)), "%q", c.name)
	}
}

func TestEscapedNameIsAppended(t *testing.T) {
	assert.Equal(t, `<?start name="a%3E`, string(AppendName([]byte(`<?start name="`), "a>")))
}

func FuzzEscapedNamesDifferAsTheNamesDo(f *testing.F) {
	f.Add("a", "a%")
	f.Add("null", "%6Eull")
	f.Add("\xff", "\xfe")
	f.Add(`">`, "größe")
	f.Fuzz(func(t *testing.T, a, b string) {
		ea, eb := string(AppendName(nil, a)), string(AppendName(nil, b))

		// then nothing in it can end a quoted attribute, a processing instruction or a comment
		require.Equal(t, -1, strings.IndexFunc(ea, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>&?=`", r)
		}))
		// and the name can be read back, so that two names never meet
		back, err := url.PathUnescape(ea)
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.Equal(t, a == b, ea == eb)
	})
}
