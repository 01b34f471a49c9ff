package inlay_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// What inlay does, on the workerd that Cloudflare runs: the first visitor has the shell before the origin has answered, and
// the fragment after it on the same connection; who comes later has one whole body that no Go instance and no origin had
// a part in. More of this kind is in worker/e2e; go test . runs this one.
func TestColdPageStreamsAndWarmPageIsWhole(t *testing.T) {
	page, err := edge.ParsePage("/products/{id}", `<!doctype html>
<html><head><title>Shop</title></head><body>
<h1>Product</h1>
<edge-slot name="price" src="/fragments/price/{id}" ttl="1m"><b>loading</b></edge-slot>
<footer>Imprint</footer>
</body></html>
`)
	require.NoError(t, err)

	// The origin answers when the test lets it.
	answer := make(chan struct{})
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-answer
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>%s: 11 EUR</p>", r.URL.Path)
	}))
	defer origin.Close()
	worker := harness.StartPages(t, []edge.Page{page}, "INLAY_ORIGIN="+origin.URL)

	cold := visit(t, worker.URL+"/products/7")
	body := bufio.NewReader(cold.Body)
	shell, err := body.ReadString('>')
	for err == nil && !strings.HasSuffix(shell, "</footer>") {
		var more string
		more, err = body.ReadString('>')
		shell += more
	}
	require.NoError(t, err, shell)
	assert.Contains(t, shell, "<b>loading</b>", "the skeleton stands where the price will be")
	assert.Equal(t, "inlay/price;fwd=miss", cold.Header.Get("Cache-Status"))

	close(answer)
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Contains(t, string(rest), `<template for="price"><p>/fragments/price/7: 11 EUR</p>`, "the patch, once it is known")
	assert.True(t, strings.HasSuffix(string(rest), "</html>\n"))

	warm := visit(t, worker.URL+"/products/7")
	whole, err := io.ReadAll(warm.Body)
	require.NoError(t, err)
	assert.Regexp(t, `^inlay/price;hit$`, warm.Header.Get("Cache-Status"))
	assert.Equal(t, strconv.Itoa(len(whole)), warm.Header.Get("Content-Length"))
	assert.Contains(t, string(whole), "<p>/fragments/price/7: 11 EUR</p>\n<footer>", "in its place")
	assert.NotContains(t, string(whole), "loading")
}

// visit asks as a browser does that goes to a page.
func visit(t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return resp
}
