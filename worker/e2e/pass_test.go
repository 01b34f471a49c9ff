package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// What of a request that is no page's comes to its handler, on both hosts.

// onBothWithOrigin runs a test on a Worker and natively, before the same remote origin, which notes the last request's header.
func onBothWithOrigin(t *testing.T, env []string, test func(t *testing.T, s *harness.Server, header func() http.Header)) {
	t.Helper()
	var seen atomic.Pointer[http.Header]
	origin := newOrigin(t, func(_ http.ResponseWriter, r *http.Request) {
		header := r.Header.Clone()
		seen.Store(&header)
	})
	env = append([]string{"INLAY_ORIGIN=" + origin.URL}, env...)
	config, err := edge.ParseConfig(func(name string) (string, bool) {
		for _, v := range env {
			if n, value, _ := strings.Cut(v, "="); n == name {
				return value, true
			}
		}
		return "", false
	})
	require.NoError(t, err)
	for name, s := range map[string]*harness.Server{"worker": harness.StartWorkerd(t, env...), "native": nativeServer(t, nil, config)} {
		t.Run(name, func(t *testing.T) {
			test(t, s, func() http.Header { return *seen.Swap(nil) })
		})
	}
}

const claims = "X-Forwarded-Host: evil.example\r\nx-forwarded-host: evil.example\r\nX_Forwarded_Host: evil.example\r\nX-Forwarded_Host: evil.example\r\n" +
	"Forwarded: host=evil.example\r\n"

func TestVisitorsDoNotSayUnderWhichHostTheyCame(t *testing.T) {
	t.Parallel()
	for hosts, wants := range map[string]map[string]string{
		"":                               {"a.example": "a.example", "A.example:80": "a.example"},
		"a.example,a.example:8443,[::1]": {"a.example": "a.example", "A.example:1": "a.example", "a.example:8443": "a.example:8443", "[::1]:5": "[::1]", "evil.example": ""},
	} {
		onBothWithOrigin(t, []string{"INLAY_HOSTS=" + hosts, "INLAY_TRUSTED_PROXIES=none"}, func(t *testing.T, s *harness.Server, header func() http.Header) {
			for host, want := range wants {
				for _, connection := range []string{"close", "close, X-Forwarded-Host"} {
					rawRequest(t, s, fmt.Sprintf("POST /x HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\nContent-Length: 0\r\n%s\r\n", host, connection, claims))
					got := header()
					assert.Equal(t, want, strings.Join(got["X-Forwarded-Host"], "|"), host)
					assert.NotContains(t, fmt.Sprint(got), "evil.example", host)
				}
			}
		})
	}
}

// Nor to handlers in app.wasm, which are told of who he is as an origin is.
func TestHandlersInAppWasmAreNotToldOfHostsByVisitors(t *testing.T) {
	t.Parallel()
	for _, hosts := range []string{"", "a.example"} {
		server := startRuntime(t, "INLAY_HOSTS="+hosts)
		answer := rawRequest(t, server, "POST /do/host HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 0\r\n"+claims+"\r\n")
		assert.Contains(t, answer, "a.example, forwarded for a.example</p>", hosts)
		assert.NotContains(t, answer, "evil.example")
	}
}

func TestFieldsOfAConnectionEndWithIt(t *testing.T) {
	t.Parallel()
	onBothWithOrigin(t, nil, func(t *testing.T, s *harness.Server, header func() http.Header) {
		rawRequest(t, s, "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Hop, x-other-hop, ;\r\nConnection: X-Third\r\n"+
			"X-Hop: 1\r\nX-Other-Hop: 1\r\nX-Third: 1\r\nX-Stays: 1\r\nProxy-Authorization: Basic x\r\nProxy-Connection: close\r\nKeep-Alive: timeout=5\r\n"+
			"TE: deflate\r\nTrailer: X-T\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nAuthorization: Bearer x\r\n\r\n")
		got := header()
		for _, name := range []string{
			"X-Hop", "X-Other-Hop", "X-Third", "Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Http2-Settings",
		} {
			assert.Empty(t, got[name], name)
		}
		assert.Equal(t, "1", got.Get("X-Stays"))
		assert.Equal(t, "Bearer x", got.Get("Authorization"))
	})
}
