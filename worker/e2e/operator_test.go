package e2e

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/operator"
	"inlay/worker/e2e/harness"
)

// The operator's page is what it is natively, and is there for who has no token yet; without INLAY_TOKEN there is none.
func TestOperatorsPageIsServed(t *testing.T) {
	t.Parallel()
	with := harness.StartWorkerd(t, "INLAY_TOKEN="+adminToken)
	resp := request(t, http.MethodGet, with.URL+"/_inlay/", nil)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, operator.Body(), string(body))
	for _, f := range operator.Fields() {
		assert.Equal(t, []string{f.Value}, resp.Header.Values(f.Name), f.Name)
	}
	assert.Equal(t, []string{"no-store"}, resp.Header.Values("Cache-Control"))
	assert.Equal(t, http.StatusUnauthorized, request(t, http.MethodPost, with.URL+"/_inlay/", nil).StatusCode)

	without := harness.StartWorkerd(t)
	assert.Equal(t, http.StatusNotFound, request(t, http.MethodGet, without.URL+"/_inlay/", nil).StatusCode)
}
