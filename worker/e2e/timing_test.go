package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// A Worker says in Server-Timing what a native server does: what became of each slot, and how long the fills took that were waited for.
func TestServerTimingTellsOfSlots(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_DEBUG=1")
	streamed := browse(t, server.URL+fivePage)
	timing := streamed.Header.Get("Server-Timing")
	assert.Regexp(t, `^inlay;dur=[0-9.]+, mode;desc=stream, inlay-`, timing)
	for _, slot := range fiveSlots {
		assert.Contains(t, timing+",", "inlay-"+slot+";desc=miss,")
	}

	waited := make(chan *http.Response)
	go func() { waited <- browse(t, server.URL+fivePage+"?inlay=complete") }()
	time.Sleep(20 * time.Millisecond) // which is what is measured
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	timing = (<-waited).Header.Get("Server-Timing")
	assert.Regexp(t, `^inlay;dur=[0-9.]+, mode;desc=complete, inlay-`, timing)
	for _, slot := range fiveSlots {
		assert.Regexp(t, `inlay-`+slot+`;desc=(collapsed|hit)`, timing)
	}
	if strings.Contains(timing, "collapsed") {
		assert.Regexp(t, `desc=collapsed;dur=[1-9][0-9]*(,|$)`, timing)
	}
	read(t, streamed)

	require.Eventually(t, func() bool {
		warm := browse(t, server.URL+fivePage)
		return strings.HasPrefix(warm.Header.Get("Server-Timing"), "inlay;desc=warm, inlay-")
	}, 10*time.Second, 10*time.Millisecond)
	warm := browse(t, server.URL+fivePage).Header.Get("Server-Timing")
	for _, slot := range fiveSlots {
		assert.Contains(t, warm+",", "inlay-"+slot+";desc=hit,")
	}
	same := request(t, http.MethodGet, server.URL+fivePage, nil, "If-None-Match", "*")
	assert.Equal(t, http.StatusNotModified, same.StatusCode)
	assert.Equal(t, warm, same.Header.Get("Server-Timing"))
}

// Nothing of it is there otherwise.
func TestServerTimingIsNotThereUnlessOneDebugs(t *testing.T) {
	origin := newOrigin(t, (&held{}).answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
	assert.NotContains(t, browse(t, server.URL+fivePage).Header, "Server-Timing")
}
