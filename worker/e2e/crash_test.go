package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What becomes of everyone when core.wasm traps. The core for tests has an export that does.

// trap makes the core of a test Worker trap; the request that did is answered by the next one.
func trap(t *testing.T, server *harness.Server) {
	t.Helper()
	resp := request(t, http.MethodGet, server.URL+"/_inlay/trap", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusNotFound, resp.StatusCode, server.Log())
}

func crashesLogged(server *harness.Server) int {
	return strings.Count(server.Log(), "inlay: the core has crashed")
}

func TestWaitingRequestsSurviveACrash(t *testing.T) {
	t.Parallel()
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	const clients = 30
	var waiting []*socket
	for range clients {
		waiting = append(waiting, dial(t, server, fivePage))
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == clients }, 20*time.Second, 10*time.Millisecond)

	trap(t, server)
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == clients }, 20*time.Second, 10*time.Millisecond,
		"each goes on, on the next instance")
	require.Eventually(t, func() bool { return origin.count(fragmentPath("index")) == 2 }, 20*time.Second, time.Millisecond,
		"whose one fill is begun anew")
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	for _, client := range waiting {
		status, body, err := client.page()
		require.NoError(t, err, server.Log())
		assert.Equal(t, http.StatusOK, status)
		assert.NoError(t, whole(body))
	}

	warm := browse(t, server.URL+fivePage)
	assert.Contains(t, warm.Header.Get("Cache-Status"), "inlay/index;hit")
	assert.NoError(t, whole(read(t, warm)))
	all := stats(t, server)
	assert.Equal(t, 1, all["core_crashes_total"])
	assert.Equal(t, 0, all["waiting"])
	assert.Equal(t, 0, all["flights"])
	assert.Equal(t, 1, crashesLogged(server), server.Log())
	assert.Equal(t, 1, strings.Count(server.Log(), "\n"), "one line, and nothing else: %s", server.Log())

	trap(t, server)
	assert.Equal(t, 2, stat(t, server, "core_crashes_total"))
	assert.Equal(t, 2, crashesLogged(server))
	assert.Contains(t, browse(t, server.URL+fivePage).Header.Get("Cache-Status"), "inlay/index;fwd=miss", "what it knew is gone")
}

// A page that stands in order goes on exactly where it stopped, and one that is patched shows each fragment, though what
// was there before the crash comes a second time.
func TestStreamsGoOnAfterACrash(t *testing.T) {
	t.Parallel()
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	browser := browse(t, server.URL+fivePage)
	reader := request(t, http.MethodGet, server.URL+fivePage, nil, "User-Agent", "curl/8")
	gates.open(fragmentPath("title"))
	gates.open(fragmentPath("overview"))
	require.Eventually(t, func() bool { return stat(t, server, "flights") == 3 }, 20*time.Second, 10*time.Millisecond)

	trap(t, server)
	for _, slot := range fiveSlots[2:] {
		gates.open(fragmentPath(slot))
	}
	assert.NoError(t, whole(read(t, reader)), "in order: everything once")

	patched := read(t, browser)
	assert.True(t, strings.HasSuffix(strings.TrimSpace(patched), "</html>"))
	assert.Equal(t, 1, strings.Count(patched, "<body"), "the shell is not repeated")
	for _, slot := range fiveSlots {
		assert.Contains(t, patched, `<template for="`+slot+`">`+fragmentOf(fragmentPath(slot)))
	}
}

// A client that leaves between the crash and its own event leaves nothing behind.
func TestClientsMayLeaveAroundACrash(t *testing.T) {
	t.Parallel()
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	for round := range 5 {
		var clients []*socket
		for range 20 {
			clients = append(clients, dial(t, server, fmt.Sprintf("/five/round/%d", round)))
		}
		require.Eventually(t, func() bool { return stat(t, server, "waiting") == 20 }, 20*time.Second, 10*time.Millisecond)
		trapped := make(chan struct{})
		go func() {
			defer close(trapped)
			trap(t, server)
		}()
		for _, c := range clients {
			c.reset()
		}
		require.Eventually(t, func() bool {
			all := stats(t, server)
			return all["core_crashes_total"] == round+1 && all["waiting"] == 0
		}, 20*time.Second, 10*time.Millisecond)
		<-trapped
	}
	assert.Equal(t, 5, crashesLogged(server))
}

func TestCrashesInAStorm(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Duration(len(r.URL.Path)%7) * 30 * time.Millisecond):
			w.Header().Set("Cache-Control", "max-age=1")
			fragment(w, r)
		case <-r.Context().Done():
		}
	})
	server := harness.StartTestWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	const requests, crashes = 600, 4
	var wait sync.WaitGroup
	var done atomic.Int32
	errs := make(chan error, requests)
	for i := range requests {
		if i%(requests/crashes) == requests/crashes/2 {
			trap(t, server)
		}
		time.Sleep(10 * time.Millisecond) // the storm's pace
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs <- func() error {
				path := strings.Repeat("/x", i%10+1)
				client, err := tryDial(server, "/five"+path)
				if err != nil {
					return err
				}
				defer client.Close()
				status, body, err := client.page()
				if err != nil || status != http.StatusOK {
					return fmt.Errorf("request %d: status %d, %w: %s", i, status, err, body)
				}
				done.Add(1)
				return settled(body, path, false)
			}()
		}()
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err, server.Log())
	}
	assert.EqualValues(t, requests, done.Load())
	require.Eventually(t, func() bool {
		all := stats(t, server)
		return all["waiting"] == 0 && all["flights"] == 0
	}, 20*time.Second, 50*time.Millisecond)
	assert.Equal(t, crashes, stat(t, server, "core_crashes_total"))
	assert.Equal(t, crashes, strings.Count(server.Log(), "\n"), "a line for each crash, and nothing else: %s", server.Log())
}
