package docs_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// docs/in-front-of-a-site.md as a stranger walks through it: with its wrangler.toml, its servers and its commands.

const front = "docs/in-front-of-a-site.md"

func TestServersOfTheWalkAreThoseOfTheDocument(t *testing.T) {
	files := map[string]string{"php": "docs/front/shop.php", "js": "docs/front/shop.mjs", "nginx": "worker/e2e/testdata/servers/nginx.conf"}
	found := 0
	for _, b := range documentAt(t, front).blocks {
		file, ok := files[b.language]
		if !ok {
			continue
		}
		found++
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		indented := func(text string) string { return regexp.MustCompile(`(?m)^ +`).ReplaceAllString(text, "") }
		assert.Contains(t, indented(string(text)), indented(b.text), "%s:%d", b.path, b.line)
	}
	assert.Equal(t, len(files), found)
}

// walkServer starts one of the two of the document.
func walkServer(t *testing.T, name string) *harness.Server {
	t.Helper()
	cmd := exec.Command("php", "-S", "localhost:0", "shop.php")
	if name == "Node" {
		node, err := filepath.Abs("node_modules/node/bin/node")
		require.NoError(t, err)
		cmd = exec.Command(node, "--input-type=module", "-e", `import http from "node:http";
const listen = http.Server.prototype.listen;
http.Server.prototype.listen = function (...args) { return listen.call(this, ...args, () => console.log("listening on http://localhost:" + this.address().port)); };
await import(process.cwd() + "/shop.mjs");`)
	}
	cmd.Dir = "docs/front"
	s := harness.Start(t, cmd, []string{"PORT=0"})
	s.Listens(regexp.MustCompile(`(?:Development Server \(|listening on )(http://localhost:\d+)`))
	return s
}

func TestWalkInFrontOfASite(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "inlay")
	output, err := exec.Command("go", "build", "-o", program, "./cmd/inlay").CombinedOutput()
	require.NoError(t, err, string(output))
	modules, err := filepath.Abs("node_modules")
	require.NoError(t, err)
	toml := ""
	for _, b := range documentAt(t, front).blocks {
		if b.language == "toml" {
			toml = b.text
			break
		}
	}
	require.Len(t, strings.Split(strings.TrimSpace(toml), "\n"), 4, "four lines")
	for _, walk := range [][]string{{"PHP", "dev", "--native"}, {"PHP", "dev"}, {"Node", "dev"}, {"Node", "serve"}} {
		t.Run(strings.Join(walk, " "), func(t *testing.T) {
			t.Parallel()
			server := walkServer(t, walk[0])
			dir := t.TempDir()
			text := strings.Replace(toml, "http://localhost:3000", server.URL, 1)
			require.NotEqual(t, toml, text)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "wrangler.toml"), []byte(text), 0o600))
			require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules"))) // npm install --save-dev wrangler@latest node@22
			cmd := exec.Command(program, walk[1:]...)
			cmd.Dir = dir
			s := harness.Start(t, cmd, []string{"PORT=0"})
			s.Listens(regexp.MustCompile(`listening on (http://(?:localhost|127\.0\.0\.1):\d+)`))
			walkAround(t, server, s.URL)
		})
	}
	t.Run("deployed", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "wrangler.toml"), []byte(toml), 0o600))
		require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
		for _, args := range [][]string{{"build"}, {"test"}, {"deploy", "--dry-run"}} {
			cmd := exec.Command(program, args...)
			cmd.Dir = dir
			output, err := cmd.CombinedOutput()
			require.NoError(t, err, string(output))
			assert.NotContains(t, string(output), "app.wasm")
			if args[0] == "deploy" {
				assert.Contains(t, string(output), "Total Upload: ")
				assert.Contains(t, string(output), "env.INLAY_ORIGIN")
			}
		}
	})
}

// walkAround sees the page of the document stream, and then asks its server nothing.
func walkAround(t *testing.T, server *harness.Server, url string) {
	t.Helper()
	began := time.Now()
	first := browsed(t, url+"/")
	body := bufio.NewReader(first.Body)
	shell := ""
	for !strings.Contains(shell, "<p>Open from nine to five.</p>") {
		line, err := body.ReadString('\n')
		require.NoError(t, err, shell)
		shell += line
	}
	soon := time.Since(began)
	assert.NotContains(t, shell, "Teapot")
	rest, err := io.ReadAll(body)
	require.NoError(t, err)
	assert.Contains(t, string(rest), "<ul><li>Teapot, 42.00</ul>")
	assert.Greater(t, time.Since(began)-soon, time.Second, "the offers take two seconds")

	// The page itself was asked for beside the answer, and in development each part may be asked for once more.
	require.Eventually(t, func() bool {
		return strings.Count(browsed(t, url+"/").Header.Get("Cache-Status"), ";hit") == 2
	}, 20*time.Second, 100*time.Millisecond)
	asked := 0
	require.Eventually(t, func() bool {
		before := asked
		asked = strings.Count(server.Log(), "asked for ")
		return asked == before
	}, 20*time.Second, 2500*time.Millisecond, "until nothing is asked for any more")
	whole, err := io.ReadAll(browsed(t, url+"/").Body)
	require.NoError(t, err)
	assert.Regexp(t, `(?s)<h1>Shop</h1>\n<ul><li>Teapot, 42\.00</ul>\n<p>Open`, string(whole))
	assert.Equal(t, asked, strings.Count(server.Log(), "asked for "), "the second asks the server nothing")
}

// browsed asks as a browser does.
func browsed(t *testing.T, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
