package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPagesAnswerUnderTheNamesOfTheirFiles(t *testing.T) {
	pages, err := ReadPages(fstest.MapFS{
		"our shop.html": {Data: []byte("<p>shop")}, "über.html": {Data: []byte("<p>über")}, "50%.html": {Data: []byte("<p>50")},
		"index.html": {Data: []byte("<p>home")}, "x.html": {Data: []byte("<!-- inlay: /y mode=ordered -->\n<p>y")},
	})
	require.NoError(t, err)
	h, err := NewHandler(Options{Pages: pages, Origin: http.NotFoundHandler()})
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/our%20shop": "<p>shop", "/%C3%BCber": "<p>über", "/50%25": "<p>50", "/": "<p>home", "/y": "<p>y", "/x": "404 page not found\n",
	} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, want, answer.Body.String(), path)
	}
}
