package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// builtSites are folders of built test sites, each made once.
var builtSites = map[string]func() (string, error){
	"serve": sync.OnceValues(func() (string, error) { return buildTestSite("serve", runtimePages) }),
	"bare":  sync.OnceValues(func() (string, error) { return buildTestSite("bare", runtimePages) }),
}

// startBuilt runs the Worker with the app.wasm of worker/testing/NAME in a bare workerd.
func startBuilt(t *testing.T, name string, env ...string) *harness.Server {
	t.Helper()
	folder, err := builtSites[name]()
	require.NoError(t, err)
	config, err := os.ReadFile(harness.Build + "/workerd.capnp")
	require.NoError(t, err)
	path := filepath.Join(folder, strings.ReplaceAll(t.Name(), "/", "-")+".capnp")
	require.NoError(t, os.WriteFile(path, config, 0o600))
	return harness.ServeWorkerd(t, path, env)
}

// A main of syumai/workers' own kind works too: its instance ends with each answer, which is no failure.
func TestMainMayBeWorkersServe(t *testing.T) {
	t.Parallel()
	s := startBuilt(t, "serve")
	begun := time.Now()
	page := twoSlots(t, s, "/two/one/other")
	assert.Contains(t, page, `<template for="a"><p>one</p></template>`)
	assert.Contains(t, page, `<template for="b"><p>other</p></template>`)
	assert.Less(t, time.Since(begun), 12*time.Second, "the fill's time-out is 20 s")
	assert.Equal(t, "<p>passed</p>", read(t, request(t, http.MethodGet, s.URL+"/do/passed", nil)))
	assert.Equal(t, strings.Repeat("x", 300_000), read(t, request(t, http.MethodGet, s.URL+"/large", nil)))
	resp := request(t, http.MethodPost, s.URL+"/_inlay/fills", strings.NewReader(`{"fills":[{"src":"/do/x"}]}`), "Content-Type", "application/json")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
	_ = read(t, resp)
	assert.NotContains(t, s.Log(), "app.wasm has ended")
	assert.NotContains(t, s.Log(), "broke off")
}

func TestMainThatTakesNoFillsIsTold(t *testing.T) {
	t.Parallel()
	s := startBuilt(t, "bare")
	page := twoSlots(t, s, "/two/one/other")
	assert.Contains(t, page, `<template for="a"><p>no a</p></template>`)
	assert.Eventually(t, func() bool {
		return strings.Contains(s.Log(), "app.wasm takes no fills: its main has to call instance.Serve(handler), or workers.Serve(edge.Fills(handler))")
	}, 30*time.Second, 10*time.Millisecond)
}

// Whose fill has timed out is cancelled, and syumai/workers' program panics at that. It is inlay that ended it: the log tells
// of the timeout alone.
func TestMainOfWorkersServeMayBeCutOff(t *testing.T) {
	t.Parallel()
	s := startBuilt(t, "serve")
	// The other slot keeps the request alive until the handler's time is over.
	page := read(t, request(t, http.MethodGet, s.URL+"/cut", nil, "Sec-Fetch-Dest", "document"))
	assert.Contains(t, page, "<p>no a</p>")
	assert.Contains(t, page, "<p>slower</p>")
	assert.Contains(t, s.Log(), "no whole answer for /do/slow within 1000 ms")
	assert.NotContains(t, s.Log(), "app.wasm has ended")
	assert.NotContains(t, s.Log(), "Uncaught")
}
