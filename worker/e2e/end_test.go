package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Ways for an instance of app.wasm to end, each with what the log says of it.
var endings = map[string]string{
	"exit":            "exit code 3",
	"exit-zero":       "exit code 0",
	"late-exit":       "exit code 4",
	"fatal":           "exit code 1",
	"panic-goroutine": "panic: in a goroutine",
	"memory":          "out of memory",
	"stack":           "stack",
	"deadlock":        "all goroutines are asleep - deadlock!",
}

func TestEndOfAnInstanceIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *harness.Server) {
		for what, says := range endings {
			begun := time.Now()
			page := twoSlots(t, s, "/two/quick/"+what)
			assert.Less(t, time.Since(begun), 12*time.Second, "the fill's time-out is 20 s: %s", what)
			assert.Contains(t, page, `<template for="a"><p>quick</p></template>`, what)
			assert.Contains(t, page, `<template for="b"><p>no b</p></template>`, what)
			requireEnd(t, s, "inlay: fill failed: /do/"+what+"?after=quick", says)
			status := browse(t, s.URL+"/two/quick/"+what).Header.Get("Cache-Status")
			assert.Contains(t, status, "inlay/a;hit", "what was finished is kept: %s", what)
			assert.Contains(t, status, "inlay/b;fwd=miss;detail=connect", what)

			// Passed through.
			begun = time.Now()
			resp := request(t, http.MethodGet, s.URL+"/do/"+what, nil)
			assert.Equal(t, http.StatusBadGateway, resp.StatusCode, what)
			assert.Equal(t, "The site's own handlers have ended without an answer.\n", read(t, resp), what)
			assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
			assert.Less(t, time.Since(begun), 12*time.Second, what)
			requireEnd(t, s, "inlay: GET /do/"+what, says)
		}
		assert.NotContains(t, s.Log(), "Uncaught")
		assert.Contains(t, asFragment(t, s, "quick", ""), "<p>quick</p>", "the next instance is a new one")
	})
}

// requireEnd waits until the log says what failed, and of which end of its instance: once.
func requireEnd(t *testing.T, s *harness.Server, what, says string) {
	t.Helper()
	line := what + ": app.wasm has ended: "
	require.Eventually(t, func() bool {
		_, rest, ok := strings.Cut(s.Log(), line)
		return ok && strings.Contains(rest, says)
	}, 30*time.Second, 10*time.Millisecond, line+says)
	assert.Equal(t, 1, strings.Count(s.Log(), line), line)
}

// twoSlots is a page as it is streamed, uncompressed.
func twoSlots(t *testing.T, s *harness.Server, path string) string {
	t.Helper()
	return read(t, request(t, http.MethodGet, s.URL+path, nil, "Sec-Fetch-Dest", "document"))
}

func TestAnswerOfAnInstanceThatEndsBreaksOff(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *harness.Server) {
		for _, what := range []string{"half-then-exit", "length-then-exit"} {
			begun := time.Now()
			resp := request(t, http.MethodGet, s.URL+"/do/"+what, nil)
			assert.Equal(t, http.StatusOK, resp.StatusCode)
			var seen bytes.Buffer
			_, err := io.Copy(&seen, resp.Body)
			assert.Error(t, err, "the reader learns that it is not whole: %s", what)
			assert.Contains(t, seen.String(), "<p>", what)
			assert.Less(t, time.Since(begun), 12*time.Second, what)
			assert.Eventually(t, func() bool { return strings.Contains(s.Log(), "app.wasm has ended: exit code") }, 30*time.Second, 10*time.Millisecond)
		}
	})
}

