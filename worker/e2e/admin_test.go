package e2e

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

const adminToken = "0123456789abcdef0123456789abcdef"

// stats are the counters of a Worker that was started with adminToken.
func stats(t *testing.T, server *harness.Server) map[string]int {
	t.Helper()
	resp := request(t, http.MethodGet, server.URL+"/_inlay/stats", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var all map[string]int
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&all))
	return all
}

func stat(t *testing.T, server *harness.Server, name string) int {
	t.Helper()
	value, ok := stats(t, server)[name]
	require.True(t, ok, name)
	return value
}
