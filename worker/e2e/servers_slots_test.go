package e2e

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// A page with slots from each of the servers: in PHP as Symfony writes ESI, in Express an <edge-slot>, in nginx server-side
// includes that become ESI.

// asked is how often the server was asked for a path, with its query.
func (s *realServer) asked(method, path string) int {
	return len(regexp.MustCompile(`asked `+method+` `+regexp.QuoteMeta(path)+`\s`).FindAllString(s.Log(), -1))
}

// askedAll is how often it was asked for anything but its gates.
func (s *realServer) askedAll() int {
	return strings.Count(s.Log(), "asked ") - strings.Count(s.Log(), "asked GET /open/")
}

func TestPagesOfServersStreamAndThenAskThemNothing(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"PHP": "/shop", "Express": "/shop", "nginx": "/shop.shtml"} {
		for _, way := range []string{"workerd", "native"} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				direct := realServers[name](t)
				s := direct.through()[way]
				cold := request(t, http.MethodGet, s.URL+path, nil, "Sec-Fetch-Dest", "document",
					"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Encoding", "gzip, deflate, br, zstd") // as browsers do
				require.Equal(t, http.StatusOK, cold.StatusCode)
				for _, field := range []string{"Surrogate-Control", "Inlay-Slots"} {
					assert.NotContains(t, cold.Header, field, "it is for who fills the slots")
				}
				body := bufio.NewReader(cold.Body)
				if way == "native" { // which compresses what it composes, as it goes
					require.Equal(t, "gzip", cold.Header.Get("Content-Encoding"))
					plain, err := gzip.NewReader(cold.Body)
					require.NoError(t, err)
					body = bufio.NewReader(plain)
				} else {
					assert.Contains(t, []string{"", "identity"}, cold.Header.Get("Content-Encoding"), "though the server compresses")
				}
				assert.NotContains(t, readUntil(t, body, "<footer>The end</footer>"), "offers of")
				direct.open("offers") // held until now: what was read came before
				rest, err := io.ReadAll(body)
				require.NoError(t, err)
				assert.Contains(t, string(rest), "<p>offers of "+name+"</p>")

				hits := func() int {
					return strings.Count(strings.Join(request(t, http.MethodHead, s.URL+path, nil).Header.Values("Cache-Status"), ", "), ";hit")
				}
				require.Eventually(t, func() bool { return hits() == 3 }, 20*time.Second, 20*time.Millisecond, "the page and both parts")
				for _, url := range []string{partOf[name], strings.Replace(partOf[name], "offers", "news", 1)} {
					require.Eventually(t, func() bool { return direct.asked("GET", url) >= 1 }, 20*time.Second, 5*time.Millisecond, "a server may tell late")
					assert.Equal(t, 1, direct.asked("GET", url))
				}
				assert.Equal(t, 2, direct.asked("GET", path), "the visitor's, and the one that is kept")
				before := direct.askedAll()
				whole := "<h1>Shop</h1>\n<p>offers of " + name + "</p>\n<p>news of " + name + "</p>\n<footer>The end</footer></body></html>\n"
				for range 5 {
					warm := request(t, http.MethodGet, s.URL+path, nil)
					assert.Contains(t, read(t, warm), whole)
					assert.Contains(t, read(t, browse(t, s.URL+path)), whole)
					etag := warm.Header.Get("Etag")
					require.NotEmpty(t, etag)
					assert.Equal(t, http.StatusNotModified, request(t, http.MethodGet, s.URL+path, nil, "If-None-Match", etag).StatusCode)
				}
				assert.Equal(t, before, direct.askedAll(), "a warm page asks the server nothing")
				if name == "PHP" {
					without := request(t, http.MethodGet, direct.URL+path, nil)
					assert.NotContains(t, without.Header, "Surrogate-Control", "who does not say that he knows ESI gets none")
					assert.Equal(t, read(t, request(t, http.MethodGet, s.URL+path, nil)), read(t, without), "the same page by both")
				}
			})
		}
	}
}

// A page that PHP writes for one visitor, with a session, is composed for that one and kept for nobody; its part is everybody's.
func TestPagesOfSessionsAreTheirVisitors(t *testing.T) {
	t.Parallel()
	onReal(t, []string{"PHP"}, func(t *testing.T, direct *realServer, s *harness.Server) {
		asked := direct.asked("GET", "/_fragment?_path=news")
		for i, who := range []string{"Ada", "Grace", "Ada"} {
			login := request(t, http.MethodPost, s.URL+"/login", strings.NewReader("who="+who+"&password=open+sesame"), "Content-Type", "application/x-www-form-urlencoded")
			require.Equal(t, http.StatusSeeOther, login.StatusCode)
			session := ""
			for _, cookie := range login.Cookies() {
				session += cookie.Name + "=" + cookie.Value + "; "
			}
			for range 2 {
				mine := request(t, http.MethodGet, s.URL+"/mine", nil, "Cookie", strings.TrimSuffix(session, "; "))
				assert.Contains(t, read(t, mine), "<h1>"+who+"</h1><p>news of PHP</p><p>The end")
				assert.Empty(t, mine.Header.Get("Etag"))
				nobody := request(t, http.MethodGet, s.URL+"/mine", nil)
				assert.Contains(t, read(t, nobody), "<h1>Nobody</h1><p>news of PHP</p><p>The end", "%d", i)
				assert.NotEmpty(t, nobody.Header.Get("Set-Cookie"), "PHP begins a session for everybody")
			}
		}
		assert.Equal(t, asked+1, direct.asked("GET", "/_fragment?_path=news"))
	})
}

// partOf is the URL of the part that a server holds back.
var partOf = map[string]string{"PHP": "/_fragment?_path=offers", "Express": "/parts/offers", "nginx": "/parts/offers.html"}
