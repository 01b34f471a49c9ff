//go:build !js

package app

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressIsThisMachinesUnlessAsked(t *testing.T) {
	for _, c := range []struct{ listen, addr, port, want string }{
		{"", "", "", "127.0.0.1:8787"},
		{"", "", "9000", "127.0.0.1:9000"},
		{"", "0.0.0.0", "", "0.0.0.0:8787"},
		{"", "0.0.0.0", "9000", "0.0.0.0:9000"},
		{"", " 0.0.0.0\n", "9000", "0.0.0.0:9000"},
		{"", "0.0.0.0:80", "9000", "0.0.0.0:80"},
		{"", ":80", "9000", ":80"},
		{"", "::", "9000", "[::]:9000"},
		{"", "[::1]", "9000", "[::1]:9000"},
		{"", "[::1]:80", "9000", "[::1]:80"},
		{"", "10.0.0.7:", "9000", "10.0.0.7:9000"},
		{":8080", "0.0.0.0", "9000", ":8080"},
		{"0.0.0.0", "10.0.0.7:80", "9000", "0.0.0.0:9000"},
	} {
		assert.Equal(t, c.want, addressOf(c.listen, environment(map[string]string{"ADDR": c.addr, "PORT": c.port})), "%v", c)
	}
}

func TestHealthAsksNeitherPagesNorHandlers(t *testing.T) {
	asked := 0
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.NotFound(w, r)
	})
	h := &health{next: watched}
	ask := func(method, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, target, nil)
		r.Host = "10.0.0.7:8787" // as a probe names it, whatever INLAY_HOSTS has
		h.ServeHTTP(w, r)
		return w
	}
	for _, method := range []string{"GET", "HEAD"} {
		w := ask(method, healthPath)
		assert.Equal(t, 200, w.Code)
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	assert.Equal(t, "ok\n", ask("GET", healthPath+"?x=1").Body.String())
	post := ask("POST", healthPath)
	assert.Equal(t, 405, post.Code)
	assert.Equal(t, "GET, HEAD", post.Header().Get("Allow"))
	assert.Zero(t, asked)
	for _, target := range []string{healthPath + "/", healthPath + "y", "/_inlay/", "/health"} {
		assert.Equal(t, 404, ask("GET", target).Code)
	}
	assert.Equal(t, 4, asked)
	h.ending.Store(true)
	assert.Equal(t, 503, ask("GET", healthPath).Code)
}

func TestProgramAsksWhetherOneListens(t *testing.T) {
	for _, args := range [][]string{nil, {"-origin"}} {
		t.Run(strings.Join(args, ""), func(t *testing.T) {
			url := serving(t, siteOf(greeting()), map[string]string{"ADDR": "0.0.0.0", "PORT": "0", "INLAY_HOSTS": "shop.example"}, args...)
			require.True(t, strings.HasPrefix(url, "http://[::]:") || strings.HasPrefix(url, "http://0.0.0.0:"), url)
			port := url[strings.LastIndex(url, ":")+1:]
			for _, vars := range []map[string]string{
				{"PORT": port}, {"ADDR": "0.0.0.0", "PORT": port}, {"ADDR": ":" + port}, {"ADDR": "127.0.0.1:" + port, "INLAY_TTL": "never"},
			} {
				assert.NoError(t, run(siteOf(greeting()), []string{"site", "-health"}, environment(vars), io.Discard, io.Discard))
			}
		})
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	err = run(siteOf(greeting()), []string{"site", "-health", "-listen", free.Addr().String()}, environment(nil), io.Discard, io.Discard)
	assert.ErrorContains(t, err, "no server answers at 127.0.0.1:")

	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	err = run(siteOf(greeting()), []string{"site", "-health"}, environment(map[string]string{"ADDR": other.Listener.Addr().String()}), io.Discard, io.Discard)
	assert.ErrorContains(t, err, "answers 404 to /_inlay/health")
}
