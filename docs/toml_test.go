package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// Blocks of TOML are parts of wrangler.toml: each is put into one, and wrangler says what it makes of it.

// bindings are how wrangler lists what a Worker has access to.
var bindings = regexp.MustCompile(`env\.(\w+) \("?([^")]*)"?\)`)

func TestConfigurationIsWhatWranglerReads(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if b.language != "toml" {
				continue
			}
			found++
			t.Run(fmt.Sprintf("%s:%d", b.path, b.line), func(t *testing.T) {
				t.Parallel()
				output := dryRun(t, b.text)
				assert.NotContains(t, output, "WARNING")
				set := map[string]string{}
				for _, v := range bindings.FindAllStringSubmatch(output, -1) {
					set[v[1]] = v[2]
				}
				for _, line := range strings.Split(b.text, "\n") {
					if name, _, ok := strings.Cut(line, " = "); ok && strings.HasPrefix(name, "INLAY_") {
						assert.Contains(t, set, name)
						assert.True(t, slices.ContainsFunc(edge.Variables(), func(v edge.Variable) bool { return v.Name == name }), name)
					}
				}
				if strings.Contains(b.text, "[[services]]") {
					assert.Equal(t, "shop", set["SHOP"], output)
				}
				_, err := harness.ParseConfig(set)
				assert.NoError(t, err)
			})
		}
	}
	assert.NotZero(t, found)
}

// dryRun deploys the built Worker with some more configuration, all but the upload.
func dryRun(t *testing.T, more string) string {
	t.Helper()
	main, err := filepath.Abs("build/worker.mjs")
	require.NoError(t, err)
	node, err := filepath.Abs("node_modules/node/bin")
	require.NoError(t, err)
	own, err := os.ReadFile("wrangler.toml")
	require.NoError(t, err)
	rules := regexp.MustCompile(`(?s)rules = \[.*?\n\]\n`).FindString(string(own))
	require.NotEmpty(t, rules)
	path := filepath.Join(t.TempDir(), "wrangler.toml")
	text := fmt.Sprintf("name = \"inlay\"\nmain = %q\ncompatibility_date = \"2026-11-01\"\nno_bundle = true\n%s%s", main, rules, more)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	cmd := exec.Command(filepath.Join(node, "node"), "node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--config", path)
	cmd.Env = append(harness.Environ(), "PATH="+node+string(os.PathListSeparator)+os.Getenv("PATH"),
		"WRANGLER_SEND_METRICS=false", "WRANGLER_SEND_ERROR_REPORTS=false", "WRANGLER_HIDE_BANNER=true", "NO_COLOR=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

func TestWranglersConfigurationListsEveryVariable(t *testing.T) {
	own, err := os.ReadFile("wrangler.toml")
	require.NoError(t, err)
	for _, v := range edge.Variables() {
		if v.Unit == "secret" {
			assert.Contains(t, string(own), "wrangler secret put "+v.Name)
			continue
		}
		fallback := v.Default
		if v.Name == "INLAY_DEBUG" {
			fallback = "0" // as INLAY_DEV
		}
		assert.Regexp(t, `(?m)^# `+v.Name+` = "`+fallback+`"`, string(own))
	}
}
