package example

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

func shop(t *testing.T, origin http.Handler) *edge.Handler {
	t.Helper()
	pages, err := Pages()
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Pages: pages, Origin: origin})
	require.NoError(t, err)
	return handler
}

func TestPriceIsInTheCurrencyOfTheCookie(t *testing.T) {
	handler := shop(t, Origin())
	for currency, want := range map[string]string{"EUR": "<p>11 EUR</p>", "CHF": "<p>11 CHF</p>"} {
		r := httptest.NewRequest(http.MethodGet, "/products/7", nil)
		r.AddCookie(&http.Cookie{Name: "currency", Value: currency})
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Contains(t, answer.Body.String(), want)
	}
	assert.EqualValues(t, 2, handler.Stats().Fills, "one for each currency")
}

func TestFragmentsDependOnNothingUndeclared(t *testing.T) {
	pages, err := Pages()
	require.NoError(t, err)
	leaks := make(chan edge.Leak, 100)
	handler, err := edge.NewHandler(edge.Options{
		Pages: pages, Origin: Origin(), CheckLeaks: true, OnLeak: func(l edge.Leak) { leaks <- l },
	})
	require.NoError(t, err)
	for _, path := range []string{"/products/7", "/search?q=socks"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Cookie", "currency=CHF; session=4711; seen=yes") // all that your visitors may send
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	require.NoError(t, handler.Shutdown(context.Background())) // when every check has ended
	assert.Empty(t, leaks)
}

// The same check finds a handler that looks at what its slot does not declare.
func TestLeakIsFound(t *testing.T) {
	pages, err := Pages()
	require.NoError(t, err)
	leaks := make(chan edge.Leak, 100)
	greedy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>"+r.Header.Get("Accept-Language")+"</p>")
	})
	handler, err := edge.NewHandler(edge.Options{
		Pages: pages, Origin: greedy, CheckLeaks: true, OnLeak: func(l edge.Leak) { leaks <- l },
	})
	require.NoError(t, err)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/products/7", nil))
	require.NoError(t, handler.Shutdown(context.Background()))
	close(leaks)
	assert.Equal(t, edge.Leak{Src: "/fragments/price/7", Inputs: []string{"header:accept-language"}}, <-leaks)
}

func TestLateFragmentFollowsAsAPatch(t *testing.T) {
	reader := &shellReader{ResponseRecorder: httptest.NewRecorder(), shell: make(chan struct{})}
	late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-reader.shell
		Origin().ServeHTTP(w, r)
	})
	r := httptest.NewRequest(http.MethodGet, "/products/7", nil)
	r.Header.Set("Sec-Fetch-Dest", "document") // as a browser asks
	shop(t, late).ServeHTTP(reader, r)
	assert.Contains(t, reader.Body.String(), `<?start name="price">`)
	assert.Contains(t, reader.Body.String(), `<template for="price"><p>11 EUR</p></template>`)
}

// shellReader tells when the first bytes of an answer have come.
type shellReader struct {
	*httptest.ResponseRecorder
	once  sync.Once
	shell chan struct{}
}

func (r *shellReader) Write(p []byte) (int, error) {
	r.once.Do(func() { close(r.shell) })
	return r.ResponseRecorder.Write(p)
}

func TestSearchIsOfTheDeclaredParametersOnly(t *testing.T) {
	handler := shop(t, Origin())
	get := func(path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer
	}
	first := get("/search?q=socks&page=2&utm=x", &http.Cookie{Name: "session", Value: "1"})
	assert.Contains(t, first.Body.String(), "Nothing for socks, page 2.")
	assert.Contains(t, first.Body.String(), "3 things")
	assert.Equal(t, "</shop.css>; rel=preload; as=style", first.Header().Get("Link"))

	second := get("/search?page=2&q=socks")
	assert.Contains(t, second.Header().Get("Cache-Status"), "inlay/results;hit", "the same key")
	assert.Contains(t, second.Header().Get("Cache-Status"), "inlay/basket;fwd=bypass", "never stored")
	assert.Contains(t, second.Body.String(), "Nothing in your basket", "and nobody else's")
}

func TestRequiredFragmentIsThePagesStatus(t *testing.T) {
	for status, want := range map[int]int{404: 404, 410: 410, 500: 502, 403: 502} {
		origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "results") {
				w.WriteHeader(status)
				return
			}
			basket(w, r)
		})
		answer := httptest.NewRecorder()
		shop(t, origin).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/search?q=x", nil))
		assert.Equal(t, want, answer.Code)
		assert.Contains(t, answer.Body.String(), "The page cannot be shown: a fragment that it requires failed.")
	}
}

func TestOriginAnnouncesThatItTakesBatches(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	t.Setenv("INLAY_FILLS_SECRET", secret)
	r := httptest.NewRequest(http.MethodGet, "/fragments/price/7", nil)
	r.Header.Set("Inlay-Fill", "1")
	answer := httptest.NewRecorder()
	Origin().ServeHTTP(answer, r)
	assert.Equal(t, "1", answer.Header().Get("Inlay-Fills"))

	batch := httptest.NewRequest(http.MethodPost, edge.FillsPath, strings.NewReader(
		`{"fills":[{"src":"/fragments/price/7"},{"src":"/fragments/price/8","fields":[["cookie","currency=CHF"]]}]}`))
	batch.Header.Set("Content-Type", "application/json")
	batch.Header.Set("Authorization", "Bearer "+secret)
	answer = httptest.NewRecorder()
	Origin().ServeHTTP(answer, batch)
	assert.Contains(t, answer.Body.String(), "<p>11 EUR</p>")
	assert.Contains(t, answer.Body.String(), "<p>11 CHF</p>")
}
