package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// devWithin is how long anything may take in these tests, on a machine that does much else. What it does take is logged;
// docs/developing.md has the figures of a machine that does not.
const devWithin = 2 * time.Minute

// inlayProgram is the command, compiled once for the tests that run it for long.
var inlayProgram = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "inlay-command-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "inlay")
	output, err := exec.Command("go", "build", "-o", program, "./cmd/inlay").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(output), Err: err}
	}
	return program, nil
})

// devSite is a site of a stranger's, outside of the repository, that is being written.
type devSite struct {
	t      *testing.T
	dir    string
	server *harness.Server
	files  map[string]string
}

const devToml = `name = "shop"
main = "build/main.mjs"
compatibility_date = "2026-11-01"
compatibility_flags = ["enable_request_signal"]
no_bundle = true
rules = [
  { type = "Text", globs = [], fallthrough = false },
  { type = "ESModule", globs = ["*.mjs", "*.js"], fallthrough = false },
  { type = "CompiledWasm", globs = ["*.wasm"], fallthrough = false },
  { type = "Data", globs = ["*.bin", "*.z"], fallthrough = false },
]
[assets]
directory = "public"
`

const devShell = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title></head>
<body>
<h1>Shop</h1>
<edge-slot name="greeting" src="/fragments/greeting"><p>…</p></edge-slot>
</body>
</html>
`

const devHandlers = `package main

import (
	"embed"
	"fmt"
	"net/http"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() {
	app.Main(pages, Handler())
}

func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fragments/greeting", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<p>Good morning</p>")
	})
	return mux
}
`

// newDevSite writes a site and runs inlay dev in it.
func newDevSite(t *testing.T, more map[string]string, args ...string) *devSite {
	t.Helper()
	root, err := os.Getwd()
	require.NoError(t, err)
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	workers := regexp.MustCompile(`github\.com/syumai/workers v\S+`).FindString(string(mod))
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	d := &devSite{t: t, dir: dir, files: map[string]string{
		"wrangler.toml": devToml, "pages/index.html": devShell, "handlers.go": devHandlers, "public/shop.css": "h1 { color: teal }\n",
		"go.mod": "module shop\n\ngo 1.26\n\nrequire inlay v0.0.0\n\nrequire " + workers + " // indirect\n\nreplace inlay => " + root + "\n", "go.sum": string(sum),
	}}
	for name, text := range more {
		d.files[name] = text
		if text == "" {
			delete(d.files, name)
		}
	}
	for name, text := range d.files {
		d.save(name, text)
	}
	require.NoError(t, os.Symlink(filepath.Join(root, "node_modules"), filepath.Join(d.dir, "node_modules")))
	d.run(args...)
	return d
}

func (d *devSite) run(args ...string) {
	d.t.Helper()
	program, err := inlayProgram()
	require.NoError(d.t, err)
	cmd := exec.Command(program, append([]string{"dev", "--port", "0"}, args...)...)
	cmd.Dir = d.dir
	began := time.Now()
	d.server = harness.Start(d.t, cmd, nil)
	d.server.Listens(regexp.MustCompile(`(?m)^listening on (http://localhost:\d+)$`))
	require.Equal(d.t, http.StatusOK, d.tab("/").StatusCode, d.server.Log())
	d.t.Logf("%-34s %5.2f s", "the first page", time.Since(began).Seconds())
}

// save writes a file as editors do.
func (d *devSite) save(name, text string) {
	d.t.Helper()
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path+".tmp", []byte(text), 0o644))
	require.NoError(d.t, os.Rename(path+".tmp", path))
}

// edit saves a file as it was at first, with something in place of another; of the result the old and the new may be
// needed as a pair.
func (d *devSite) edit(name, old, new string) {
	d.t.Helper()
	require.Contains(d.t, d.files[name], old)
	d.save(name, strings.Replace(d.files[name], old, new, 1))
}

type devAnswer struct {
	*http.Response
	text string
}

// tab asks as a browser does that opens a page.
func (d *devSite) tab(path string) devAnswer {
	return d.ask(path, "Sec-Fetch-Dest", "document", "Accept", "text/html")
}

