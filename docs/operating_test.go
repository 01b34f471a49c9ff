package docs_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// The commands of docs/operating.md, and what it says of wrangler.

func init() {
	maps.Copy(commands, map[string]func(*testing.T, string){
		"go run ./cmd/inlay": runs([]string{"help"}, "usage: inlay"),
		"go tool inlay":      by("TestSiteHasTheTool"),
		"./build.sh":         runs(nil, "core.wasm", "gzipped"),
		"./build.sh clean":   by("TestAnotherSiteIsBuilt"),
		"inlay invalidate --tag package:net/http":   administers("invalidated 1 entry in one process\n"),
		"inlay purge --tag docs --tag imports":      administers("purged 2 entries in one process\n"),
		"inlay purge --key /fragments/summary":      administers("purged 1 entry in one process\n"),
		"inlay invalidate --key /fragments/summary": administers("invalidated 1 entry in one process\n"),
		"inlay purge --tag docs --preview":          administers("would purge 1 entry, "),
		"inlay entries --tag docs --sort hits":      administers("one process, 1 of "),
		"inlay top --once":                          administers("since it began"),
		"inlay dev --everywhere":                    by("TestDevWithEverythingBeyondTheIsolate"),
		"curl -fsS --retry 8 -X POST -H \"Authorization: Bearer $INLAY_TOKEN\" 'https://shop.example.com/_inlay/purge?tag=product:7'": asksAgain,
		"until inlay purge --env production --tag product:7; do test $? = 3 || exit 1; sleep 5; done":                                 asksAgain,
		"inlay purge --env production --all":         by("TestSiteAndTokenComeFromTheProject"),
		"inlay stats --url https://shop.example.com": by("TestSiteAndTokenComeFromTheProject"),
		"inlay build":                                            by("TestWorkflowsStepsRun"),
		"inlay deploy --dry-run":                                 by("TestWorkflowsStepsRun"),
		"inlay deploy --env production":                          by("TestWorkflowsStepsRun"),
		"inlay build --native -o shop":                           by("TestUnitRunsAServerThatDrains"),
		"./shop -public public":                                  by("TestUnitRunsAServerThatDrains"),
		`echo "INLAY_TOKEN=$(openssl rand -hex 32)" >>.dev.vars`: keepsToken,
		"go mod vendor":                                          by("TestDockerfileMakesAServerThatDrains"),
		"docker build -t shop .":                                 by("TestDockerfileMakesAServerThatDrains"),
		"docker run -p 8787:8787 --env-file shop.env --stop-timeout 15 shop": by("TestDockerfileMakesAServerThatDrains"),
	})
	for _, line := range []string{
		"npx wrangler secret put INLAY_TOKEN --env production",
		"npx wrangler kv namespace create INLAY_KV",
		"npx wrangler versions upload --env production --tag v42",
		"npx wrangler versions upload --env production --preview-alias next",
		"npx wrangler versions list --env production",
		"npx wrangler versions deploy --env production NEW@10% OLD@90% --yes",
		"npx wrangler versions deploy --env production NEW@100% --yes",
		"npx wrangler rollback --env production",
		"npx wrangler triggers deploy",
		"npx wrangler preview --name pr-17",
		"npx wrangler preview secret put INLAY_TOKEN --name pr-17",
		"npx wrangler preview delete --name pr-17",
	} {
		commands[line] = wranglerTakes
	}
}

// wranglerTakes holds that wrangler has a command with the options of a line.
func wranglerTakes(t *testing.T, line string) {
	words := strings.Fields(strings.TrimPrefix(line, "npx wrangler "))
	name := []string{}
	for len(words) > 0 && regexp.MustCompile(`^[a-z]+$`).MatchString(words[0]) {
		name, words = append(name, words[0]), words[1:]
	}
	help := harness.Shell(t, "PATH="+mustAbs(t, "node_modules/.bin")+":"+mustAbs(t, "node_modules/node/bin")+":$PATH WRANGLER_SEND_METRICS=false wrangler "+strings.Join(name, " ")+" --help")
	assert.Regexp(t, `(?m)^wrangler `+strings.Join(name, " ")+`( |$)`, help)
	for _, word := range words {
		if strings.HasPrefix(word, "-") {
			assert.Regexp(t, `(?m)^ .*`+regexp.QuoteMeta(word)+`\b`, help, line)
		}
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	require.NoError(t, err)
	return abs
}

// keepsToken runs a line that writes a token to .dev.vars.
func keepsToken(t *testing.T, line string) {
	dir := t.TempDir()
	runIn(t, dir, line)
	text, err := os.ReadFile(filepath.Join(dir, ".dev.vars"))
	require.NoError(t, err)
	assert.Regexp(t, `^INLAY_TOKEN=[0-9a-f]{64}\n$`, string(text))
}

// program is the command, built once.
var program = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("build/.docs-inlay")
	if err == nil {
		err = exec.Command("go", "build", "-o", path, "./cmd/inlay").Run()
	}
	return path, err
})

// administers runs a command on a site with the fragments that the documentation speaks of. What it prints is as said, or has that in it where
// that is no whole line.
func administers(want string) func(*testing.T, string) {
	return func(t *testing.T, line string) {
		path, err := program()
		require.NoError(t, err)
		page, err := edge.ParsePage("/", `<body><edge-slot name="a" src="/fragments/summary" tags="package:net/http docs"></edge-slot>`+
			`<edge-slot name="b" src="/fragments/imports" tags="imports"></edge-slot>`)
		require.NoError(t, err)
		handler, err := edge.NewHandler(edge.Options{Pages: []edge.Page{page}, Origin: http.HandlerFunc(hello), Config: edge.Config{Token: adminToken, TTL: time.Hour}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, ask(handler, http.MethodGet, "/").Code)
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		cmd := exec.Command("sh", "-c", `inlay() { "$PROGRAM" "$@"; }; `+line)
		cmd.Env = append(harness.Environ(), "PROGRAM="+path, "INLAY_URL="+server.URL, "INLAY_TOKEN="+adminToken)
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, string(output))
		if strings.HasSuffix(want, "\n") {
			assert.Equal(t, want, string(output))
		} else {
			assert.Contains(t, string(output), want)
		}
	}
}

