package varnishtest

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// Inlay is inlay natively in front of an origin, with no page of its own; more variables may follow, names and values.
func Inlay(t *testing.T, origin string, variables ...string) string {
	t.Helper()
	named := map[string]string{"INLAY_ORIGIN": origin}
	for i := 0; i < len(variables); i += 2 {
		named[variables[i]] = variables[i+1]
	}
	config, err := edge.ParseConfig(func(name string) (string, bool) { v, ok := named[name]; return v, ok })
	require.NoError(t, err)
	handler, err := edge.NewHandler(edge.Options{Config: config})
	require.NoError(t, err)
	t.Cleanup(handler.Close)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
