package example

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

func TestReviewsHaveAURLOfTheirOwn(t *testing.T) {
	p, err := edge.ParsePage("/products/{id}", `<body><edge-slot name="reviews" src="/fragments/reviews/{id}" ttl="1m" vary="query:page"></edge-slot></body>`)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/reviews/{id}", reviews)
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{p}, Origin: mux})
	require.NoError(t, err)
	ask := func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		return w
	}
	assert.Contains(t, ask("/products/7?page=2").Body.String(), "<p>Review 2</p>")
	alone := ask("/products/7?inlay-slot=reviews&page=2")
	assert.Equal(t, `<turbo-frame id="reviews"><p>Review 2</p><a href="?inlay-slot=reviews&amp;page=3">Next</a></turbo-frame>`, alone.Body.String())
	assert.Contains(t, alone.Header().Get("Cache-Control"), "public, max-age=")
	assert.EqualValues(t, 1, handler.Stats().Fills, "the page's is the slot's")
}