func (d *devSite) ask(path string, fields ...string) devAnswer {
	d.t.Helper()
	resp := request(d.t, http.MethodGet, d.server.URL+path, nil, fields...)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		text = append(text, err.Error()...) // it may break off while the site is being replaced
	}
	return devAnswer{resp, string(text)}
}

// until waits for something, and logs how long it took.
func (d *devSite) until(what string, since time.Time, is func() bool) {
	d.t.Helper()
	require.Eventually(d.t, is, devWithin, 10*time.Millisecond, "%s did not come; inlay dev said:\n%s", what, d.server.Log())
	d.t.Logf("%-34s %5.2f s", what, time.Since(since).Seconds())
}

// sees waits until a tab that asks for a page is shown a text.
func (d *devSite) sees(what, text string) devAnswer {
	d.t.Helper()
	var got devAnswer
	d.until(what, time.Now(), func() bool {
		got = d.tab("/")
		return strings.Contains(got.text, text)
	})
	return got
}

// event is what an open page is told.
type event struct {
	ID       string
	Broken   bool
	Problems []struct{ Place, Message string }
}

// listen is an open page.
func (d *devSite) listen() <-chan event {
	d.t.Helper()
	resp := request(d.t, http.MethodGet, d.server.URL+"/_inlay/dev/events", nil)
	events := make(chan event, 100)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var e event
				if json.Unmarshal([]byte(data), &e) == nil {
					events <- e
				}
			}
		}
	}()
	return events
}

func (d *devSite) told(events <-chan event) event {
	d.t.Helper()
	select {
	case e, ok := <-events:
		require.True(d.t, ok, "the page is told no more; inlay dev said:\n%s", d.server.Log())
		return e
	case <-time.After(devWithin):
		require.FailNow(d.t, "the page was told nothing", d.server.Log())
		return event{}
	}
}

// Both loops: everything that is saved is on the screen, mistakes are shown with their place and go away.
func TestASiteThatIsBeingWritten(t *testing.T) {
	for _, mode := range [][]string{nil, {"--native"}} {
		t.Run(strings.Join(append([]string{"dev"}, mode...), " "), func(t *testing.T) {
			d := newDevSite(t, nil, mode...)
			page := d.tab("/")
			assert.Contains(t, page.text, "<p>Good morning</p>")
			id := regexp.MustCompile(`</html>\n(?:<script src="/_inlay/dev/overlay\.js"[^>]*></script>)?<script src="/_inlay/dev/client\.js" [^>]* data-id="([^"]+)"`).FindStringSubmatch(page.text)
			require.NotNil(t, id, page.text)
			assert.NotContains(t, d.ask("/").text, "_inlay", "who is no tab gets the page as it is")
			d.hasOverlay(page)
			assert.Equal(t, "h1 { color: teal }\n", d.ask("/shop.css").text)
			// However it is spelt, the Worker tells nobody else its version, nor starts a program for him.
			for _, target := range []string{"/_inlay/dev/version", "/%5finlay/dev/version", "/a/../_inlay/dev/version", "//_inlay/dev/version"} {
				assert.NotContains(t, d.ask(target).text, `"version"`, target)
			}
			events := d.listen()
			assert.Equal(t, event{ID: id[1]}, clean(d.told(events)))

			d.edit("pages/index.html", "<h1>Shop", "<h1>Teahouse")
			d.sees("a saved shell", "<h1>Teahouse</h1>")
			reload := d.told(events)
			assert.NotEqual(t, id[1], reload.ID)

			d.edit("handlers.go", "morning", "evening")
			d.sees("a saved handler", "<p>Good evening</p>\n</body>")
			assert.NotEqual(t, reload.ID, d.told(events).ID)

			d.edit("pages/index.html", ` src="/fragments/greeting"`, "")
			got := d.sees("a mistake in a shell", "<h2>pages/index.html:6:1</h2>")
			assert.Equal(t, http.StatusInternalServerError, got.StatusCode)
			assert.Contains(t, got.text, "without a src")
			assert.Contains(t, got.text, `<span class="caret">`)
			e := d.told(events)
			require.True(t, e.Broken)
			assert.Equal(t, "pages/index.html:6:1", e.Problems[0].Place)
			assert.Contains(t, d.ask("/").text, "pages/index.html:6:1: slot ", "for curl in text")
			assert.Equal(t, "h1 { color: teal }\n", d.ask("/shop.css", "Sec-Fetch-Dest", "style").text, "an open page has what it had")

			d.save("pages/index.html", devShell)
			d.sees("mended", "<h1>Shop</h1>")
			assert.False(t, d.told(events).Broken)

			d.edit("handlers.go", "mux := ", "mux = ")
			got = d.sees("a mistake in Go", "<h2>handlers.go:19:2</h2><p>undefined: mux</p>")
			assert.Equal(t, http.StatusInternalServerError, got.StatusCode)
			assert.True(t, d.told(events).Broken)
			assert.Contains(t, d.server.Log(), "\nhandlers.go:19:2: undefined: mux\n", "and in the terminal")

			d.edit("handlers.go", "morning", "night")
			d.sees("mended", "<p>Good night</p>\n</body>")
			assert.False(t, d.told(events).Broken)

			d.edit("handlers.go", "app.Main(", "panic(\"no database\")\n\tapp.Main(")
			got = d.sees("a program that ends at once", "panic: no database")
			assert.Contains(t, got.text, "<h2>handlers.go:15</h2>")
			d.save("handlers.go", devHandlers)
			d.sees("mended", "<p>Good morning</p>\n</body>")

			d.save("public/shop.css", "h1 { color: red }\n")
			d.until("a saved file of public/", time.Now(), func() bool { return d.ask("/shop.css").text == "h1 { color: red }\n" })

			d.save("pages/about.html", "<!doctype html><title>About</title><body><p>We sell tea.")
			d.until("a new page", time.Now(), func() bool { return strings.Contains(d.tab("/about").text, "We sell tea.") })
			require.NoError(t, os.Remove(filepath.Join(d.dir, "pages", "about.html")))
			d.until("a page that is removed", time.Now(), func() bool { return d.tab("/about").StatusCode == http.StatusNotFound })

			d.save(".dev.vars", "INLAY_TTL=soon\n")
			d.sees("a mistake in .dev.vars", "INLAY_TTL")
			d.save(".dev.vars", "INLAY_TTL=5s\n")
			d.sees("mended", "<p>Good morning</p>\n</body>")

			d.save("wrangler.toml", "name = shop\n"+devToml)
			d.sees("a mistake in wrangler.toml", "<h2>wrangler.toml:1:")
			d.save("wrangler.toml", devToml)
			d.sees("mended", "<p>Good morning</p>\n</body>")
		})
	}
}

