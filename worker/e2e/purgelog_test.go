package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker"
	"inlay/worker/e2e/harness"
)

// logAnswer is what the purge log answers.
type logAnswer struct {
	Log        string
	Seq, Floor uint64
	Reset      bool
	Marks      [][2]any
}

// startLog runs the log alone: a workerd whose requests go to the one object, whose storage is in folder.
func startLog(t *testing.T, folder string) *harness.Server {
	t.Helper()
	module, err := worker.Glue.ReadFile("purge-log.mjs")
	require.NoError(t, err)
	say, err := worker.Glue.ReadFile("say.mjs")
	require.NoError(t, err)
	for name, content := range map[string]string{
		"purge-log.mjs": string(module),
		"say.mjs":       string(say),
		"front.mjs": `export { PurgeLog } from "./purge-log.mjs";
export default { fetch: (request, env) => env.LOG.get(env.LOG.idFromName("log")).fetch(request) };`,
		"log.capnp": `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "log", worker = .log), (name = "state", disk = (path = "` + folder + `", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "log")],
);
const log :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [(name = "front.mjs", esModule = embed "front.mjs"), (name = "purge-log.mjs", esModule = embed "purge-log.mjs"), (name = "say.mjs", esModule = embed "say.mjs")],
  bindings = [(name = "LOG", durableObjectNamespace = "PurgeLog")],
  durableObjectNamespaces = [(className = "PurgeLog", uniqueKey = "inlay", enableSql = true)],
  durableObjectStorage = (localDisk = "state"),
);
`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return harness.ServeWorkerd(t, filepath.Join(folder, "log.capnp"), nil)
}

func askLog(t *testing.T, s *harness.Server, log string, since uint64) (a logAnswer) {
	t.Helper()
	resp := request(t, http.MethodGet, fmt.Sprintf("%s/?log=%s&since=%d", s.URL, log, since), nil)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, json.Unmarshal([]byte(read(t, resp)), &a))
	return a
}

func purgeLog(t *testing.T, s *harness.Server, body string) (status int, a logAnswer) {
	t.Helper()
	resp := request(t, http.MethodPost, s.URL+"/", strings.NewReader(body))
	text := read(t, resp)
	if resp.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal([]byte(text), &a), text)
	}
	return resp.StatusCode, a
}

// What the log has answered outlives the process, however that ends.
func TestPurgeLogIsDurableOnceItAnswers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := startLog(t, folder)
	begun := askLog(t, s, "", 0)
	assert.Equal(t, logAnswer{Log: begun.Log, Reset: true, Marks: [][2]any{}}, begun)
	assert.Len(t, begun.Log, 32)
	status, a := purgeLog(t, s, fmt.Sprintf(`{"log":%q,"since":0,"subjects":["tag:news","~key:/shop\nde"]}`, begun.Log))
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, logAnswer{Log: begun.Log, Seq: 1, Marks: [][2]any{{1.0, "tag:news"}, {1.0, "~key:/shop\nde"}}}, a)
	require.NoError(t, syscall.Kill(-s.Cmd.Process.Pid, syscall.SIGKILL))

	s = startLog(t, folder)
	assert.Equal(t, a, askLog(t, s, begun.Log, 0))
	_, a = purgeLog(t, s, fmt.Sprintf(`{"log":%q,"since":1,"subjects":["all"]}`, begun.Log))
	assert.Equal(t, logAnswer{Log: begun.Log, Seq: 2, Marks: [][2]any{{2.0, "all"}}}, a)

	// Another storage is another log.
	s = startLog(t, t.TempDir())
	lost := askLog(t, s, begun.Log, 2)
	assert.NotEqual(t, begun.Log, lost.Log)
	assert.Equal(t, logAnswer{Log: lost.Log, Reset: true, Marks: [][2]any{}}, lost)
}

// Purges that come at once have a number each, and none is lost.
func TestPurgeLogNumbersWhatComesAtOnce(t *testing.T) {
	t.Parallel()
	s := startLog(t, t.TempDir())
	begun := askLog(t, s, "", 0)
	const n = 64
	numbers := make([]uint64, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			_, a := purgeLog(t, s, fmt.Sprintf(`{"log":%q,"since":0,"subjects":["tag:%d"]}`, begun.Log, i))
			for _, mark := range a.Marks {
				if mark[1] == fmt.Sprintf("tag:%d", i) {
					numbers[i] = uint64(mark[0].(float64))
				}
			}
		})
	}
	wait.Wait()
	all := map[uint64]bool{}
	for _, number := range numbers {
		all[number] = true
	}
	assert.Len(t, all, n)
	assert.False(t, all[0])
	assert.Len(t, askLog(t, s, begun.Log, 0).Marks, n)
}

// What is refused is read to its end first: a caller whose body nobody reads would wait for ever.
func TestPurgeLogRefusesWhatIsNoPurge(t *testing.T) {
	t.Parallel()
	s := startLog(t, t.TempDir())
	for body, want := range map[string]int{
		"":                         http.StatusBadRequest,
		`{"subjects":["tag:`:       http.StatusBadRequest,
		`{"subjects":["nothing"]}`: http.StatusBadRequest,
		`{"subjects":["key:` + strings.Repeat("x", 9000) + `"]}`: http.StatusBadRequest,
		strings.Repeat(" ", 17<<20):                              http.StatusRequestEntityTooLarge,
	} {
		status, _ := purgeLog(t, s, body)
		assert.Equal(t, want, status, "%.40q", body)
	}
	assert.Zero(t, askLog(t, s, "", 0).Seq)
}
