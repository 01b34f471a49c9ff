// Package varnishtest compares inlay with Varnish: the same documents with ESI through both. Varnish is Debian's, a process of its
// own with a folder of its own, for as long as a test runs; ./build.sh test installs it.
package varnishtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// config is the VCL of somebody who has ESI where the origin says so, and nothing else.
const config = `vcl 4.1;
backend default { .host = "%s"; .port = "%s"; }
sub vcl_backend_fetch { set bereq.http.Surrogate-Capability = "varnish=ESI/1.0"; }
sub vcl_backend_response {
	if (beresp.http.Surrogate-Control ~ "ESI/1.0") {
		unset beresp.http.Surrogate-Control;
		set beresp.do_esi = true;
	}
}
`

// features are those that sites switch on whose documents are HTML as it is written: tags are found in attributes and scripts, in
// answers that begin with text, and with https in a src, which is fetched without.
const features = "+esi_disable_xml_check,+esi_ignore_other_elements,+esi_ignore_https"

// Varnish is one in front of an origin.
type Varnish struct {
	// URL is where it is reached: http://127.0.0.1:PORT.
	URL string
	t   testing.TB
}

// Start runs Varnish in front of an origin, http://127.0.0.1:PORT, until the test ends.
func Start(t *testing.T, origin string) *Varnish {
	t.Helper()
	dir, err := os.MkdirTemp("", "varnish") // a socket's path has to be short
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	host, port, err := net.SplitHostPort(strings.TrimPrefix(origin, "http://"))
	require.NoError(t, err)
	vcl := filepath.Join(dir, "default.vcl")
	require.NoError(t, os.WriteFile(vcl, fmt.Appendf(nil, config, host, port), 0o600))
	socket := filepath.Join(dir, "socket")
	program, err := exec.LookPath("varnishd")
	if err != nil {
		program = "/usr/sbin/varnishd" // which is not on the PATH of all users
	}
	s := harness.Start(t, exec.Command(program, "-F", "-j", "none", "-n", filepath.Join(dir, "work"), "-f", vcl, "-a", socket,
		"-s", "default,16m", "-p", "feature="+features, "-p", "vsl_space=1m", "-p", "default_grace=0", "-p", "thread_pool_min=10"), nil)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, harness.ReadyWithin, 5*time.Millisecond, "Varnish does not listen; ./build.sh test installs it: %s", s.Log())
	return &Varnish{URL: forward(t, socket), t: t}
}

// forward lets a port of the loopback interface stand for a socket, so that no port has to be free before it is taken.
func forward(t *testing.T, socket string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				to, err := net.Dial("unix", socket)
				if err != nil {
					return
				}
				defer to.Close()
				go func() {
					_, _ = io.Copy(to, conn)
					_ = to.(*net.UnixConn).CloseWrite()
				}()
				_, _ = io.Copy(conn, to)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// Get asks a server, at http://127.0.0.1:PORT, for a target as it stands, and gives the whole body of what must be a 200.
func Get(t testing.TB, server, target string, fields ...string) string {
	t.Helper()
	response := Ask(t, server, target, fields...)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err, "%s", body)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s: %s", target, body)
	return string(body)
}

// Ask asks for a target without reading the answer's body.
func Ask(t testing.TB, server, target string, fields ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server, nil)
	require.NoError(t, err)
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = "", "", query
	r.URL.Opaque = path // as it stands
	if u, err := url.Parse(server); err == nil {
		r.URL.Host = u.Host
	}
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(fields); i += 2 {
		if r.Header.Set(fields[i], fields[i+1]); fields[i] == "Host" {
			r.Host = fields[i+1]
		}
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}
