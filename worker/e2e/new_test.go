package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What a stranger does: inlay new, a page, a fragment and a test as docs/writing-a-site.md has them, and then every command.
// No network is asked: Go's modules are in its cache, and node_modules is the repository's.

// newSite makes a site outside of the repository, and gives how commands are run in it.
func newSite(t *testing.T, options ...string) (dir string, run func(args ...string) string) {
	t.Helper()
	program, err := inlayProgram()
	require.NoError(t, err)
	dir = filepath.Join(t.TempDir(), "My Shop")
	modules, err := filepath.Abs("node_modules")
	require.NoError(t, err)
	run = func(args ...string) string {
		cmd := exec.Command(program, args...)
		if args[0] != "new" {
			cmd.Dir = dir
		}
		cmd.Env = append(harness.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "NO_COLOR=1")
		output, err := cmd.CombinedOutput()
		require.NoError(t, err, "inlay %s\n%s", strings.Join(args, " "), output)
		return string(output)
	}
	assert.Contains(t, run(append([]string{"new", dir}, options...)...), "its Worker is called my-shop")
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	return dir, run
}

// documented are the blocks of a section of docs/writing-a-site.md, in their order.
func documented(t *testing.T, heading string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("docs/writing-a-site.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, m := range regexp.MustCompile("(?s)```[a-z]+\n(.*?)```").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, strings.ReplaceAll("\n"+m[1], "\n   ", "\n")[1:])
	}
	return blocks
}

// put writes a file of a site; change makes it of what it was.
func put(t *testing.T, path string, change func(string) string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	changed := change(string(old))
	require.NotEqual(t, string(old), changed)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o644))
}

// serveNew runs a site in a bare workerd, and natively.
func serveNew(t *testing.T, dir string, env ...string) map[string]*harness.Server {
	t.Helper()
	program, err := inlayProgram()
	require.NoError(t, err)
	native := exec.Command(program, "serve")
	native.Dir = dir
	served := harness.Start(t, native, append([]string{"PORT=0", "GOPROXY=off", "GOFLAGS=-mod=mod"}, env...))
	served.Listens(harness.ServeReady)
	return map[string]*harness.Server{
		"workerd": harness.ServeWorkerd(t, filepath.Join(dir, "build", "workerd.capnp"), env),
		"native":  served,
	}
}

func TestNewSiteIsMadeEditedBuiltServedTestedAndDeployed(t *testing.T) {
	t.Parallel()
	dir, run := newSite(t)
	blocks := documented(t, "A page of your own")
	require.Len(t, blocks, 3, "a page, a fragment and a test")
	put(t, filepath.Join(dir, "pages", "hello", "{name}.html"), func(string) string { return blocks[0] })
	put(t, filepath.Join(dir, "handlers.go"), func(old string) string {
		old = strings.Replace(old, "\treturn mux\n", "\tmux.HandleFunc(\"GET /fragments/hello/{name}\", hello)\n\treturn mux\n", 1)
		return strings.Replace(old, "\t\"html\"\n", "\t\"html\"\n\t\"io\"\n", 1) + "\n" + blocks[1]
	})
	put(t, filepath.Join(dir, "handlers_test.go"), func(old string) string { return old + "\n" + blocks[2] })

	run("build")
	run("test")
	for _, options := range [][]string{{"--env="}, {"--env", "staging"}, {"--env", "production"}} {
		output := run(append([]string{"deploy", "--dry-run"}, options...)...)
		assert.Contains(t, output, "app.wasm")
		assert.Contains(t, output, "INLAY_SIE")
	}
	for name, server := range serveNew(t, dir) {
		t.Run(name, func(t *testing.T) {
			answer := request(t, http.MethodGet, server.URL+"/hello/you", nil)
			assert.Contains(t, read(t, answer), "<p>Hello, you!</p>")
			assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
			assert.Equal(t, "strict-origin-when-cross-origin", answer.Header.Get("Referrer-Policy"))
			assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/products/teapot", nil, "Cookie", "currency=CHF")), "39.48 CHF")
			for _, path := range []string{"/products/anchor", "/nowhere", "/hello/"} {
				answer := request(t, http.MethodGet, server.URL+path, nil)
				assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
				assert.Contains(t, read(t, answer), "<h1>Not here</h1>", path)
			}
		})
	}
}

func TestNewSiteWithoutGo(t *testing.T) {
	t.Parallel()
	dir, run := newSite(t, "--no-go")
	put(t, filepath.Join(dir, "pages", "about.html"), func(string) string {
		return "<!doctype html>\n<title>About</title>\n<body>\n<edge-slot name=\"products\" src=\"/fragments/products\"></edge-slot>\n"
	})
	run("build")
	run("test")
	own := exec.Command(filepath.Join(dir, "node_modules", "node", "bin", "node"), "--test")
	own.Dir = dir
	output, err := own.CombinedOutput()
	require.NoError(t, err, string(output))
	deployed := run("deploy", "--dry-run", "--env", "production")
	assert.NotContains(t, deployed, "app.wasm")
	assert.Contains(t, deployed, "https://origin.example.com")

	node, err := filepath.Abs("node_modules/node/bin/node")
	require.NoError(t, err)
	stands := exec.Command(node, "origin.mjs")
	stands.Dir = dir
	origin := harness.Start(t, stands, []string{"PORT=0"})
	origin.Listens(regexp.MustCompile(`fragments on (http://127\.0\.0\.1:\d+)`))
	for name, server := range serveNew(t, dir, "INLAY_ORIGIN="+origin.URL) {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/about", nil)), `<a href="/products/teapot">Teapot</a>`)
			answer := request(t, http.MethodGet, server.URL+"/products/anchor", nil)
			assert.Equal(t, http.StatusNotFound, answer.StatusCode)
			assert.Contains(t, read(t, answer), "<h1>Not here</h1>")
		})
	}
}
