package docs_test

import (
	"bufio"
	"debug/elf"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The files of docs/deploy/ that a site's owner copies: they are replayed on a site of this test's own. (nginx.conf and
// Caddyfile run in worker/e2e.)

// shopFiles are what is changed in a new site: a page whose fragment waits for what GATE answers.
var shopFiles = map[string]string{
	"main.go": `package main

import (
	"embed"
	"io"
	"net/http"
	"os"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() {
	mux := http.NewServeMux()
	mux.Handle("/", Handler())
	mux.HandleFunc("GET /fragments/slow", func(w http.ResponseWriter, _ *http.Request) {
		if gate, err := http.Get(os.Getenv("GATE")); err == nil {
			gate.Body.Close()
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<p>at last</p>")
	})
	app.Main(pages, mux)
}
`,
	"pages/slow.html": `<!doctype html><html><head><title>Slow</title></head><body><edge-slot name="slow" src="/fragments/slow">…</edge-slot></body></html>`,
	".dev.vars":       "INLAY_TOKEN=0123456789abcdef\n",
	"shop.env":        "INLAY_TOKEN=0123456789abcdef\n",
	"build/app.wasm":  "",
}

// newShop is what inlay new makes, with shopFiles.
func newShop(t *testing.T) (dir string) {
	t.Helper()
	dir = newSite(t, "--inlay", mustAbs(t, "."))
	for name, text := range shopFiles {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

// runIn runs a line of shell in a folder.
func runIn(t *testing.T, dir, line string, env ...string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", line)
	cmd.Dir = dir
	cmd.Env = append(harness.Environ(), env...)
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s:\n%s", line, output)
}

// instruction is one of a Dockerfile, with its lines joined.
type instruction struct{ name, rest string }

func readDockerfile(t *testing.T, file string) (all []instruction) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(string(text), "")
	for line := range strings.Lines(strings.ReplaceAll(lines, "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" {
			name, rest, _ := strings.Cut(line, " ")
			all = append(all, instruction{name, strings.TrimSpace(rest)})
		}
	}
	return all
}

// image is what a Dockerfile makes.
type image struct {
	root                    string // where its / is
	context                 string // what was copied to build it from
	env                     map[string]string
	user, health, starts    string
	exposed, base, buildsOn string
}

// replay does what docker build would, without the images below: a stage is a folder, and what RUN does is done there.
func replay(t *testing.T, file, context string) image {
	t.Helper()
	ignored, err := os.ReadFile(file + ".dockerignore")
	require.NoError(t, err)
	stages, at, workdir := map[string]string{}, "", ""
	made := image{}
	for _, i := range readDockerfile(t, file) {
		words := strings.Fields(i.rest)
		switch i.name {
		case "FROM":
			at, workdir = t.TempDir(), "/"
			made.buildsOn, made.base = made.base, words[0]
			if len(words) == 3 {
				require.Equal(t, "AS", words[1])
				stages[words[2]] = at
			}
			made.env = map[string]string{}
		case "WORKDIR":
			workdir = path.Join(workdir, i.rest)
			require.NoError(t, os.MkdirAll(filepath.Join(at, workdir), 0o755))
		case "COPY":
			if from, ok := strings.CutPrefix(words[0], "--from="); ok {
				require.Contains(t, stages, from)
				source, target := filepath.Join(stages[from], words[1]), filepath.Join(at, words[2])
				if info, err := os.Stat(source); err == nil && info.IsDir() {
					copyContext(t, source, target, nil)
					continue
				}
				content, err := os.ReadFile(source)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(target, content, 0o755))
				continue
			}
			require.Equal(t, []string{".", "."}, words)
			made.context = filepath.Join(at, workdir)
			copyContext(t, context, filepath.Join(at, workdir), strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(ignored), "")))
		case "RUN":
			// What is kept between builds is Go's; here it has caches already.
			mount := regexp.MustCompile(`--mount=type=cache,target=(\S+)`).FindStringSubmatch(i.rest)
			require.NotNil(t, mount, i.rest)
			for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
				require.Equal(t, mount[1], path.Dir(made.env[name]), name)
			}
			line := regexp.MustCompile(`--mount=\S+\s*`).ReplaceAllString(i.rest, "")
			runIn(t, filepath.Join(at, workdir), line, "GOFLAGS=", "GOPROXY=off")
		case "ENV":
			for _, w := range words {
				name, value, _ := strings.Cut(w, "=")
				made.env[name] = value
			}
		case "EXPOSE":
			made.exposed = i.rest
		case "USER":
			made.user = i.rest
		case "HEALTHCHECK":
			_, made.health, _ = strings.Cut(i.rest, "CMD ")
		case "ENTRYPOINT":
			made.starts = i.rest
		default:
			require.FailNow(t, "the test does not know "+i.name)
		}
	}
	made.root = at
	return made
}

