package docs_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// The commands of docs/operating.md.

func init() {
	maps.Copy(commands, map[string]func(*testing.T, string){
		"inlay invalidate --tag package:net/http":    administers("invalidated 1 entry in one process\n"),
		"inlay purge --tag docs --tag imports":       administers("purged 2 entries in one process\n"),
		"inlay purge --key /fragments/summary":       administers("purged 1 entry in one process\n"),
		"inlay purge --env production --all":         by("TestSiteAndTokenComeFromTheProject"),
		"inlay stats --url https://shop.example.com": by("TestSiteAndTokenComeFromTheProject"),
	})
}

// program is the command, built once.
var program = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("build/.docs-inlay")
	if err == nil {
		err = exec.Command("go", "build", "-o", path, "./cmd/inlay").Run()
	}
	return path, err
})

// administers runs a command on a site with the fragments that the documentation speaks of.
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
		assert.Equal(t, want, string(output))
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
