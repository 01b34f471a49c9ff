package devserver

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// askAs asks under a host.
func (s *stage) askAs(host, path string, header http.Header) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+path, nil)
	require.NoError(s.t, err)
	if header != nil {
		r.Header = header.Clone()
	}
	r.Host = host
	answer, err := plain.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// A name that somebody lets point to this machine makes pages of his own of the site's origin.
func TestAForeignHostIsShownNothingOfTheSources(t *testing.T) {
	s := before(t, page("<p>the site"))
	var strange []string
	s.front.strange = func(host string) { strange = append(strange, host) }
	s.front.hosts = func() []string { return hostsOf("", map[string]string{"INLAY_HOSTS": "shop.test, b.test:8443"}) }
	foreign := []string{"evil.example", "evil.example:8787", "localhost.evil.example:8787", "127.0.0.1.evil.example", "evillocalhost", "shop.test.evil.example", "xb.test", "[evil]:1"}
	ours := []string{"localhost:8787", "LOCALHOST.", "a.localhost:8787", "127.0.0.1:8787", "192.168.7.7", "[::1]:8787", "[::1]", "shop.test:8787", "Shop.Test", "b.test"}
	for _, host := range foreign {
		for _, path := range []string{eventsPath, clientPath, ownPath} {
			assert.Equal(t, http.StatusForbidden, s.askAs(host, path, nil).StatusCode, host+path)
		}
		assert.Equal(t, "<p>the site", body(t, s.askAs(host, "/", asTab)), "as it is: "+host)
	}
	assert.Equal(t, foreign, strange)
	for _, host := range ours {
		assert.Equal(t, http.StatusOK, s.askAs(host, eventsPath, nil).StatusCode, host)
		assert.Contains(t, body(t, s.askAs(host, "/", asTab)), clientPath, host)
	}
	assert.Len(t, strange, len(foreign))

	s.mistaken()
	for _, host := range foreign {
		for _, header := range []http.Header{asTab, nil} {
			answer := s.askAs(host, "/", header)
			text := body(t, answer)
			assert.Equal(t, http.StatusInternalServerError, answer.StatusCode, host)
			assert.NotContains(t, text, "edge-slot", host)
			assert.NotContains(t, text, "index.html", host)
		}
	}
	for _, host := range ours {
		assert.Contains(t, body(t, s.askAs(host, "/", nil)), "pages/index.html:3:2", host)
	}
}

// Browsers say whose page asks.
func TestAPageOfAnotherOriginIsToldNothing(t *testing.T) {
	s := before(t, page(""))
	for _, c := range []struct {
		origin, site string
		status       int
	}{
		{"", "", http.StatusOK}, // no browser
		{"", "same-origin", http.StatusOK},
		{"", "none", http.StatusOK}, // typed into the address bar
		{"http://localhost:8787", "same-origin", http.StatusOK},
		{"https://localhost:8787", "", http.StatusOK}, // behind something that has TLS
		{"", "cross-site", http.StatusForbidden},
		{"", "same-site", http.StatusForbidden}, // what else listens on this machine
		{"http://localhost:3000", "", http.StatusForbidden},
		{"http://evil.example", "", http.StatusForbidden},
		{"null", "", http.StatusForbidden},
	} {
		header := http.Header{}
		if c.origin != "" {
			header.Set("Origin", c.origin)
		}
		if c.site != "" {
			header.Set("Sec-Fetch-Site", c.site)
		}
		for _, path := range []string{eventsPath, clientPath} {
			answer := s.askAs("localhost:8787", path, header)
			assert.Equal(t, c.status, answer.StatusCode, "%s %q %q", path, c.origin, c.site)
			assert.Empty(t, answer.Header.Get("Access-Control-Allow-Origin"))
			if c.status == http.StatusOK {
				assert.Equal(t, "same-origin", answer.Header.Get("Cross-Origin-Resource-Policy"))
				assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
			}
		}
	}
}
