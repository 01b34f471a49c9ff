package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// The lines of curl in the documentation, against ./build.sh dev and ./build.sh serve as a reader starts them, save for
// the port.

// adminToken is what the documentation calls $INLAY_TOKEN.
const adminToken = "0123456789abcdef0123456789abcdef"

// curls are what the lines claim.
var curls = map[string]func(t *testing.T, got curled){
	"curl -N -H 'Sec-Fetch-Dest: document' localhost:8787/pkg/net/http": func(t *testing.T, got curled) {
		assert.Regexp(t, `(?s)<\?start name="imported-by">.*<template for="imported-by">.*</html>\s*(<script src="/_inlay/dev/[^>]*></script>)*$`, got.body)
		assert.Greater(t, got.last-got.first, 400*time.Millisecond, "the shell does not wait for the upstream, which takes 800 ms")
	},
	"curl -N localhost:8787/pkg/io/fs": func(t *testing.T, got curled) {
		assert.NotContains(t, got.body, "<?start")
		assert.Regexp(t, `(?s)<h1>.*packages</p>.*</html>\s*$`, got.body)
		assert.Greater(t, got.last-got.first, 400*time.Millisecond)
	},
	"curl -sI localhost:8787/pkg/net/http": func(t *testing.T, got curled) {
		assert.Empty(t, got.body)
		assert.NotEmpty(t, got.header.Get("Content-Length"))
		assert.NotEmpty(t, got.header.Get("ETag"))
		assert.Equal(t, 5, strings.Count(got.header.Get("Cache-Status"), ";hit"))
	},
	`curl -X POST -H "Authorization: Bearer $INLAY_TOKEN" 'localhost:8787/_inlay/invalidate?tag=package:net/http'`: counts("invalidated", 5),
	`curl -X POST -H "Authorization: Bearer $INLAY_TOKEN" 'localhost:8787/_inlay/purge?tag=docs&tag=imports'`:      counts("purged", 10),
	`curl -X POST -H "Authorization: Bearer $INLAY_TOKEN" 'localhost:8787/_inlay/purge?key=/fragments/summary'`:    counts("purged", 1),
	`curl -X POST -H "Authorization: Bearer $INLAY_TOKEN" 'localhost:8787/_inlay/purge?all=1'`:                     counts("purged", -1),
	`curl -H "Authorization: Bearer $INLAY_TOKEN" localhost:8787/_inlay/stats`: func(t *testing.T, got curled) {
		var all map[string]int
		require.NoError(t, json.Unmarshal([]byte(got.body), &all))
		assert.Equal(t, 13, all["fills_total"], "two packages and the front page")
	},
	`curl -H "Authorization: Bearer $INLAY_TOKEN" localhost:8787/_inlay/metrics`: func(t *testing.T, got curled) {
		assert.Contains(t, got.body, "\ninlay_fills_total 13\n")
	},
}

// counts claims an answer with a count; a negative one is any.
func counts(what string, n int) func(*testing.T, curled) {
	return func(t *testing.T, got curled) {
		var count map[string]int
		require.NoError(t, json.Unmarshal([]byte(got.body), &count), got.body)
		require.Contains(t, count, what)
		if n >= 0 {
			assert.Equal(t, n, count[what])
		}
	}
}

func TestDevAnswersAsTheDocumentationSays(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, exec.Command("./build.sh", "dev", "--var", "INLAY_TOKEN:"+adminToken, "--ip", "127.0.0.1",
		"--", "--persist-to", t.TempDir()), []string{"PORT=0"})
	s.Listens(harness.ServeReady)
	curlAll(t, s)
	assert.NotEmpty(t, visit(t, s.URL+"/pkg/net/http").Get("Server-Timing"), "dev has INLAY_DEV, and so INLAY_DEBUG, on")
}

func TestServeAnswersAsTheDocumentationSays(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, exec.Command("./build.sh", "serve"), []string{"PORT=0", "INLAY_TOKEN=" + adminToken})
	s.Listens(harness.ServeReady)
	curlAll(t, s)
	dev := harness.Start(t, exec.Command("./build.sh", "serve"), []string{"PORT=0", "INLAY_DEV=1", "INLAY_ORIGIN=" + leaking(t)})
	dev.Listens(harness.ServeReady)
	visit(t, dev.URL+"/pkg/net/http")
	require.Eventually(t, func() bool {
		return strings.Contains(dev.Log(), "a fragment depends on what its slot does not declare") && strings.Contains(dev.Log(), "header:accept-language")
	}, 20*time.Second, 20*time.Millisecond)
}

// leaking is an origin whose fragments depend on what no slot declares.
func leaking(t *testing.T) string {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, r.Header.Get("Accept-Language"))
	}))
	t.Cleanup(origin.Close)
	return origin.URL
}

// visit asks for a page as a browser does, and reads it to its end.
func visit(t *testing.T, url string) http.Header {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.Header
}

// curlAll goes through the lines in the order of README.md and docs/operating.md, with the front page warm in between.
func curlAll(t *testing.T, s *harness.Server) {
	t.Helper()
	run := 0
	for _, path := range []string{"README.md", "docs/operating.md"} {
		for _, line := range commandLines(documentAt(t, path)) {
			if claim := curls[line]; claim != nil {
				if strings.Contains(line, "/fragments/summary") {
					visit(t, s.URL+"/")
				}
				run++
				claim(t, curl(t, s, line))
			}
		}
	}
	assert.Equal(t, len(curls), run, "every line, in these two files")
}

// curled is what came.
type curled struct {
	header      http.Header
	body        string
	first, last time.Duration // from the request to the first and the last bytes
}

var shellWord = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// curl does what the program would do with the options that the documentation uses.
func curl(t *testing.T, s *harness.Server, line string) (got curled) {
	t.Helper()
	method, target := http.MethodGet, ""
	header := http.Header{"User-Agent": {"curl/8.14.1"}, "Accept": {"*/*"}}
	var words []string
	for _, w := range shellWord.FindAllStringSubmatch(line, -1) {
		words = append(words, w[1]+strings.ReplaceAll(w[2], "$INLAY_TOKEN", adminToken)+w[3])
	}
	for i := 1; i < len(words); i++ {
		switch word := words[i]; word {
		case "-N":
		case "-sI":
			method = http.MethodHead
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		default:
			require.True(t, strings.HasPrefix(word, "localhost:8787/"), "what is %s in %s?", word, line)
			target = s.URL + strings.TrimPrefix(word, "localhost:8787")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, target, nil)
	require.NoError(t, err)
	r.Header = header
	begun := time.Now()
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var body bytes.Buffer
	part := make([]byte, 4096)
	for err == nil {
		var n int
		n, err = resp.Body.Read(part)
		if n > 0 && body.Len() == 0 {
			got.first = time.Since(begun)
		}
		body.Write(part[:n])
	}
	require.Equal(t, io.EOF, err)
	got.last = time.Since(begun)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", line, body.String())
	got.header, got.body = resp.Header, body.String()
	if length := resp.Header.Get("Content-Length"); length != "" && method != http.MethodHead {
		assert.Equal(t, length, strconv.Itoa(len(got.body)))
	}
	return got
}
