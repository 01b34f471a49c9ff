package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// What the documentation says is run, that of all Markdown files of the project. Here is what they consist of, and what
// README.md has to list; the other files are each about one kind of block, or of claim. Paths are from the repository's root.

func TestMain(m *testing.M) { harness.Main(m, ".") }

// document is a Markdown file.
type document struct {
	path   string
	text   string
	prose  string // text without its blocks
	blocks []block
}

// block is a fenced block of a document.
type block struct {
	path     string
	line     int
	heading  string // the one above it
	language string
	text     string // without the indentation of the fence
}

var (
	fence       = regexp.MustCompile("^( *)```(.*)$")
	headingLine = regexp.MustCompile(`^#+ (.*)$`)
)

// documents are all Markdown files of the project.
func documents(t *testing.T) (all []document) {
	t.Helper()
	for _, path := range harness.Files(t, ".md") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all = append(all, readDocument(t, path, string(text)))
	}
	require.NotEmpty(t, all)
	return all
}

func documentAt(t *testing.T, path string) document {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return readDocument(t, path, string(text))
}

func readDocument(t *testing.T, path, text string) document {
	t.Helper()
	d := document{path: path, text: text}
	var open *block
	indent, heading := "", ""
	for i, line := range strings.Split(text, "\n") {
		f := fence.FindStringSubmatch(line)
		switch {
		case f != nil && open == nil:
			indent, open = f[1], &block{path: path, line: i + 1, heading: heading, language: f[2]}
		case f != nil:
			require.Empty(t, f[2], "%s:%d", path, i+1)
			d.blocks = append(d.blocks, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		default:
			if h := headingLine.FindStringSubmatch(line); h != nil {
				heading = h[1]
			}
			d.prose += line + "\n"
		}
	}
	require.Nil(t, open, "%s: a block is not closed", path)
	return d
}

// rows are the cells of the table under a heading of d, without its head; nil if there is none.
func (d *document) rows(heading string) (rows [][]string) {
	_, after, found := strings.Cut("\n"+d.prose, "\n"+heading+"\n")
	if !found {
		return nil
	}
	for _, line := range strings.Split(after, "\n") {
		if headingLine.MatchString(line) {
			break
		}
		if strings.HasPrefix(line, "|") {
			rows = append(rows, cells(line))
		}
	}
	return rows[min(2, len(rows)):]
}

func cells(line string) (cells []string) {
	for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(cell))
	}
	return cells
}

func TestEveryBlockIsOfAKindThatIsChecked(t *testing.T) {
	checked := map[string]string{
		"sh":   "docs/commands_test.go",
		"go":   "docs/go_test.go",
		"html": "docs/wire_test.go", "http": "docs/wire_test.go",
		"toml":   "docs/toml_test.go",
		"nginx":  "worker/e2e/proxy_test.go",
		"promql": "edge/promtest/prom_test.go", "yaml": "edge/promtest/prom_test.go",
		"js":   "docs/hooks_test.go",
		"sql":  "worker/e2e/analytics_test.go",
		"php":  "docs/front_test.go",
		"xml":  "docs/esi_test.go",
		"text": "diagrams",
	}
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			assert.Contains(t, checked, b.language, "%s:%d: nothing would check this block", b.path, b.line)
		}
	}
}

func TestReadmeListsEveryVariable(t *testing.T) {
	text := documentAt(t, "README.md").text
	for _, v := range edge.Variables() {
		fallback := v.Default
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		assert.Contains(t, text, "| `"+v.Name+"` | "+v.Unit+" | "+fallback+" | "+v.Doc+" |\n")
	}
	assert.Equal(t, len(edge.Variables()), strings.Count(text, "\n| `INLAY_"))
}

func TestReadmeNamesEveryAttributeOfASlot(t *testing.T) {
	text := documentAt(t, "README.md").text
	for _, name := range []string{"name", "src", "ttl", "swr", "sie", "tags", "vary", "timeout", "share", "required"} {
		assert.Contains(t, text, "\n| `"+name+"` |")
	}
	_, err := edge.ParsePage("/", `<body><edge-slot name="a" src="/a" other></edge-slot>`)
	require.ErrorContains(t, err, "name, src, ttl, swr, sie, tags, vary, timeout", "the list is the parser's")
}