// copyContext copies all but what a .dockerignore names: here that are patterns of names at the top.
func copyContext(t *testing.T, from, to string, ignored []string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(to, 0o755))
	require.NoError(t, filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || file == from {
			return err
		}
		name, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(ignored, func(pattern string) bool { ok, _ := path.Match(pattern, name); return ok }) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o644)
	}))
}

// exec is a command in JSON, as of ENTRYPOINT, with its program in the image.
func (i image) exec(t *testing.T, json string) []string {
	t.Helper()
	words := regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(json, -1)
	require.NotEmpty(t, words, json)
	args := []string{filepath.Join(i.root, words[0][1])}
	for _, w := range words[1:] {
		if strings.HasPrefix(w[1], "/") {
			w[1] = filepath.Join(i.root, w[1])
		}
		args = append(args, w[1])
	}
	return args
}

func TestDockerfileMakesAServerThatDrains(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	runIn(t, shop, "go mod vendor", "GOFLAGS=", "GOPROXY=off")
	made := replay(t, "docs/deploy/Dockerfile", shop)

	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`)
	own, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	assert.Equal(t, "golang:"+goVersion.FindStringSubmatch(string(own))[1], made.buildsOn)
	assert.NotEqual(t, "root", made.user)
	assert.NotEmpty(t, made.user)
	assert.Equal(t, made.env["PORT"], made.exposed)
	require.FileExists(t, filepath.Join(made.context, "pages/slow.html"))
	for _, name := range []string{".dev.vars", "shop.env", "build"} {
		assert.NoFileExists(t, filepath.Join(made.context, name))
		assert.NoDirExists(t, filepath.Join(made.context, name))
	}
	args := made.exec(t, made.starts)
	binary, err := elf.Open(args[0])
	require.NoError(t, err)
	defer binary.Close()
	libraries, err := binary.ImportedLibraries()
	assert.Empty(t, libraries, "the image has no C library")
	assert.NoError(t, err)

	drains(t, args, made.env, made.exec(t, made.health))
}

// drains starts a server, sees that it is healthy and reached from outside the loopback interface if its environment says
// so, and that a page in progress ends after SIGTERM, when nobody else is let in.
func drains(t *testing.T, args []string, env map[string]string, health []string) {
	t.Helper()
	asked, open := make(chan struct{}), make(chan struct{})
	gate := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-open
	}))
	t.Cleanup(gate.Close)
	t.Cleanup(func() {
		select {
		case <-open:
		default:
			close(open)
		}
	})
	vars := []string{"GATE=" + gate.URL}
	for name, value := range env {
		if name != "PORT" {
			vars = append(vars, name+"="+value)
		}
	}
	s := harness.Start(t, exec.Command(args[0], args[1:]...), append(vars, "PORT=0"))
	var at string
	require.Eventually(t, func() bool {
		if m := regexp.MustCompile(`listening on http://(\S+)`).FindStringSubmatch(s.Log()); m != nil {
			at = m[1]
		}
		return at != ""
	}, harness.ReadyWithin, 10*time.Millisecond)
	host, port, err := net.SplitHostPort(at)
	require.NoError(t, err)
	if env["ADDR"] == "0.0.0.0" {
		assert.True(t, net.ParseIP(host).IsUnspecified(), at)
	} else {
		assert.Equal(t, "127.0.0.1", host)
	}
	ask := exec.Command(health[0], health[1:]...)
	ask.Env = append(vars, "PORT="+port)
	output, err := ask.CombinedOutput()
	require.NoError(t, err, "%s", output)

	url := "http://127.0.0.1:" + port
	style, err := http.Get(url + "/style.css")
	require.NoError(t, err)
	_ = style.Body.Close()
	assert.Equal(t, http.StatusOK, style.StatusCode, "public/ is served, too")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/slow", nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	page, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer page.Body.Close()
	reader := bufio.NewReader(page.Body)
	begun := ""
	for !strings.Contains(begun, "<?start") && err == nil {
		var b byte
		b, err = reader.ReadByte()
		begun += string(rune(b))
	}
	require.NoError(t, err)
	<-asked
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "it takes connections still")
	close(open) // what was asked for before comes whole
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Contains(t, string(rest), "<p>at last</p>")
	assert.True(t, strings.HasSuffix(string(rest), "</html>"))
	ended := make(chan error, 1)
	go func() { ended <- s.Cmd.Wait() }()
	select {
	case err := <-ended:
		assert.NoError(t, err, "exit status 0")
	case <-time.After(15 * time.Second): // the unit's TimeoutStopSec
		assert.Fail(t, "it does not end")
	}
}

