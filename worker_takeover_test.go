package inlay_test

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startLosingWorkerd runs a Worker whose fills die with their leader's client, as they do when Workers ends a request's
// context: waitUntil is what keeps them, and this one does not call it.
func startLosingWorkerd(t *testing.T, name string, env ...string) *server {
	t.Helper()
	built, err := os.ReadFile("build/fills.mjs")
	require.NoError(t, err)
	losing := strings.Replace(string(built), "ctx.waitUntil(", "void (", 1)
	require.NotEqual(t, string(built), losing)
	path := "build/test/" + name + ".mjs"
	require.NoError(t, os.WriteFile(path, []byte(losing), 0o644))
	t.Cleanup(func() { _ = os.Remove(path) })
	return startChangedWorkerd(t, name, func(config string) string {
		return strings.Replace(config, `embed "../fills.mjs"`, `embed "`+name+`.mjs"`, 1)
	}, env)
}

func TestLostFillsAreTakenOver(t *testing.T) {
	t.Parallel()
	var answers atomic.Bool
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if !answers.Load() {
			<-r.Context().Done()
			return
		}
		fragment(w, r)
	})
	server := startLosingWorkerd(t, "losing", "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_FILL_TIMEOUT=1s")
	leader := dial(t, server, packagePage)
	require.Eventually(t, func() bool { return origin.total() == len(packageSlots) }, 20*time.Second, time.Millisecond)
	var joiners []*socket
	for range 10 {
		joiners = append(joiners, dial(t, server, packagePage))
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 11 }, 20*time.Second, time.Millisecond)
	answers.Store(true)
	leader.reset()

	begun := time.Now()
	for _, joiner := range joiners {
		status, body, err := joiner.page()
		require.NoError(t, err, server.Log())
		assert.Equal(t, http.StatusOK, status)
		assert.NoError(t, whole(body))
	}
	assert.Less(t, time.Since(begun), 10*time.Second)
	for _, slot := range packageSlots {
		assert.Equal(t, 2, origin.count(fragmentPath(slot)), "%s: begun once more, by one of the ten", slot)
	}
	all := stats(t, server)
	assert.Equal(t, len(packageSlots), all["fills_taken_over_total"])
	assert.Zero(t, all["fills_failed_total"])
	assert.Zero(t, all["waiting"])
	assert.Zero(t, all["flights"])
	assert.NotContains(t, server.Log(), "had hung")
}

// A fill that was lost while nobody waited for it is begun anew by the next who wants it.
func TestLostFillsThatNobodyAwaitsAreBegunAnew(t *testing.T) {
	t.Parallel()
	var answers atomic.Bool
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if !answers.Load() {
			<-r.Context().Done()
			return
		}
		fragment(w, r)
	})
	server := startLosingWorkerd(t, "losing-alone", "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_FILL_TIMEOUT=500ms")
	leader := dial(t, server, packagePage)
	require.Eventually(t, func() bool { return origin.total() == len(packageSlots) }, 20*time.Second, time.Millisecond)
	answers.Store(true)
	leader.reset()
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 0 }, 20*time.Second, time.Millisecond)

	status, body, err := dial(t, server, packagePage).page()
	require.NoError(t, err, server.Log())
	assert.Equal(t, http.StatusOK, status)
	assert.NoError(t, whole(body))
	assert.Zero(t, stat(t, server, "flights"))
	assert.NotContains(t, server.Log(), "had hung")
}
