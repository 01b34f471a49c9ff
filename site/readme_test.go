package main

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// The handler of the README's example; TestReadmeExample holds that the README
// shows these very lines.
func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, "<p>Hello, "+html.EscapeString(r.PathValue("name"))+"!</p>")
}

func TestReadmeExample(t *testing.T) {
	// given the shell and the handler that the README shows
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	shell := codeBlock(t, string(readme), "html")
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	require.Contains(t, string(source), codeBlock(t, string(readme), "go"))

	// when they are put together as it says
	all, err := edge.ReadPages(fstest.MapFS{"hello/{name}.html": {Data: []byte(shell)}})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/hello/{name}", hello)
	handler, err := edge.NewHandler(edge.Options{Pages: all, Origin: mux})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/hello/%3Cyou%3E", nil))

	// then the page greets
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Contains(t, answer.Body.String(), "<p>Hello, &lt;you&gt;!</p>")
	assert.NotContains(t, answer.Body.String(), "One moment")
}

// codeBlock gives the first block of a language, without the list's indentation.
func codeBlock(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "   ```"+language+"\n")
	require.True(t, ok, "no block of %s", language)
	block, _, ok := strings.Cut(rest, "   ```")
	require.True(t, ok)
	lines := strings.Split(block, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "   ")
	}
	return strings.Join(lines, "\n")
}
