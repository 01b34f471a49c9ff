package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Who gets what form of a page from a Worker, and what its heads tell others.

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"

func TestReadersThatAreNoParsersGetNoPatchesFromAWorker(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, fragment)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	for i, c := range []struct {
		fields   []string
		streamed bool
	}{
		{[]string{"Sec-Fetch-Dest", "document"}, true},
		{[]string{"Sec-Fetch-Dest", "iframe"}, true},
		{[]string{"Sec-Fetch-Dest", "frame"}, true},
		{[]string{"Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch;prerender"}, true},
		{[]string{"User-Agent", firefox}, true},
		{[]string{"User-Agent", firefox, "Sec-Fetch-Dest", "empty"}, false},
		{[]string{"User-Agent", firefox, "Sec-Fetch-Dest", "object"}, false},
		{[]string{"User-Agent", firefox, "HX-Request", "true"}, false},
		{[]string{"User-Agent", "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"}, false},
	} {
		resp := request(t, http.MethodGet, fmt.Sprintf("%s/five/reader/%d", server.URL, i), nil, c.fields...)
		body := read(t, resp)
		assert.Equal(t, c.streamed, strings.Contains(body, "<template for="), "%v", c.fields)
		assert.Equal(t, c.streamed, strings.Contains(body, "<?start"), "%v", c.fields)
		assert.Contains(t, body, fmt.Sprintf("[/fragments/imported-by/reader/%d]", i))
		assert.Equal(t, "?1", resp.Header.Get("Incremental"), "%v", c.fields)
		assert.Equal(t, "no", resp.Header.Get("X-Accel-Buffering"))
		assert.Equal(t, c.streamed, strings.Contains(resp.Header.Get("Cache-Control"), "no-transform"))
	}
}

func TestByteOrderMarkIsTakenOffByAWorker(t *testing.T) {
	t.Parallel()
	const mark = "\xEF\xBB\xBF"
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, mark+map[string]string{"/head/7": `<meta name="a">`, "/body/7": "<b>b</b>"}[r.URL.Path])
	})
	server := startPages(t, `<html><head><edge-slot name="h" src="/head/{id}"></edge-slot></head>`+
		`<body><edge-slot name="b" src="/body/{id}"></edge-slot></body></html>`, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL)
	streamed := read(t, browse(t, server.URL+"/p/7"))
	assert.Contains(t, streamed, `<template for="h"><meta name="a"></template>`)
	assert.Contains(t, streamed, `<template for="b"><b>b</b></template>`)
	for range 3 {
		whole := browse(t, server.URL+"/p/7")
		assert.Equal(t, `<html><head><meta name="a"></head><body><b>b</b></body></html>`, read(t, whole))
		assert.Equal(t, int64(len(`<html><head><meta name="a"></head><body><b>b</b></body></html>`)), whole.ContentLength)
	}
}

func TestHeadOfAWorkersPageSaysWhatGetWould(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if status, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/required/")); err == nil {
			w.WriteHeader(status)
		}
		fmt.Fprint(w, "A")
	})
	server := startPages(t, `<body><edge-slot name="a" src="/required/{id}" required></edge-slot>`+
		`<edge-slot name="b" src="/other/{id}"></edge-slot></body>`, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL, "INLAY_NEGATIVE_TTL=1m")
	for answer, want := range map[int]int{404: 404, 410: 410, 500: 502} {
		path := fmt.Sprintf("%s/p/%d", server.URL, answer)
		head := request(t, http.MethodHead, path, nil)
		assert.Equal(t, want, head.StatusCode)
		get := request(t, http.MethodGet, path, nil)
		body := read(t, get)
		assert.Equal(t, want, get.StatusCode)
		assert.Empty(t, read(t, head))
		assert.Equal(t, int64(len(body)), head.ContentLength)
	}
	assert.Equal(t, 3, origin.count("/required/404")+origin.count("/required/410")+origin.count("/required/500"))

	head := request(t, http.MethodHead, server.URL+"/p/200", nil, "Sec-Fetch-Dest", "document")
	assert.Equal(t, http.StatusOK, head.StatusCode)
	assert.Empty(t, read(t, head))
	assert.Zero(t, origin.count("/other/200"), "the status does not depend on it")
	assert.Equal(t, "?1", head.Header.Get("Incremental"))
	body := read(t, browse(t, server.URL+"/p/200"))
	assert.Contains(t, body, `<template for="b">`)
	for range 3 {
		head = request(t, http.MethodHead, server.URL+"/p/200", nil)
		assert.Equal(t, int64(len("<body>AA</body>")), head.ContentLength)
		assert.Empty(t, read(t, head))
		etag := head.Header.Get("Etag")
		require.NotEmpty(t, etag)
		assert.Equal(t, http.StatusNotModified, request(t, http.MethodHead, server.URL+"/p/200", nil, "If-None-Match", etag).StatusCode)
	}
	// What is no page at all, and what cannot be asked for.
	for _, path := range []string{"/p/..%2f", "/_inlay/stats"} {
		head := request(t, http.MethodHead, server.URL+path, nil)
		assert.GreaterOrEqual(t, head.StatusCode, 400, path)
		assert.Empty(t, read(t, head), path)
	}
}

func TestWorkersPageIsPublicOnlyWhileOthersMayKeepIt(t *testing.T) {
	t.Parallel()
	control := ""
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", control)
		fmt.Fprint(w, "A")
	})
	page, err := edge.ParsePage("/p/{id}", `<body><edge-slot name="a" src="/a/{id}" swr="1h" tags="a" vary="cookie:session"></edge-slot></body>`)
	require.NoError(t, err)
	page.CacheControl = "public, max-age=600"
	server := startPage(t, page, "127.0.0.1:1", "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	ask := func(fields ...string) string {
		resp := request(t, http.MethodGet, server.URL+"/p/7", nil, fields...)
		read(t, resp)
		return resp.Header.Get("Cache-Control")
	}
	assert.Equal(t, "private, no-cache", ask(), "in order")
	for range 3 {
		assert.Equal(t, "public, max-age=600", ask())
	}
	ask("Cookie", "session=alice")
	for range 3 {
		assert.Equal(t, "private, no-cache", ask("Cookie", "session=alice"), "one visitor's")
		assert.Equal(t, "public, max-age=600", ask("Cookie", "seen=1"))
	}
	control = "max-age=0" // so that what comes is stale again
	resp := request(t, http.MethodPost, server.URL+"/_inlay/invalidate?tag=a", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "private, no-cache", ask(), "stale")
}
