package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"inlay/edge"
)

// get asks the site for a page, in this process: no Worker, no Wasm, no browser.
func get(t *testing.T, path, cookie string) *httptest.ResponseRecorder {
	t.Helper()
	all, err := edge.ReadPages(pages)
	if err != nil {
		t.Fatal(err)
	}
	site, err := edge.NewHandler(edge.Options{Pages: all, Origin: Handler()})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Cookie", cookie)
	answer := httptest.NewRecorder()
	site.ServeHTTP(answer, r)
	return answer
}

func TestPages(t *testing.T) {
	for _, test := range []struct {
		path, cookie string
		status       int
		want         string
	}{
		{"/", "", http.StatusOK, `<a href="/products/teapot">Teapot</a>`},
		{"/products/teapot", "", http.StatusOK, "<title>Teapot · Teahouse</title>"},
		{"/products/teapot", "", http.StatusOK, "Holds four cups &amp; keeps them warm."},
		{"/products/teapot", "", http.StatusOK, "<p>42.00 EUR</p>"},
		{"/products/teapot", "currency=CHF", http.StatusOK, "<p>39.48 CHF</p>"},
		{"/products/anchor", "", http.StatusNotFound, "<h1>Not here</h1>"},
		{"/nowhere", "", http.StatusNotFound, "<h1>Not here</h1>"},
	} {
		answer := get(t, test.path, test.cookie)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.want) {
			t.Errorf("%s: %d, want %d and %q:\n%s", test.path, answer.Code, test.status, test.want, answer.Body)
		}
	}
}