// asksAgain runs a line that purges a deployed site, whose log cannot be reached at first; and where the site refuses, which is
// no reason to ask again.
func asksAgain(t *testing.T, line string) {
	path, err := program()
	require.NoError(t, err)
	for _, refuses := range []bool{false, true} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "POST /_inlay/purge?tag=product:7", r.Method+" "+strings.ReplaceAll(r.URL.String(), "%3A", ":"))
			assert.Equal(t, "Bearer "+adminToken, r.Header.Get("Authorization"))
			asked++
			switch {
			case refuses:
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"purged":0,"error":"no"}`)
			case asked < 2:
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = io.WriteString(w, `{"purged":0,"error":"the purge log has not confirmed it, so it may hold nowhere; try again: x"}`)
			default:
				_, _ = io.WriteString(w, `{"purged":1,"isolates":"within 5s","log":17}`)
			}
		}))
		t.Cleanup(server.Close)
		script := strings.NewReplacer("https://shop.example.com", server.URL, "--env production", "", "sleep 5", "sleep 0.1").Replace(line)
		cmd := exec.Command("sh", "-c", `inlay() { "$PROGRAM" "$@"; }; `+script)
		cmd.Env = append(harness.Environ(), "PROGRAM="+path, "INLAY_URL="+server.URL, "INLAY_TOKEN="+adminToken)
		output, err := cmd.CombinedOutput()
		if refuses {
			assert.Error(t, err, string(output))
			assert.Equal(t, 1, asked)
			continue
		}
		assert.NoError(t, err, string(output))
		assert.Equal(t, 2, asked)
		assert.Contains(t, string(output), "17")
	}
}

// nginx's configuration stands in the document and lies beside it as a file.
func TestNginxsFileIsTheDocumentsBlock(t *testing.T) {
	text, err := os.ReadFile("docs/deploy/nginx.conf")
	require.NoError(t, err)
	_, config, found := strings.Cut(string(text), "\n\n")
	require.True(t, found)
	for _, b := range documentAt(t, "docs/operating.md").blocks {
		if b.language == "nginx" {
			assert.Equal(t, b.text, config)
			return
		}
	}
	assert.Fail(t, "docs/operating.md has no configuration of nginx")
}

// What an environment inherits, and what it does not: wrangler warns of each of the latter.
func TestEnvironmentsInheritWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	d := documentAt(t, "docs/operating.md")
	_, after, found := strings.Cut(d.prose, "| inherited | not inherited |\n|---|---|\n")
	require.True(t, found)
	inherited, own := []string{}, []string{}
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		columns := cells(strings.TrimSpace(line))
		inherited = append(inherited, codes(columns[0])...)
		own = append(own, codes(columns[1])...)
	}
	values := map[string]string{
		"routes":          `routes = [{ pattern = "shop.example.com", custom_domain = true }]`,
		"workers_dev":     "workers_dev = true",
		"preview_urls":    "preview_urls = true",
		"assets":          `assets = { directory = "` + mustAbs(t, "docs/images") + `" }`,
		"observability":   "observability = { enabled = true }",
		"build":           `build = { command = "true" }`,
		"vars":            `vars = { INLAY_SIE = "1d" }`,
		"secrets":         `secrets = { required = ["INLAY_TOKEN"] }`,
		"services":        `services = [{ binding = "S", service = "s" }]`,
		"kv_namespaces":   `kv_namespaces = [{ binding = "K", id = "00000000000000000000000000000000" }]`,
		"d1_databases":    `d1_databases = [{ binding = "D", database_name = "d", database_id = "00000000-0000-0000-0000-000000000000" }]`,
		"r2_buckets":      `r2_buckets = [{ binding = "R", bucket_name = "shop" }]`,
		"durable_objects": `durable_objects = { bindings = [{ name = "O", class_name = "O", script_name = "o" }] }`,
		"queues":          `queues = { producers = [{ binding = "Q", queue = "q" }] }`,
	}
	given := map[string]bool{"main": true, "compatibility_date": true, "compatibility_flags": true, "no_bundle": true, "rules": true} // by dryRun
	text := `compatibility_flags = ["enable_request_signal"]` + "\n"
	for _, key := range append(append([]string{}, inherited...), own...) {
		if !given[key] {
			require.Contains(t, values, key, "the test lacks a value for it")
			text += values[key] + "\n"
		}
	}
	output := regexp.MustCompile(`\s+`).ReplaceAllString(dryRun(t, text+"[env.plain]\n", "--env", "plain"), " ")
	for _, key := range own {
		assert.Contains(t, output, `"`+key+`" exists at the top level, but not on "env.plain"`)
	}
	for _, key := range inherited {
		assert.NotContains(t, output, `"`+key+`" exists at the top level`)
	}
	assert.Contains(t, output, "Deploying this environment will reassign these custom domains away from the top-level Worker", "as the document warns")
	assert.Contains(t, output, "core.wasm", "the modules are found by the inherited main and rules")
}

// codes are the words in ` of a cell.
func codes(cell string) (words []string) {
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		words = append(words, m[1])
	}
	return words
}
