package edge

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told answers with what a request says of its host.
func told(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "%s for %s", r.URL.Path, r.Header.Get("X-Forwarded-Host"))
}

func TestHostsOnOneHandlerHaveFragmentsOfTheirOwn(t *testing.T) {
	remote := httptest.NewServer(http.HandlerFunc(told))
	t.Cleanup(remote.Close)
	for name, origin := range map[string]http.Handler{"handlers": http.HandlerFunc(told), "remote": nil} {
		variables := map[string]string{"INLAY_HOSTS": "A.example, b.example:8080 [::1]", "INLAY_TOKEN": strings.Repeat("x", 16)}
		if origin == nil {
			variables["INLAY_ORIGIN"] = remote.URL
		}
		config, err := ParseConfig(vars(variables))
		require.NoError(t, err)
		h, err := NewHandler(Options{Pages: []Page{pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" tags="t"></edge-slot></body>`)}, Origin: origin, Config: config})
		require.NoError(t, err)
		ask := func(host, target string, fields ...string) *httptest.ResponseRecorder {
			r, answer := httptest.NewRequest(http.MethodGet, target, nil), httptest.NewRecorder()
			r.Host = host
			for i := 0; i < len(fields); i += 2 {
				r.Header.Set(fields[i], fields[i+1])
			}
			h.ServeHTTP(answer, r)
			return answer
		}
		for range 3 { // in order, composed, warm
			for host, want := range map[string]string{
				"a.example": "a.example", "A.EXAMPLE:443": "a.example", "a.example:": "a.example", "b.example:8080": "b.example:8080",
				"[::1]": "[::1]", "[::1]:8787": "[::1]",
			} {
				answer := ask(host, "/p/7", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example")
				assert.Equal(t, "<body>/a/7 for "+want+"</body>", answer.Body.String(), "%s: %s", name, host)
			}
		}
		fills := h.Stats().Fills
		assert.EqualValues(t, 3, fills, "one for each host, whatever its spelling")
		for _, host := range []string{"", "c.example", "b.example", "b.example:80", "a.example.evil.example", "xa.example"} {
			for _, target := range []string{"/p/7", "/p/8"} {
				answer := ask(host, target)
				assert.Equal(t, http.StatusMisdirectedRequest, answer.Code, "%s: %q", name, host)
				assert.Equal(t, "edge: this site is not served under that host\n", answer.Body.String())
			}
		}
		for _, host := range []string{
			"a.example:evil", "evil.example:a.example", "a.example\nx: y", "::1", "[::1", "[::1]x", "a.example@evil.example", "a.example:808080", ":80",
			"a.example/b", "[::1]:8:8", "[]", "ä.example",
		} {
			for _, target := range []string{"/p/7", "/p/8", "/no/page"} {
				answer := ask(host, target)
				assert.Equal(t, http.StatusBadRequest, answer.Code, "%s: %q", name, host)
			}
		}
		assert.Equal(t, fills, h.Stats().Fills, "nobody fills the cache with hosts of his own")
		assert.Equal(t, http.StatusOK, ask("health.check", "/_inlay/stats", "Authorization", "Bearer "+strings.Repeat("x", 16)).Code, "administration is under every name")
		h.Purge("/a/7\nx-forwarded-host: a.example")
		assert.Equal(t, 2, h.PurgeTag("t"), "a purge by tag is for all hosts, one by key for the key's")
	}
}

func TestHostsShareFragmentsUnlessTheyAreListed(t *testing.T) {
	h, err := NewHandler(Options{Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)}, Origin: http.HandlerFunc(told)})
	require.NoError(t, err)
	for _, host := range []string{"a.example", "b.example"} {
		r, answer := httptest.NewRequest(http.MethodGet, "/p", nil), httptest.NewRecorder()
		r.Host = host
		h.ServeHTTP(answer, r)
		assert.Equal(t, "<body>/a for </body>", answer.Body.String())
	}
	assert.EqualValues(t, 1, h.Stats().Fills)
}

func TestHandlersFindTheVisitorsHostInTheirRequest(t *testing.T) {
	var hosts []string
	h, err := NewHandler(Options{
		Pages:  []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)},
		Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hosts = append(hosts, r.Host); told(w, r) }),
		Config: Config{Hosts: []string{"a.example"}},
	})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/p", nil)
	r.Host = "a.example"
	h.ServeHTTP(httptest.NewRecorder(), r)
	assert.Equal(t, []string{"a.example"}, hosts)
}

// What is in the key without a declaration an answer may vary on; only where it is.
func TestAnswerMayVaryOnTheHostWhereHostsAreListed(t *testing.T) {
	for _, vary := range []string{"X-Forwarded-Host", "host", "Accept-Encoding, HOST, x-forwarded-host"} {
		for _, hosts := range [][]string{nil, {"a.example"}} {
			h, err := NewHandler(Options{
				Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"><edge-error>refused</edge-error></edge-slot></body>`)},
				Origin: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Vary", vary)
					told(w, r)
				}),
				Config: Config{Hosts: hosts},
			})
			require.NoError(t, err)
			r, answer := httptest.NewRequest(http.MethodGet, "/p", nil), httptest.NewRecorder()
			r.Host = "a.example"
			h.ServeHTTP(answer, r)
			assert.Equal(t, hosts == nil, strings.Contains(answer.Body.String(), "refused"), "%s with %v", vary, hosts)
		}
	}
}

// With INLAY_DEV the answer says where the hosts are listed; visitors need not know.
func TestOtherHostsAreToldOfTheVariableInDevelopment(t *testing.T) {
	h, err := NewHandler(Options{
		Pages: []Page{pageOf(t, "/p", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)}, Origin: http.HandlerFunc(told),
		Config: Config{Hosts: []string{"a.example"}, Dev: true},
	})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/p", nil))
	assert.Equal(t, http.StatusMisdirectedRequest, answer.Code)
	assert.Contains(t, answer.Body.String(), "INLAY_HOSTS")
}