// A handler that ends only itself fails its own fill only, and its request is not left waiting.
func TestHandlerThatEndsItselfEndsNothingElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *harness.Server) {
		for _, what := range []string{"goexit", "panic", "abort"} {
			begun := time.Now()
			page := twoSlots(t, s, "/two/"+what+"/panic")
			assert.Contains(t, page, `<template for="a"><p>no a</p></template>`, what)
			assert.Contains(t, page, `<template for="b"><p>no b</p></template>`, what)
			assert.Contains(t, twoSlots(t, s, "/two/quick/"+what), `<p>quick</p>`, what)
			resp := request(t, http.MethodGet, s.URL+"/do/"+what, nil)
			assert.Equal(t, http.StatusBadGateway, resp.StatusCode, what)
			assert.Less(t, time.Since(begun), 12*time.Second, what)
		}
		assert.Eventually(t, func() bool { return strings.Count(s.Log(), ": in the handler\n") >= 2 }, 30*time.Second, 10*time.Millisecond,
			"what it panicked with, as a fragment and passed through")
		assert.NotContains(t, s.Log(), "app.wasm has ended")
	})
}

// A program that ends before it takes requests, as one that lacks a variable does.
func TestProgramThatEndsAtItsStartIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	s := startRuntime(t, "END_AT_START=there is no RATES_API")
	begun := time.Now()
	page := twoSlots(t, s, "/two/quick/time")
	assert.Contains(t, page, `<template for="a"><p>no a</p></template>`)
	assert.Contains(t, page, `<template for="b"><p>no b</p></template>`)
	resp := request(t, http.MethodGet, s.URL+"/do/quick", nil)
	assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
	assert.Equal(t, "The site's own handlers have ended without an answer.\n", read(t, resp))
	assert.Less(t, time.Since(begun), 12*time.Second)
	requireEnd(t, s, "inlay: fill failed: /do/quick?before=time, /do/time?after=quick", "panic: there is no RATES_API")
}

func TestHandlerThatNeverAnswersIsLeftAtItsTimeOut(t *testing.T) {
	t.Parallel()
	s := startRuntime(t, "INLAY_NEGATIVE_TTL=1m")
	begun := time.Now()
	page := asFragment(t, s, "forever", "")
	require.Contains(t, page, "no fragment")
	assert.Greater(t, time.Since(begun), 7*time.Second)
	assert.Eventually(t, func() bool { return strings.Contains(s.Log(), "no whole answer for /do/forever?url= within 8000 ms") },
		30*time.Second, 10*time.Millisecond)
}

// A handler that holds the isolate past its slot's timeout, and then ends the program, is not taken for lost: it is not run
// again, neither by who led the fill nor by those who wait for it.
func TestHandlerThatEndsLateIsRunOnce(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(t *testing.T) *harness.Server{
		"instance.Serve": func(t *testing.T) *harness.Server { return startRuntime(t) },
		"workers.Serve":  func(t *testing.T) *harness.Server { return startBuilt(t, "serve") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			var wait sync.WaitGroup
			for range 3 {
				wait.Go(func() {
					resp, err := http.Get(s.URL + "/short/spin-exit")
					if assert.NoError(t, err) {
						page, err := io.ReadAll(resp.Body)
						assert.NoError(t, err)
						assert.NoError(t, resp.Body.Close())
						assert.Contains(t, string(page), "<p>no fragment</p>")
					}
				})
			}
			wait.Wait()
			assert.Equal(t, 1, strings.Count(s.Log(), "spins\n"), s.Log())
			assert.Contains(t, s.Log(), "inlay: fill failed: ")
		})
	}
}

// A request that no page answers, to a handler that never does: the runtime's own answer would be a 500, and its log would
// not say where.
func TestRequestThatNothingAnswersIsAnswered(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *harness.Server) {
		begun := time.Now()
		resp := request(t, http.MethodGet, s.URL+"/do/forever?secret=1", nil)
		assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
		assert.Equal(t, "The site's own handlers have not answered.\n", read(t, resp))
		assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		assert.Greater(t, time.Since(begun), 40*time.Second)
		line := "inlay: GET /do/forever?secret=1: no answer within 45 s"
		assert.Eventually(t, func() bool { return strings.Contains(s.Log(), line) }, 20*time.Second, 10*time.Millisecond, s.Log())
		assert.Equal(t, 1, strings.Count(s.Log(), "inlay: GET /do/forever"))
		assert.NotContains(t, s.Log(), "Uncaught")
	})
}