// unit is a systemd unit: the values of each key, by section.
func readUnit(t *testing.T, file string) map[string]map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	unit, section := map[string]map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			unit[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			require.True(t, ok, line)
			unit[section][key] = append(unit[section][key], value)
		}
	}
	return unit
}

// knownKeys are those that this test has looked up in systemd.exec(5), systemd.service(5) and systemd.kill(5): systemd
// itself passes over one that it does not know.
var knownKeys = strings.Fields(`Type ExecStart Environment EnvironmentFile Restart RestartSec TimeoutStopSec LimitNOFILE DynamicUser
	CapabilityBoundingSet NoNewPrivileges ProtectSystem ProtectHome PrivateTmp PrivateDevices ProtectKernelTunables ProtectKernelModules
	ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname ProtectProc RestrictAddressFamilies RestrictNamespaces
	RestrictRealtime RestrictSUIDSGID LockPersonality MemoryDenyWriteExecute SystemCallArchitectures SystemCallFilter
	SystemCallErrorNumber UMask`)

func TestUnitRunsAServerThatDrains(t *testing.T) {
	t.Parallel()
	const file = "docs/deploy/inlay.service"
	unit := readUnit(t, file)
	service := unit["Service"]
	for key := range service {
		assert.Contains(t, knownKeys, key)
	}
	stop, err := time.ParseDuration(service["TimeoutStopSec"][0] + "s")
	require.NoError(t, err)
	assert.Greater(t, stop, 10*time.Second, "as long as the server lets requests end")
	assert.Equal(t, []string{"yes"}, service["DynamicUser"])
	assert.Equal(t, []string{"multi-user.target"}, unit["Install"]["WantedBy"])

	shop := newShop(t)
	inlay, err := program()
	require.NoError(t, err)
	server := filepath.Join(shop, "shop-server")
	runIn(t, shop, `"$INLAY" build --native -o shop-server`, "GOFLAGS=", "GOPROXY=off", "INLAY="+inlay)
	words := strings.Fields(service["ExecStart"][0])
	assert.Equal(t, []string{"-public", "/usr/local/share/shop"}, words[1:])
	if analyze, err := exec.LookPath("systemd-analyze"); err == nil {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		copied := filepath.Join(shop, "shop.service")
		require.NoError(t, os.WriteFile(copied, []byte(strings.ReplaceAll(string(text), words[0], server)), 0o644))
		output, err := exec.Command(analyze, "verify", copied).CombinedOutput()
		require.NoError(t, err, "%s", output)
		assert.Empty(t, string(output))
	}
	env := map[string]string{}
	for _, set := range service["Environment"] {
		name, value, _ := strings.Cut(set, "=")
		env[name] = value
	}
	drains(t, []string{server, "-public", filepath.Join(shop, "public")}, env, []string{server, "-health"})
}
