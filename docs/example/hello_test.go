package example

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"inlay/edge"
)

// get is what handlers_test.go of a site that inlay new makes has under this name, for the page of hello.
func get(t *testing.T, path, cookie string) *httptest.ResponseRecorder {
	t.Helper()
	pages, err := edge.ReadPages(fstest.MapFS{"hello/{name}.html": {Data: []byte(
		`<!doctype html><title>Hello</title><body><edge-slot name="greeting" src="/fragments/hello/{name}"></edge-slot>`)}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/hello/{name}", hello)
	site, err := edge.NewHandler(edge.Options{Pages: pages, Origin: mux})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Cookie", cookie)
	answer := httptest.NewRecorder()
	site.ServeHTTP(answer, r)
	return answer
}

func TestHello(t *testing.T) {
	answer := get(t, "/hello/you", "")
	if !strings.Contains(answer.Body.String(), "<p>Hello, you!</p>") {
		t.Error(answer.Code, answer.Body)
	}
}