// visitTold is what the overlay is told.
type visitTold struct {
	Slots []struct {
		Name, Key, State string
		Arrived          *float64
		Fill             *struct{ Status int }
		Entry            *struct{ Bytes, Hits int }
	}
}

// hasOverlay: a page has the overlay, once; it is told what became of the page's slot, may purge it, and nobody else may. Nothing of it
// is in the modules that are uploaded.
func (d *devSite) hasOverlay(page devAnswer) {
	d.t.Helper()
	tag := regexp.MustCompile(`<script src="/_inlay/dev/overlay\.js" [^>]*data-visit="([0-9a-f]+)"`)
	told := func(page devAnswer) (id string, v visitTold) {
		found := tag.FindAllStringSubmatch(page.text, -1)
		require.Len(d.t, found, 1, page.text)
		id = found[0][1]
		assert.Equal(d.t, http.StatusForbidden, d.ask("/_inlay/dev/visit?id="+id).StatusCode, "a link of another page's")
		assert.Equal(d.t, http.StatusForbidden, d.ask("/_inlay/dev/visit?id="+id, "Inlay-Dev", "1", "Sec-Fetch-Site", "cross-site").StatusCode)
		got := d.ask("/_inlay/dev/visit?id="+id, "Inlay-Dev", "1")
		require.Equal(d.t, http.StatusOK, got.StatusCode, got.text)
		require.NoError(d.t, json.Unmarshal([]byte(got.text), &v), got.text)
		require.Len(d.t, v.Slots, 1, got.text)
		assert.Equal(d.t, "greeting", v.Slots[0].Name)
		assert.Equal(d.t, "/fragments/greeting", v.Slots[0].Key)
		assert.NotNil(d.t, v.Slots[0].Arrived)
		return id, v
	}
	told(page)
	id, warm := told(d.tab("/"))
	assert.Equal(d.t, "fresh", warm.Slots[0].State)
	marked := d.ask("/_inlay/dev/visit/page?id="+id, "Inlay-Dev", "1").text
	assert.Contains(d.t, marked, "<!--inlay:0--><p>Good morning</p><!--/inlay:0-->")
	purged := request(d.t, http.MethodPost, d.server.URL+"/_inlay/dev/visit/purge?slot=greeting&id="+id, nil, "Inlay-Dev", "1")
	assert.Equal(d.t, http.StatusNoContent, purged.StatusCode)
	_, cold := told(d.tab("/"))
	assert.Equal(d.t, "miss", cold.Slots[0].State)
	require.NotNil(d.t, cold.Slots[0].Fill)
	assert.Equal(d.t, http.StatusOK, cold.Slots[0].Fill.Status)
	require.NotNil(d.t, cold.Slots[0].Entry)
	assert.Equal(d.t, len("<p>Good morning</p>"), cold.Slots[0].Entry.Bytes)

	modules, err := filepath.Glob(filepath.Join(d.dir, "build", "*.[mwb][jai][sn]*"))
	require.NoError(d.t, err)
	for _, module := range modules {
		text, err := os.ReadFile(module)
		require.NoError(d.t, err)
		assert.False(d.t, regexp.MustCompile(`inlay-overlay|inlay-dev|_inlay/dev|overlay\.js`).Match(text), "%s has something that is for development alone", module)
	}
}

