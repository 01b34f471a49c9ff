package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"inlay/edge"
)

// A page is an http.Handler natively: no Worker, no Wasm, no browser.
func TestPages(t *testing.T) {
	all, err := edge.ReadPages(pages)
	if err != nil {
		t.Fatal(err)
	}
	site, err := edge.NewHandler(edge.Options{Pages: all, Origin: Handler()})
	if err != nil {
		t.Fatal(err)
	}
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
		{"/products/anchor", "", http.StatusNotFound, ""},
		{"/nowhere", "", http.StatusNotFound, ""},
	} {
		t.Run(test.path, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, test.path, nil)
			r.Header.Set("Cookie", test.cookie)
			answer := httptest.NewRecorder()
			site.ServeHTTP(answer, r)
			if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.want) {
				t.Errorf("%d, want %d and %q:\n%s", answer.Code, test.status, test.want, answer.Body)
			}
		})
	}
}
