package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/esi"
)

// readESI gives the text that is left of a page, with "the fragment" where something is included, and the lines for the log.
func readESI(page string) (left string, log []string) {
	r := esi.New("/page")
	var show func(events []esi.Event)
	show = func(events []esi.Event) {
		for _, e := range events {
			switch e.Kind {
			case esi.Text:
				left += page[e.From:e.To]
			case esi.Included:
				left += "the fragment"
			case esi.Tried:
				show(e.Attempt)
			case esi.Refused:
				log = append(log, e.Message)
			}
		}
	}
	show(r.Write([]byte(page)))
	show(r.End())
	return left, log
}

func TestESIOfTheDocumentationIsFine(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.language != "xml" {
				continue
			}
			found++
			left, log := readESI(b.text)
			assert.Empty(t, log, "%s:%d", b.path, b.line)
			assert.Contains(t, left, "the fragment", "%s:%d", b.path, b.line)
			assert.NotContains(t, left, "esi:", "%s:%d", b.path, b.line)
		}
	}
	assert.NotZero(t, found)
}

func TestESIThatIsWrongIsLeftAsTold(t *testing.T) {
	d := documentAt(t, "docs/esi.md")
	rows := d.rows("## What is wrong, or not supported")
	require.NotEmpty(t, rows)
	for _, row := range rows {
		require.Len(t, row, 3, "%q", row)
		left, log := readESI(strings.Trim(row[0], "`"))
		assert.Equal(t, strings.Trim(row[1], "`"), left, row[0])
		assert.Equal(t, []string{strings.Trim(row[2], "`")}, log, row[0])
	}
	for _, row := range append(d.rows("## src"), d.rows("## Elements")...) {
		for _, code := range inlineCode.FindAllString(row[0], -1) {
			code = strings.Trim(code, "`")
			switch {
			case strings.HasPrefix(code, "$("):
				code = `<esi:include src="/a?` + code + `"/>`
			case strings.HasSuffix(code, `"`):
				code = `<esi:include src="/a" ` + code + `/>`
			case code == "<esi:try>":
				code += "<esi:attempt>a</esi:attempt></esi:try>"
			}
			_, log := readESI(code)
			assert.Empty(t, log, code)
		}
	}
}