func clean(e event) event {
	if len(e.Problems) == 0 {
		e.Problems = nil
	}
	return e
}

// A site without Go, whose fragments come from a server that INLAY_ORIGIN names.
func TestASiteWithoutGoThatIsBeingWritten(t *testing.T) {
	for _, mode := range [][]string{nil, {"--native"}} {
		t.Run(strings.Join(append([]string{"dev"}, mode...), " "), func(t *testing.T) {
			origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, "<p>From "+r.URL.Path+"</p>")
			})
			d := newDevSite(t, map[string]string{"go.mod": "", "go.sum": "", "handlers.go": "", ".dev.vars": "INLAY_ORIGIN=" + origin.URL + "\n"}, mode...)
			assert.Contains(t, d.tab("/").text, "<p>From /fragments/greeting</p>")
			d.edit("pages/index.html", "<h1>Shop", "<h1>Teahouse")
			d.sees("a saved shell", "<h1>Teahouse</h1>")
			d.edit("pages/index.html", ` src="/fragments/greeting"`, "")
			d.sees("a mistake in a shell", "<h2>pages/index.html:6:1</h2>")
			d.save("pages/index.html", devShell)
			d.sees("mended", "<p>From /fragments/greeting</p>")
		})
	}
}

// descendants are the processes that a process has started, and those that they have.
func descendants(t *testing.T, pid int) (all []int) {
	t.Helper()
	output, err := exec.Command("ps", "-eo", "pid=,ppid=").Output()
	require.NoError(t, err)
	children := map[int][]int{}
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		child, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], child)
	}
	all = children[pid]
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// runs: whether a process is there, and is no zombie.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}

func TestNothingIsLeftOfInlayDev(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			d := newDevSite(t, nil)
			started := descendants(t, d.server.Cmd.Process.Pid)
			require.Greater(t, len(started), 2, "wrangler, its Node, workerd")
			began := time.Now()
			require.NoError(t, d.server.Cmd.Process.Signal(signal))
			err := d.server.Cmd.Wait()
			if signal != syscall.SIGKILL {
				assert.NoError(t, err, "it ends as it should")
			}
			d.until("the end of all", began, func() bool { return !slices.ContainsFunc(started, runs) })
			_, err = http.Get(d.server.URL)
			assert.Error(t, err, "nothing listens")
		})
	}
}

