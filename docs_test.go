package inlay_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(text)
}

func TestReadmeListsEveryVariable(t *testing.T) {
	text := readme(t)
	for _, v := range edge.Variables() {
		fallback := v.Default
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		assert.Contains(t, text, "| `"+v.Name+"` | "+v.Unit+" | "+fallback+" | "+v.Doc+" |\n")
	}
	assert.Equal(t, len(edge.Variables()), strings.Count(text, "\n| `INLAY_"))
}

func TestReadmesPageParses(t *testing.T) {
	html := regexp.MustCompile("(?s)```html\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	require.Len(t, html, 1)
	page, err := edge.ParsePage("/products/{id}", html[0][1])
	require.NoError(t, err)
	assert.Len(t, page.Slots, 1)
}

func TestReadmeNamesEveryAttributeOfASlot(t *testing.T) {
	for _, name := range []string{"name", "src", "ttl", "swr", "sie", "tags", "vary", "timeout", "required"} {
		assert.Contains(t, readme(t), "\n| `"+name+"` |")
	}
	_, err := edge.ParsePage("/", `<body><edge-slot name="a" src="/a" other></edge-slot>`)
	require.ErrorContains(t, err, "name, src, ttl, swr, sie, tags, vary, timeout", "the list is the parser's")
}

func TestReadmesCommandsExist(t *testing.T) {
	help, err := exec.Command("./build.sh", "help").Output()
	require.NoError(t, err)
	for _, command := range regexp.MustCompile(`\./build\.sh ([a-z]+)`).FindAllStringSubmatch(readme(t), -1) {
		assert.Regexp(t, `(?m)^  `+command[1]+`\b`, string(help))
	}
}

func TestReadmesLinksLeadSomewhere(t *testing.T) {
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		_, err := os.Stat(link[1])
		assert.NoError(t, err)
	}
}

func TestDryRunOfADeploymentUploadsTheWholeWorker(t *testing.T) {
	deploy := exec.Command("./build.sh", "deploy", "--dry-run")
	output, err := deploy.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, module := range []string{"core.wasm", "app.wasm", "pages.bin", "exchange.mjs"} {
		assert.Contains(t, string(output), module)
	}
}
