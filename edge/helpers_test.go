package edge

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoSlots = `<!doctype html><html><head><title>t</title></head><body>` +
	`<edge-slot name="a" src="/f/a/{id}" ttl="10s" swr="1m" tags="all"><i>…</i><edge-error>no a</edge-error></edge-slot>|` +
	`<edge-slot name="b" src="/f/b/{id}" ttl="10s"><i>…</i></edge-slot></body></html>`

// secret is long enough to be one.
const secret = "0123456789abcdef"

func pageOf(t testing.TB, pattern, html string) Page {
	t.Helper()
	p, err := ParsePage(pattern, html)
	require.NoError(t, err)
	return p
}

// vars is a lookup of variables.
func vars(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

// batchRequest is a request from who has the secret.
func batchRequest(url string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, url, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+secret)
	return r
}
