package example

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

func TestArticleIsRenewedWithoutBeingRendered(t *testing.T) {
	p, err := edge.ParsePage("/articles/{id}", `<body><edge-slot name="text" src="/article/{id}" tags="articles" swr="1h"></edge-slot></body>`)
	require.NoError(t, err)
	var renewed atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /article/{id}", func(w http.ResponseWriter, r *http.Request) {
		article(w, r)
		if r.Header.Get("If-None-Match") == `"7-1"` {
			renewed.Add(1)
		}
	})
	handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{p}, Origin: mux})
	require.NoError(t, err)
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/articles/7", nil))
		return w
	}
	ask()
	before := ask()
	require.Contains(t, before.Body.String(), "<p>Article 7</p>")
	handler.InvalidateTag("articles")
	ask()
	require.Eventually(t, func() bool { return renewed.Load() == 1 }, 5*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return handler.Stats().Flights == 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, 1, handler.InvalidateTag("articles"), "it is fresh again")
	after := ask()
	assert.Equal(t, before.Body.String(), after.Body.String())
	assert.Equal(t, before.Header().Get("ETag"), after.Header().Get("ETag"))
}
