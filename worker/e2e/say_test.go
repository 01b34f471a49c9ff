package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// logged are the lines of a Worker's log that are objects.
func logged(t *testing.T, log string) (all []map[string]string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(log), "\n") {
		var l map[string]string
		if json.Unmarshal([]byte(line), &l) == nil {
			all = append(all, l)
		}
	}
	return all
}

func TestALogLineSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/status/7":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/slow/7":
			<-r.Context().Done()
		case "/loose/7":
			fmt.Fprint(w, "<td>1</td>")
		}
	})
	const html = `<body><edge-slot name="status" src="/status/{id}" vary="cookie:session header:x-shop"></edge-slot>
<edge-slot name="slow" src="/slow/{id}" timeout="50ms"></edge-slot><select><edge-slot name="loose" src="/loose/{id}"></edge-slot></select></body>`
	page, err := edge.ParsePage("/p/{id}", html)
	require.NoError(t, err)
	embed := harness.EmbedPages(t, page)
	for _, form := range []string{"INLAY_LOG_FORMAT=json", "INLAY_LOG=json", "INLAY_LOG_FORMAT=text"} {
		server := harness.StartChanged(t, func(config string) string {
			config = embed(config)
			if form == "INLAY_LOG=json" {
				config = strings.Replace(config, "  bindings = [", "  bindings = [\n    (name = \"INLAY_LOG\", text = \"json\"),", 1)
			}
			return config
		}, []string{"INLAY_ORIGIN=" + origin.URL, form, "INLAY_DEBUG=1", "INLAY_PATIENCE=1s"})
		resp := request(t, http.MethodGet, server.URL+"/p/7", nil, "Sec-Fetch-Dest", "document", "Cookie", "session=not-for-logs", "X-Shop", "a", "CF-Ray", "230b030023ae2822-FRA")
		read(t, resp)
		assert.Equal(t, "230b030023ae2822-FRA", resp.Header.Get("Inlay-Request"))
		log := server.Log()
		assert.NotContains(t, log, "not-for-logs")
		if form == "INLAY_LOG_FORMAT=text" {
			assert.Regexp(t, `(?m)^inlay: fill failed: /status/7 .* request=230b030023ae2822-FRA page=/p/\{id\} slot=status key="/status/7\\ncookie: \.\.\.\\nx-shop: a" reason=status$`, log)
			assert.Regexp(t, `(?m)^inlay: fill failed: no whole answer for /slow/7 .* slot=slow key=/slow/7 reason=timeout$`, log)
			continue
		}
		lines := logged(t, log)
		require.GreaterOrEqual(t, len(lines), 2, log)
		seen := map[string]map[string]string{}
		for _, l := range lines {
			assert.Equal(t, "230b030023ae2822-FRA", l["request"])
			assert.Equal(t, "/p/{id}", l["page"])
			assert.Equal(t, "WARN", l["level"])
			assert.True(t, strings.HasPrefix(l["msg"], "inlay: "), l["msg"])
			seen[l["slot"]] = l
		}
		assert.Equal(t, "/status/7\ncookie: ...\nx-shop: a", seen["status"]["key"])
		assert.Equal(t, "status", seen["status"]["reason"])
		assert.Equal(t, "timeout", seen["slow"]["reason"])
		assert.Contains(t, seen, "loose", log)
	}
}

// TestWhoDebugsIsToldTheRequest: whatever answers.
func TestWhoDebugsIsToldTheRequest(t *testing.T) {
	t.Parallel()
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Inlay-Request", "not the origin's to say")
		fmt.Fprint(w, "<p>here</p>")
	})
	own := regexp.MustCompile(`^[0-9a-f]{16}$`)
	for _, debug := range []bool{true, false} {
		env := []string{"INLAY_ORIGIN=" + origin.URL, "INLAY_TOKEN=0123456789abcdef"}
		if debug {
			env = append(env, "INLAY_DEBUG=1")
		}
		server := startPages(t, `<body><edge-slot name="a" src="/a/{id}" ttl="1m"></edge-slot></body>`, "127.0.0.1:1", env...)
		seen := map[string]bool{}
		for _, target := range []string{"/p/7", "/p/7", "/p/7", "/p/8", "/other", "/_inlay/stats"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				resp := request(t, method, server.URL+target, nil)
				ids := resp.Header["Inlay-Request"]
				read(t, resp)
				if !debug {
					assert.Empty(t, ids, "%s %s", method, target)
				} else if assert.Len(t, ids, 1, "%s %s", method, target) {
					assert.Regexp(t, own, ids[0])
					assert.False(t, seen[ids[0]], "%s %s", method, target)
					seen[ids[0]] = true
				}
			}
		}
		resp := request(t, http.MethodPost, server.URL+"/other", bytes.NewReader([]byte("x")), "CF-Ray", "one-two")
		assert.Equal(t, debug, resp.Header.Get("Inlay-Request") == "one-two")
	}
}

func TestALogFormatThatThereIsNotIsTold(t *testing.T) {
	t.Parallel()
	server := startPages(t, `<body><edge-slot name="a" src="/a/{id}"></edge-slot></body>`, "127.0.0.1:1", "INLAY_LOG_FORMAT=logfmt", "INLAY_ORIGIN=http://127.0.0.1:1")
	resp := request(t, http.MethodGet, server.URL+"/p/7", nil)
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	read(t, resp)
	assert.Contains(t, server.Log(), `inlay: INLAY_LOG_FORMAT is "logfmt": expected json, which logs each line as an object, or text request=`)
}
