//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// shells are the files of pages/ by name.
func shells(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, fs.WalkDir(pages, ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var text []byte
			text, err = pages.ReadFile(path)
			all[strings.TrimPrefix(path, "pages/")] = string(text)
		}
		return err
	}))
	return all
}

func TestEveryShellParses(t *testing.T) {
	all, err := edge.ReadPages(pages)

	require.NoError(t, err)
	slots := map[string][]string{}
	for _, page := range all {
		for _, slot := range page.Slots {
			slots[page.Pattern] = append(slots[page.Pattern], slot.Name)
		}
	}
	assert.Equal(t, map[string][]string{
		"/{$}":           {"summary", "most-imported", "packages"},
		"/pkg/{path...}": {"title", "overview", "index", "examples", "imported-by"},
	}, slots)
}

func TestEverySlotHasAnOrigin(t *testing.T) {
	t.Setenv("SITE_DELAY_MS", "0")
	all, err := edge.ReadPages(pages)
	require.NoError(t, err)
	for _, page := range all {
		for _, slot := range page.Slots {
			answer := httptest.NewRecorder()
			src := strings.ReplaceAll(slot.Src, "{path}", "net/http")

			Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, src, nil))

			// 503 is the answer of a route before the documentation is generated.
			assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, answer.Code, src)
		}
	}
}

func TestEverySlotShowsSomethingUntilItsFragmentArrives(t *testing.T) {
	all, err := edge.ReadPages(pages)
	require.NoError(t, err)
	for _, page := range all {
		for _, slot := range page.Slots {
			assert.NotEmpty(t, strings.TrimSpace(slot.Skeleton), slot.Name)
			if slot.Name != "title" {
				assert.True(t, slot.HasError, slot.Name)
				assert.NotEmpty(t, strings.TrimSpace(slot.Error), slot.Name)
			}
		}
	}
}

func TestFailedFragmentsLeaveAReadablePage(t *testing.T) {
	all, err := edge.ReadPages(pages)
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Pages: all, Origin: http.NotFoundHandler()})
	require.NoError(t, err)
	answer := httptest.NewRecorder()

	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/pkg/nosuch", nil))

	assert.Contains(t, answer.Body.String(), "<title>Go standard library</title>")
	assert.Contains(t, answer.Body.String(), "<h1>No such package</h1>")
	assert.NotContains(t, answer.Body.String(), `class="sk"`, "no skeleton is left behind")
}

// The style is in each shell, which saves its readers a request before the first
// paint.
func TestPagesShareTheirStyle(t *testing.T) {
	all := shells(t)
	_, rest, ok := strings.Cut(all["index.html"], "<style>")
	require.True(t, ok)
	style, _, ok := strings.Cut(rest, "</style>")
	require.True(t, ok)
	require.Contains(t, style, ":root{")

	assert.Equal(t, 1, strings.Count(all["pkg/{path...}.html"], "<style>"+style+"</style>"), "copy what has changed into the other page")
}

func TestPagesAskNothingOfOtherHosts(t *testing.T) {
	for name, text := range shells(t) {
		for _, word := range []string{"//cdn", "@import", "<script", `rel="stylesheet"`, "https://"} {
			assert.NotContains(t, text, word, name)
		}
	}
}

// An isolate's first request hands all shells to the core.
func TestShellsAreSmall(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for _, text := range shells(t) {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())

	assert.Less(t, packed.Len(), 12<<10)
}
