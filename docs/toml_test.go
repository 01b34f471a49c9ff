package docs_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
				set := map[string]string{}
				for _, options := range environmentsOf(b.text) {
					output := dryRun(t, b.text, options...)
					assert.NotContains(t, output, "WARNING")
					own := map[string]string{}
					for _, v := range bindings.FindAllStringSubmatch(output, -1) {
						own[v[1]] = v[2]
					}
					_, err := harness.ParseConfig(own)
					assert.NoError(t, err)
					maps.Copy(set, own)
				}
				for _, line := range strings.Split(b.text, "\n") {
					if name, _, ok := strings.Cut(line, " = "); ok && strings.HasPrefix(name, "INLAY_") {
						assert.Contains(t, set, name)
						assert.True(t, slices.ContainsFunc(edge.Variables(), func(v edge.Variable) bool { return v.Name == name }), name)
					}
				}
				if strings.Contains(b.text, "[[services]]") {
					assert.Equal(t, "shop", set["SHOP"])
				}
			})
		}
	}
	assert.NotZero(t, found)
}

// environmentsOf are the options that choose each environment of a configuration, the top level first.
func environmentsOf(text string) (options [][]string) {
	options = [][]string{{"--env="}}
	seen := map[string]bool{}
	for _, name := range regexp.MustCompile(`(?m)^\[env\.(\w+)`).FindAllStringSubmatch(text, -1) {
		if !seen[name[1]] {
			seen[name[1]] = true
			options = append(options, []string{"--env", name[1]})
		}
	}
	return options
}

// dryRun deploys the built Worker with some more configuration, all but the upload.
func dryRun(t *testing.T, more string, options ...string) string {
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
	require.NoError(t, os.Mkdir(filepath.Join(filepath.Dir(path), "public"), 0o755))
	text := fmt.Sprintf("name = \"inlay\"\nmain = %q\ncompatibility_date = \"2026-11-01\"\nno_bundle = true\n%s%s", main, rules, more)
	if strings.HasPrefix(more, "name = ") { // it is whole
		text = strings.Replace(more, `"build/main.mjs"`, strconv.Quote(main), 1)
		require.NotEqual(t, more, text)
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	cmd := exec.Command(filepath.Join(node, "node"), append([]string{"node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--config", path}, options...)...)
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
