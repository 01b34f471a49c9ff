package pages

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/site"
)

func TestEveryShellParses(t *testing.T) {
	pages, err := All()

	require.NoError(t, err)
	slots := map[string][]string{}
	for _, page := range pages {
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
	pages, err := All()
	require.NoError(t, err)
	for _, page := range pages {
		for _, slot := range page.Slots {
			answer := httptest.NewRecorder()
			src := strings.ReplaceAll(slot.Src, "{path}", "net/http")

			site.Origin().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, src, nil))

			// 503 is the answer of a route before the documentation is generated.
			assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, answer.Code, src)
		}
	}
}

func TestEverySlotShowsSomethingUntilItsFragmentArrives(t *testing.T) {
	pages, err := All()
	require.NoError(t, err)
	for _, page := range pages {
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
	pages, err := All()
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Pages: pages, Origin: http.NotFoundHandler()})
	require.NoError(t, err)
	answer := httptest.NewRecorder()

	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/pkg/nosuch", nil))

	assert.Contains(t, answer.Body.String(), "<title>Go standard library</title>")
	assert.Contains(t, answer.Body.String(), "<h1>No such package</h1>")
	assert.NotContains(t, answer.Body.String(), `class="sk"`, "no skeleton is left behind")
}

func TestStyleKeepsTheLinesOfTheShell(t *testing.T) {
	for _, shell := range []string{home, pkg} {
		whole := styled(shell, style)

		assert.Equal(t, strings.Count(shell, "\n"), strings.Count(whole, "\n"))
		assert.NotContains(t, whole, styleMark)
		assert.Contains(t, whole, "<style>:root{")
	}
	assert.Equal(t, "<style>a{}b{}</style>", styled("<style>"+styleMark+"</style>", "a{}\nb{}\n"))
}

func TestPagesAskNothingOfOtherHosts(t *testing.T) {
	for _, text := range []string{home, pkg, style} {
		for _, word := range []string{"//cdn", "@import", "<script", `rel="stylesheet"`, "https://"} {
			assert.NotContains(t, text, word)
		}
	}
}

// An isolate's first request hands all shells to the core.
func TestShellsAreSmall(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, home+pkg+style)
	require.NoError(t, err)
	require.NoError(t, w.Close())

	assert.Less(t, packed.Len(), 12<<10)
}
