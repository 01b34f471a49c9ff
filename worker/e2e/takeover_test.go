package e2e

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// startLosingWorkerd runs a Worker whose fills die with their leader's client, as they do when Workers ends a request's
// context: waitUntil is what keeps them, and this one does not call it. With watching off, nobody learns of it either.
func startLosingWorkerd(t *testing.T, watching bool, env ...string) *harness.Server {
	t.Helper()
	return harness.StartChanged(t, losing(t, watching), env)
}

// losing is what makes such a Worker of a configuration.
func losing(t *testing.T, watching bool) (change func(config string) string) {
	t.Helper()
	changes := map[string][2]string{"fills": {"ctx.waitUntil(", "void ("}}
	if !watching {
		changes["exchange"] = [2]string{"led.lifeline.catch(", "void ("}
	}
	return func(config string) string {
		for module, change := range changes {
			built, err := os.ReadFile(harness.Build + "/" + module + ".mjs")
			require.NoError(t, err)
			changed := strings.Replace(string(built), change[0], change[1], 1)
			require.NotEqual(t, string(built), changed)
			file := harness.TestFile(t, module+".mjs", []byte(changed))
			config = strings.Replace(config, `embed "../`+module+`.mjs"`, `embed "`+file+`"`, 1)
		}
		return config
	}
}

func TestLostFillsAreTakenOver(t *testing.T) {
	t.Parallel()
	t.Run("at once, by those who learn of it", func(t *testing.T) {
		t.Parallel()
		// Long enough that whoever waited for it would not be back in time.
		took := takeOver(t, true, "25s")
		assert.Less(t, took, 15*time.Second)
	})
	t.Run("when the time is over, by those who do not", func(t *testing.T) {
		t.Parallel()
		took := takeOver(t, false, "1s")
		assert.Greater(t, took, time.Second)
	})
}

// takeOver resets the leader of ten joiners, of whom one leaves before, and says when the others had their pages.
func takeOver(t *testing.T, watching bool, timeout string) time.Duration {
	t.Helper()
	var answers atomic.Bool
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		if !answers.Load() {
			<-r.Context().Done()
			return
		}
		fragment(w, r)
	})
	server := startLosingWorkerd(t, watching, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_FILL_TIMEOUT="+timeout)
	leader := dial(t, server, fivePage)
	require.Eventually(t, func() bool { return origin.total() == len(fiveSlots) }, 20*time.Second, time.Millisecond)
	var joiners []*socket
	for range 10 {
		joiners = append(joiners, dial(t, server, fivePage))
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 11 }, 20*time.Second, time.Millisecond)
	joiners[0].reset() // one who watches and leaves first
	joiners = joiners[1:]
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 10 }, 20*time.Second, time.Millisecond)
	answers.Store(true)
	begun := time.Now()
	leader.reset()

	for _, joiner := range joiners {
		status, body, err := joiner.page()
		require.NoError(t, err, server.Log())
		assert.Equal(t, http.StatusOK, status)
		assert.NoError(t, whole(body))
	}
	took := time.Since(begun)
	t.Logf("whole %v after the leader's reset", took)
	for _, slot := range fiveSlots {
		assert.Equal(t, 2, origin.count(fragmentPath(slot)), "%s: begun once more, by one of the nine", slot)
	}
	all := stats(t, server)
	assert.Equal(t, len(fiveSlots), all["fills_taken_over_total"])
	assert.Zero(t, all["fills_failed_total"])
	assert.Zero(t, all["waiting"])
	assert.Zero(t, all["flights"])
	assert.NotContains(t, server.Log(), "had hung")
	assert.NotContains(t, server.Log(), "arning")
	return took
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
	server := startLosingWorkerd(t, true, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_FILL_TIMEOUT=500ms")
	leader := dial(t, server, fivePage)
	require.Eventually(t, func() bool { return origin.total() == len(fiveSlots) }, 20*time.Second, time.Millisecond)
	answers.Store(true)
	leader.reset()
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 0 }, 20*time.Second, time.Millisecond)

	status, body, err := dial(t, server, fivePage).page()
	require.NoError(t, err, server.Log())
	assert.Equal(t, http.StatusOK, status)
	assert.NoError(t, whole(body))
	assert.Zero(t, stat(t, server, "flights"))
	assert.NotContains(t, server.Log(), "had hung")
}
