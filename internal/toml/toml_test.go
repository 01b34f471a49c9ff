package toml

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// show writes a table as nested {key: value}, strings in quotes.
func show(t *Table) string {
	parts := make([]string, len(t.Keys))
	for i, key := range t.Keys {
		parts[i] = key + ": " + showValue(t.Get(key))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func showValue(v *Value) string {
	switch v.Kind {
	case String:
		return strconv.Quote(v.Text)
	case Array:
		items := make([]string, len(v.Items))
		for i, item := range v.Items {
			items[i] = showValue(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case TableKind:
		return show(v.Table)
	}
	return v.Text
}

func TestValuesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		``:            `{}`,
		"\ufeffa = 1": `{a: 1}`,
		`a = "x"`:     `{a: "x"}`,
		`a = 'x\n'`:   `{a: "x\\n"}`,
		`a = "\b\t\n\f\r\"\\\u00e9\U0001F600\e\x41"`: `{a: "\b\t\n\f\r\"\\é😀\x1bA"}`,
		"a = \"\"\"\nx\ny\"\"\"":                     `{a: "x\ny"}`,
		"a = \"\"\"x \\\n   \n  y\"\"\"":             `{a: "x y"}`,
		"a = \"\"\"x\"\"\"\"\"":                      `{a: "x\"\""}`,
		"a = '''\nx'y''\\'''":                        `{a: "x'y''\\"}`,
		"a = \"\"\"\r\nx\r\ny\"\"\"":                 `{a: "x\r\ny"}`,
		`a = ""`:                                     `{a: ""}`,
		`a = 1_000`:                                  `{a: 1_000}`,
		`a = [0x1F, 0o7, 0b11, +1, -0]`:              `{a: [0x1F, 0o7, 0b11, +1, -0]}`,
		`a = [1.5, 1e9, -1.5E-3, inf, -nan]`:         `{a: [1.5, 1e9, -1.5E-3, inf, -nan]}`,
		`a = [true, false]`:                          `{a: [true, false]}`,
		`a = 2026-11-01`:                             `{a: 2026-11-01}`,
		`a = 2026-11-01 07:32:00Z`:                   `{a: 2026-11-01 07:32:00Z}`,
		`a = 2026-11-01T07:32:00.5+01:00 #`:          `{a: 2026-11-01T07:32:00.5+01:00}`,
		`a = 07:32`:                                  `{a: 07:32}`,
		"a = [\n 1, # one\n\n 2,\n]\nb = 3":          `{a: [1, 2], b: 3}`,
		`a = []`:                                     `{a: []}`,
		`a = {}`:                                     `{a: {}}`,
		`a = { b = 1, "c d" = [2], e.f = 3 }`:        `{a: {b: 1, c d: [2], e: {f: 3}}}`,
		"a = {\n b = 1, # one\n}":                    `{a: {b: 1}}`,
		`a.b = 1` + "\n" + `a.c.d = 2`:               `{a: {b: 1, c: {d: 2}}}`,
		` a . "b" .'c' = 1`:                          `{a: {b: {c: 1}}}`,
		`"" = 1`:                                     `{: 1}`,
		`1 = 2`:                                      `{1: 2}`,
		`3.14 = 2`:                                   `{3: {14: 2}}`,
		"[a]\nb=1\n[ c . d ]\ne=2":                   `{a: {b: 1}, c: {d: {e: 2}}}`,
		"[a.b]\nc=1\n[a]\nd=2":                       `{a: {b: {c: 1}, d: 2}}`,
		"[[a]]\nb=1\n[[a]]\n[a.c]\nd=2":              `{a: [{b: 1}, {c: {d: 2}}]}`,
		"a.b.c = 1\n[a.b.d]\ne=1":                    `{a: {b: {c: 1, d: {e: 1}}}}`,
		"[a]\nb.c = 1\n[a.b.d]\ne=1":                 `{a: {b: {c: 1, d: {e: 1}}}}`,
		"a = 1\r\nb = 2\r\n":                         `{a: 1, b: 2}`,
		"a = 1 # é\n# only\n":                        `{a: 1}`,
	} {
		root, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, show(root), text)
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"a":                               `1:2: expected = after the key "a" and found the end of the file`,
		"a =":                             `1:4: a value is missing after =`,
		"a = # x":                         `1:5: a value is missing after =`,
		"a = x":                           `1:5: "x" is no value; a string stands in quotes`,
		"a = -0o7":                        `1:5: "-0o7" is no value`,
		"a = 01":                          `1:5: "01" is no value; a string stands in quotes`,
		"a = 1__0":                        `1:5: "1__0" is no value`,
		"a = 1.":                          `1:5: "1." is no value`,
		"a = ?":                           `1:5: a value cannot begin with "?"`,
		"a = 1 b = 2":                     `1:7: expected the end of the line and found "b"`,
		"a = \"x":                         `1:5: a string that begins here lacks its "`,
		"a = 'x\nb":                       `1:5: a string that begins here lacks its '`,
		"a = \"\"\"x\n":                   `1:5: a string that begins here lacks its """`,
		`a = "\q"`:                        `1:6: there is no \q; a backslash is written \\, or in a string between '`,
		`a = "\u12"`:                      `1:6: \u has to be followed by 4 hexadecimal digits`,
		`a = "\uD800"`:                    `1:6: \u has to be followed by 4`,
		`a = "\UFFFFFFFF"`:                `1:6: \U has to be followed by 8`,
		"a = \"é\x01\"":                   `1:7: there must be no control character here: "\x01"`,
		"# \x00":                          `1:3: there must be no control character`,
		"a = [1":                          `1:5: an array that begins here lacks a comma or its ]`,
		"a = [1 2]":                       `1:8: expected "," and found "2"`,
		"a = [,]":                         `1:6: a value cannot begin with ","`,
		"a = {b = 1":                      `1:5: a table that begins here lacks a comma or its }`,
		"a = {b}":                         `1:7: expected = after the key "b" and found "}"`,
		"é = 1":                           `1:1: expected a key and found "é"`,
		"= 1":                             `1:1: expected a key and found "="`,
		"a.= 1":                           `1:3: expected a key and found "="`,
		"\"\"\"a\"\"\" = 1":               `1:1: a key cannot be a string of several lines`,
		"[a":                              `1:1: a table's header lacks its ]`,
		"[]":                              `1:2: expected a key and found "]"`,
		"[[a]":                            `1:1: a table's header lacks its second ]`,
		"[a] b = 1":                       `1:5: expected the end of the line`,
		"a = 1\na = 2":                    `2:1: "a" is defined already, in line 1`,
		"[a]\n[b]\n[a]":                   `3:2: "a" is defined already, in line 1`,
		"a = 1\n[a.b]":                    `2:2: "a" is defined already`,
		"a = {b = 1}\n[a]":                `2:2: "a" is defined already`,
		"a = {b = 1}\na.c = 2":            `2:1: "a" is defined already`,
		"a = {b = 1, b = 2}":              `1:13: "b" is defined already`,
		"a = {b.c = 1, b = 2}":            `1:15: "b" is defined already`,
		"a = []\n[[a]]":                   `2:3: "a" is defined already`,
		"[[a]]\n[a]":                      `2:2: "a" is defined already`,
		"[a]\n[[a]]":                      `2:3: "a" is defined already`,
		"[a]\nb.c = 1\n[a.b]":             `3:4: "b" is defined already`,
		"[a.b]\n[a]\nb.c = 1":             `3:1: "b" is defined already`,
		"a = 1\n\xff":                     `2:1: the file is not UTF-8 here`,
		"a = " + strings.Repeat("[", 200): `1:106: values are nested more than 100 deep`,
	} {
		_, err := Parse(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want, text)
	}
}

func TestPositionsAreThoseOfTheText(t *testing.T) {
	root, err := Parse("# x\n[a]\n  \"é\" = \"x\" \n[[b]]\nc = {d = [ 'e' ]}")
	require.NoError(t, err)
	assert.Equal(t, Position{3, 3}, root.Get("a").Table.KeyAt("é"))
	assert.Equal(t, Position{3, 9}, root.Get("a", "é").At)
	assert.Equal(t, Position{5, 12}, root.Get("b").Items[0].Table.Get("c", "d").Items[0].At)
	assert.Nil(t, root.Get("a", "b", "c"))
	assert.Nil(t, root.Get("a", "é", "c"))
	assert.Nil(t, (*Table)(nil).Get("a"))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a = 1", "[a]\nb.c = [1, {d = '''x'''}]\n[[e]]", "a = \"\\u00e9\"", "x = \"\"\"\\\n  y\"\"\"", "a = 2026-01-01 01:02"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root, err := Parse(text)
		if err == nil {
			require.NotNil(t, root)
			assert.True(t, utf8.ValidString(show(root)))
			return
		}
		var mistake *Error
		require.ErrorAs(t, err, &mistake)
		// The place is in the text, or right behind it.
		lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
		require.LessOrEqual(t, mistake.Line, len(lines))
		require.GreaterOrEqual(t, mistake.Line, 1)
		require.LessOrEqual(t, mistake.Column, utf8.RuneCountInString(lines[mistake.Line-1])+1)
		require.GreaterOrEqual(t, mistake.Column, 1)
	})
}
