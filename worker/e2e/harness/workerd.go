package harness

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// StartWorkerd runs the tests' own site in a bare workerd. env are variables of the Worker, as NAME=VALUE.
func StartWorkerd(t *testing.T, env ...string) *Server {
	t.Helper()
	return ServeWorkerd(t, Build+"/workerd.capnp", env)
}

// StartExample is StartWorkerd with the repository's example, for tests that are about it.
func StartExample(t *testing.T, env ...string) *Server {
	t.Helper()
	require.NoError(t, example())
	return ServeWorkerd(t, "build/workerd.capnp", env)
}

var example = sync.OnceValue(func() error { return build(".") })

// StartTestWorkerd is StartWorkerd with the core that has exports for tests.
func StartTestWorkerd(t *testing.T, env ...string) *Server {
	t.Helper()
	return ServeWorkerd(t, Build+"/test/workerd.capnp", env)
}

// ServeWorkerd runs a bare workerd with a configuration, the path of a file, and more options of workerd's.
func ServeWorkerd(t *testing.T, config string, env []string, options ...string) *Server {
	t.Helper()
	s, ports := serveSockets(t, config, env, []string{"http"}, append([]string{"--socket-addr", "http=127.0.0.1:0"}, options...)...)
	s.URL = ports["http"]
	return s
}

// serveSockets runs a bare workerd, and gives the URL of each of its sockets that are named.
func serveSockets(t *testing.T, config string, env, sockets []string, options ...string) (s *Server, urls map[string]string) {
	t.Helper()
	// workerd itself says which ports it got, on a descriptor of its own: no other process can take them in between.
	control, controlEnd, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = control.Close() }()
	const controlFD = "3" // the first of ExtraFiles
	args := append([]string{"serve", config, "--control-fd", controlFD}, options...)
	s = Start(t, exec.Command("node_modules/.bin/workerd", args...), env, controlEnd)
	require.NoError(t, controlEnd.Close())

	urls = map[string]string{}
	require.NoError(t, control.SetReadDeadline(time.Now().Add(ReadyWithin)))
	for lines := bufio.NewScanner(control); lines.Scan(); {
		var message struct {
			Event, Socket string
			Port          int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &message), lines.Text())
		if message.Event == "listen-inspector" {
			s.Inspector = message.Port
		}
		if message.Event == "listen" && slices.Contains(sockets, message.Socket) {
			urls[message.Socket] = "http://127.0.0.1:" + strconv.Itoa(message.Port)
		}
		if len(urls) == len(sockets) {
			return s, urls
		}
	}
	require.FailNow(t, "workerd did not listen", s.Log())
	return nil, nil
}

// StartPages is StartTestWorkerd with pages in place of the site's.
func StartPages(t *testing.T, pages []edge.Page, env ...string) *Server {
	t.Helper()
	return StartChanged(t, EmbedPages(t, pages...), env)
}

// EmbedPages is the change of a configuration that puts pages in place of the site's.
func EmbedPages(t *testing.T, pages ...edge.Page) (change func(config string) string) {
	t.Helper()
	file := TestFile(t, "pages.bin", edge.EncodePages(pages))
	return func(config string) string {
		return strings.Replace(config, `embed "../pages.bin"`, `embed "`+file+`"`, 1)
	}
}

// StartChanged is StartTestWorkerd with a configuration that change has made of the built one.
func StartChanged(t *testing.T, change func(config string) string, env []string, options ...string) *Server {
	t.Helper()
	built, err := os.ReadFile(Build + "/test/workerd.capnp")
	require.NoError(t, err)
	changed := change(string(built))
	require.NotEqual(t, string(built), changed)
	return ServeWorkerd(t, Build+"/test/"+TestFile(t, "workerd.capnp", []byte(changed)), env, options...)
}

// TestFile writes a file into test/ of Build, where workerd's configurations find it by the name that is returned, which ends
// with the given one. It is removed with the test.
func TestFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	file, err := os.CreateTemp(Build+"/test", "*-"+name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(file.Name()) })
	_, err = file.Write(content)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	return filepath.Base(file.Name())
}