func TestWranglerThatEndsIsStartedAgain(t *testing.T) {
	d := newDevSite(t, nil)
	events := d.listen()
	first := d.told(events)
	for _, pid := range descendants(t, d.server.Cmd.Process.Pid) {
		args, _ := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
		if strings.Contains(string(args), "wrangler-dist/cli.js") {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	second := d.told(events)
	assert.NotEqual(t, first.ID, second.ID)
	assert.Contains(t, d.tab("/").text, "<p>Good morning</p>")
	assert.Contains(t, d.server.Log(), "; starting it again\n")
}

func TestAPortThatIsTakenEndsInlayDev(t *testing.T) {
	d := newDevSite(t, map[string]string{"handlers.go": "", "go.mod": "", "go.sum": ""}, "--native")
	program, err := inlayProgram()
	require.NoError(t, err)
	_, port, _ := strings.Cut(strings.TrimPrefix(d.server.URL, "http://"), ":")
	for _, given := range [][]string{{"--port", port}, nil} {
		cmd := exec.Command(program, append([]string{"dev", "--native", "-C", d.dir}, given...)...)
		cmd.Env = append(harness.Environ(), "PORT="+port)
		output, err := cmd.CombinedOutput()
		assert.Error(t, err)
		assert.Equal(t, "inlay: port "+port+" is taken by another program; end that, or name another port: --port N, or PORT=N in the environment\n", string(output))
	}
}

// everythingOn are the lines of wrangler.toml that are there to be uncommented, uncommented.
func everythingOn(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("wrangler.toml")
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?m)^# ((?:durable_objects\.bindings|migrations|kv_namespaces) = .*)$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, lines, 3)
	on := ""
	for _, line := range lines {
		on += line[1] + "\n"
	}
	return on
}

// With the purge log and what lies below the isolate on, by an option or by wrangler.toml, a purge says that it holds everywhere,
// and a Worker that has just been started finds what the one before it has filled.
func TestDevWithEverythingBeyondTheIsolate(t *testing.T) {
	token := ".dev.vars"
	for _, c := range []struct {
		name, toml string
		args       []string
	}{
		{"by an option", devToml, []string{"--everywhere"}},
		{"by wrangler.toml", strings.Replace(devToml, "[assets]", everythingOn(t)+"[assets]", 1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDevSite(t, map[string]string{"wrangler.toml": c.toml, token: "INLAY_TOKEN=" + adminToken + "\n"}, c.args...)
			assert.Equal(t, c.toml, d.read("wrangler.toml"), "nothing is written to it")
			tell := func(path string) string {
				resp := request(t, http.MethodPost, d.server.URL+"/_inlay/"+path, nil, "Authorization", "Bearer "+adminToken)
				assert.Equal(t, http.StatusOK, resp.StatusCode, d.server.Log())
				return read(t, resp)
			}
			assert.Contains(t, d.tab("/").text, "Good morning")
			assert.Equal(t, `{"purged":0,"isolates":"within 5s","log":1}`+"\n", tell("purge?tag=none"))
			assert.Equal(t, `{"invalidated":0,"isolates":"within 5s","log":2}`+"\n", tell("invalidate?key=/none"))
			stats := d.ask("/_inlay/stats", "Authorization", "Bearer "+adminToken)
			assert.Contains(t, stats.text, `"polls_failed_total":0,`)
			assert.NotContains(t, stats.text, `"problems"`)
			assert.Contains(t, d.tab("/").Header.Get("Cache-Status"), "inlay/greeting;hit;ttl=")

			require.NoError(t, d.server.Cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, d.server.Cmd.Wait())
			left, err := filepath.Glob(filepath.Join(d.dir, ".wrangler-*"))
			require.NoError(t, err)
			assert.Empty(t, left)
			d.run(c.args...)
			assert.Equal(t, `{"purged":0,"isolates":"within 5s","log":3}`+"\n", tell("purge?tag=none"), "the log is durable")
		})
	}
}

func (d *devSite) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, name))
	require.NoError(d.t, err)
	return string(text)
}

// What is bound wrongly is a mistake in wrangler.toml, shown as any other.
func TestBindingThatIsWrongIsShownWhileDeveloping(t *testing.T) {
	d := newDevSite(t, nil)
	d.save("wrangler.toml", strings.Replace(devToml, "[assets]", `durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "Log" }]`+"\n[assets]", 1))
	d.sees("a binding of a wrong class", "INLAY_LOG is of the class Log, and has to be of PurgeLog")
	d.save("wrangler.toml", devToml)
	d.sees("mended", "Good morning")
}
