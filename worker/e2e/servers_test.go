package e2e

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/internal/wrangler"
	"inlay/worker/e2e/harness"
)

// Servers that people have: PHP's own, Express, nginx. Each is there as it is without inlay, in testdata/servers; the tests
// compare what it says by itself with what it says through a Worker, and natively.

// serverFolder has what they serve.
const serverFolder = "worker/e2e/testdata/servers"

// realServer is one of them.
type realServer struct {
	*harness.Server
	t *testing.T
	// gates is a folder, where a gate is opened by a file of its name: one of PHP's processes may have taken the request that opens it, and
	// one that waits for it first. Empty: a request opens it.
	gates string
}

// realServers are all of them, by name. Of two calls each has a server of its own.
var realServers = map[string]func(t *testing.T) *realServer{"PHP": startPHP, "Express": startExpress, "nginx": startOwnNginx}

var serverListens = regexp.MustCompile(`(?:listening on |Development Server \()(http://127\.0\.0\.1:\d+)`)

// startPHP runs PHP's own server with a few processes, since each of them answers one request at a time.
func startPHP(t *testing.T) *realServer {
	t.Helper()
	program, err := exec.LookPath("php")
	require.NoError(t, err, "./build.sh test installs it")
	cmd := exec.Command(program, "-d", "output_buffering=0", "-d", "upload_max_filesize=32M", "-d", "post_max_size=32M", "-S", "127.0.0.1:0", "router.php")
	cmd.Dir = serverFolder
	gates := t.TempDir()
	s := harness.Start(t, cmd, []string{"PHP_CLI_SERVER_WORKERS=4", "GATES=" + gates})
	s.Listens(serverListens)
	return &realServer{s, t, gates}
}

// expressModules lets npm bring what the server of Express is made of.
var expressModules = sync.OnceValue(func() error { return wrangler.Install(context.Background(), serverFolder, os.Stderr) })

func startExpress(t *testing.T) *realServer {
	t.Helper()
	require.NoError(t, expressModules())
	node, err := filepath.Abs("node_modules/node/bin/node")
	require.NoError(t, err)
	cmd := exec.Command(node, "express.mjs")
	cmd.Dir = serverFolder
	s := harness.Start(t, cmd, nil)
	s.Listens(serverListens)
	return &realServer{s, t, ""}
}

// startOwnNginx runs nginx with files, and an application behind it that holds one of the parts back.
func startOwnNginx(t *testing.T) *realServer {
	t.Helper()
	dir := socketFolder(t)
	for name, text := range map[string]string{
		"index.html": "<!doctype html><title>Home</title><p>Welcome", "form.html": "<!doctype html><form method=get><input name=who>",
		"404.html": "<!doctype html><h1>Not here, says nginx</h1>", "text.txt": strings.Repeat("a line of text\n", 2000),
		"big.bin": strings.Repeat("0123456789abcdef", 1<<20) + "the end", "folder/index.html": "<!doctype html><p>A folder",
		"parts/news.html": "<p>news of nginx</p>",
		"shop.shtml": "<!doctype html>\n<html lang=\"en\"><head><title>Shop</title></head>\n<body><h1>Shop</h1>\n" +
			"<!--# include virtual=\"/parts/offers.html\" -->\n<!--# include virtual=\"/parts/news.html\" -->\n<footer>The end</footer></body></html>\n",
	} {
		file := filepath.Join(dir, "site", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	style, err := os.ReadFile(serverFolder + "/public/style.css")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "site", "files"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site", "files", "style.css"), style, 0o644))

	gate := make(chan struct{})
	var once sync.Once
	slow := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<p>offers of nginx</p>"))
	})
	opens := newOrigin(t, func(w http.ResponseWriter, _ *http.Request) { once.Do(func() { close(gate) }) })

	// The port is one that nginx gets with the socket, as from a version of itself before.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	file, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	defer file.Close()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	config, err := os.ReadFile(serverFolder + "/nginx.conf")
	require.NoError(t, err)
	text := replaced(t, string(config), "DIR", dir, "PORT", port, "http://SLOW", slow.URL, "http://OPENS", opens.URL)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(text), 0o600))
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx"
	}
	s := harness.Start(t, exec.Command(program, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")), []string{"NGINX=3;"}, file)
	s.URL = "http://127.0.0.1:" + port
	return &realServer{s, t, ""}
}

// open lets go on what waits for a gate of the server.
func (s *realServer) open(gate string) {
	s.t.Helper()
	if s.gates != "" {
		require.NoError(s.t, os.WriteFile(filepath.Join(s.gates, gate), nil, 0o644))
		return
	}
	resp := request(s.t, http.MethodGet, s.URL+"/open/"+gate, nil)
	require.Less(s.t, resp.StatusCode, 300)
}

// through are the ways to the server by inlay, with variables besides INLAY_ORIGIN.
func (s *realServer) through(env ...string) map[string]*harness.Server {
	s.t.Helper()
	env = append([]string{"INLAY_ORIGIN=" + s.URL, "INLAY_TOKEN=" + adminToken}, env...)
	values := map[string]string{}
	for _, one := range env {
		name, value, _ := strings.Cut(one, "=")
		values[name] = value
	}
	config, err := edge.ParseConfig(func(name string) (string, bool) { value, ok := values[name]; return value, ok })
	require.NoError(s.t, err)
	return map[string]*harness.Server{
		"workerd": harness.StartPages(s.t, nil, env...),
		"native":  nativeServer(s.t, nil, config),
	}
}

// hostOf is the host and port of a URL.
func hostOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u.Host
}
