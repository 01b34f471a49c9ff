package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Worker with a variable that cannot be used answers everything with 500, so none is deployed; nor is one with a slip.
func TestVariablesThatCannotBeUsedAreNotDeployed(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.MkdirAll("pages", 0o755))
	require.NoError(t, os.WriteFile(filepath.Join("pages", "index.html"), []byte("<!doctype html><title>t</title><p>x"), 0o644))
	require.NoError(t, os.WriteFile("wrangler.toml", []byte(`name = "shop"
main = "build/main.mjs"
vars = { SITE_X = "never", INLAY_SWR = "10m" }

[env.staging.vars]
INLAY_ORIGN = "https://origin.example.com"

[env.production.vars]
INLAY_TTL = "never"
`), 0o644))
	for _, args := range [][]string{{"deploy", "--dry-run", "--env", "staging"}, {"test"}} {
		status, _, errs := inlay(t, args, "")
		assert.Equal(t, 1, status)
		assert.Equal(t, "wrangler.toml:9:1: INLAY_TTL is \"never\": expected a duration, 1ms or more, such as 500ms, 90s or 1h30m\n"+
			"wrangler.toml:6:1: there is no variable INLAY_ORIGN (INLAY_ORIGIN?); README.md, Configuration, has those that there are\n"+
			"inlay: 2 mistakes in the site's files; see above\n", errs)
		assert.NoDirExists(t, "build", "nothing was built")
	}
}
