package forwarded

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// cases are those of a table in testdata/, which worker/forwarded.test.mjs and worker/back.test.mjs hold the glue to.
func cases[T any](t testing.TB, name string) (all []T) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &all))
	require.NotEmpty(t, all)
	return all
}
