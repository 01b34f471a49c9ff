package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// inUse is what the Worker's isolate has in use, as its inspector tells: the heap and the buffers outside of it, which is
// where fragments are.
func inUse(t *testing.T, server *harness.Server) int {
	t.Helper()
	output, err := exec.Command("node_modules/node/bin/node", "worker/testing/heap.mjs", strconv.Itoa(server.Inspector)).CombinedOutput()
	require.NoError(t, err, string(output))
	var use struct{ Heap, Buffers int }
	require.NoError(t, json.Unmarshal(output, &use))
	return use.Heap + use.Buffers
}

func TestBudgetBoundsTheIsolatesMemory(t *testing.T) {
	const budget = 16 << 20
	filler := strings.Repeat("x", 64<<10)
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		fragment(w, r)
		sum := uint(0)
		for _, c := range []byte(r.URL.Path) {
			sum = sum*31 + uint(c)
		}
		fmt.Fprintf(w, "<p>%s</p>", filler[:4<<10+int(sum%(59<<10))])
	})
	server := harness.StartChanged(t, func(config string) string {
		return strings.Replace(config, "Workerd.Config = (", `Workerd.Config = ( v8Flags = ["--expose-gc"],`, 1)
	}, []string{
		"INLAY_ORIGIN=" + origin.URL, "INLAY_TOKEN=" + adminToken, fmt.Sprintf("INLAY_MAX_BYTES=%d", budget),
	}, "--inspector-addr", "127.0.0.1:0")
	require.NotZero(t, server.Inspector, server.Log())

	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	read := 0
	churn := func(bytes int) {
		for until := read + bytes; read < until; {
			resp, err := client.Get(fmt.Sprintf("%s/five/churn/%d", server.URL, read))
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			read += int(n)
		}
	}
	churn(1 << 20) // connections and code have their size after the first few
	purge := request(t, http.MethodPost, server.URL+"/_inlay/purge?all=1", nil, "Authorization", "Bearer "+adminToken)
	require.Equal(t, http.StatusOK, purge.StatusCode)
	empty := inUse(t, server)

	churn(10 * budget)
	charged := stat(t, server, "cache_bytes")
	assert.Greater(t, charged, budget*9/10, "the budget is used")
	grown := inUse(t, server) - empty
	t.Logf("charged %d, grown %d bytes: %.3f of the budget", charged, grown, float64(grown)/budget)
	assert.LessOrEqual(t, grown, budget*105/100)
}
