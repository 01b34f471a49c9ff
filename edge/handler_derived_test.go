package edge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// derivedOrigin answers with all that a visitor could have told it.
type derivedOrigin struct {
	mu   sync.Mutex
	seen []string
}

func (o *derivedOrigin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	price := "none"
	if c, err := r.Cookie("price"); err == nil {
		price = c.Value
	}
	text := fmt.Sprintf("[%s %s %s]", r.URL.Path, r.Header.Get("Accept-Language"), price)
	o.mu.Lock()
	o.seen = append(o.seen, text)
	o.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=60")
	w.Header().Set("Vary", "Accept-Language, Cookie")
	fmt.Fprint(w, text)
}

func TestManyVisitorsAreFewFragments(t *testing.T) {
	origin := &derivedOrigin{}
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="language:de,en,fr bucket:price/2"></edge-slot></body>`)
	server, handler := serve(t, Options{Pages: []Page{p}, Origin: origin})
	languages := map[string]string{
		"": "de", "*": "de", "de-CH,de;q=0.9,en;q=0.8": "de", "en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7": "en", "fr-CA;q=0.3, it": "fr", "it-IT,it;q=0.9": "de", "de;q=0": "en",
	}
	shares := map[string]int{}
	for round := range 20 {
		for sent, derived := range languages {
			jar, err := cookiejar.New(nil)
			require.NoError(t, err)
			visitor := &http.Client{Jar: jar}
			bodies := map[string]bool{}
			for visit := range 3 {
				r, err := http.NewRequest(http.MethodGet, server.URL+"/p", nil)
				require.NoError(t, err)
				r.Header.Set("Accept-Language", sent)
				r.AddCookie(&http.Cookie{Name: "session", Value: fmt.Sprint(round)})
				resp, err := visitor.Do(r)
				require.NoError(t, err)
				body := text(t, resp)
				require.NoError(t, resp.Body.Close())
				bodies[body] = true
				cookies := resp.Cookies()
				assert.Equal(t, visit == 0, len(cookies) == 1, "set once")
				if visit == 0 {
					c := cookies[0]
					assert.Equal(t, "price="+c.Value+"; Path=/; Max-Age=31536000; SameSite=Lax", c.Raw)
					assert.Contains(t, body, fmt.Sprintf("[/a %s %s]", derived, c.Value))
					shares[c.Value]++
				}
				assert.Equal(t, "accept-language, cookie", resp.Header.Get("Vary"))
				assert.Contains(t, resp.Header.Get("Cache-Control"), "private")
			}
			assert.Len(t, bodies, 1, "he stays in his share")
		}
	}
	assert.Len(t, shares, 2)
	assert.LessOrEqual(t, len(origin.seen), 3*2, "one fill for each language and share")
	require.NoError(t, handler.Shutdown(context.Background()))
}

func TestASharedPageIsWarmForAllWhoHaveTheShare(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="language:de bucket:price/2"></edge-slot></body>`)
	handler, err := NewHandler(Options{Pages: []Page{p}, Origin: &derivedOrigin{}})
	require.NoError(t, err)
	visit := func(cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/p", nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, cookie := range []string{"price=1", "price=2", "price=1", "price=2"} {
		visit(cookie)
	}
	warm := handler.Stats().Warm
	for i := range 10 {
		w := visit(fmt.Sprintf("price=%d", 1+i%2))
		assert.Empty(t, w.Header().Get("Set-Cookie"))
	}
	assert.Equal(t, warm+10, handler.Stats().Warm)
	seen := map[string]bool{}
	for range 40 {
		w := visit("")
		share := w.Result().Cookies()[0]
		seen[share.Value] = true
		assert.Contains(t, w.Body.String(), "[/a de "+share.Value+"]")
	}
	assert.Len(t, seen, 2, "each request of one without cookies draws for itself")
	assert.EqualValues(t, 2, handler.Stats().Fills)
}

func TestCountryAndHostAreWhatATrustedProxySays(t *testing.T) {
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "[%s %s %s]", r.Header.Get("CF-IPCountry"), r.Header.Get("X-Forwarded-Host"), r.Host)
	})
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="country:DE,AT,* host" ttl="1m"></edge-slot></body>`)
	p.CacheControl = "public, max-age=60"
	for _, c := range []struct {
		trusted []string
		said    map[string]string
		want    string
	}{
		{nil, map[string]string{"X-Country": "at", "CF-IPCountry": "DE", "X-Forwarded-Host": "Shop.Example"}, "[AT shop.example shop.example]"},
		{nil, map[string]string{"X-Country": "FR"}, "[* other.example other.example]"},
		{nil, map[string]string{"CF-IPCountry": "DE"}, "[* other.example other.example]"},
		{[]string{"none"}, map[string]string{"X-Country": "AT", "X-Forwarded-Host": "shop.example"}, "[* other.example other.example]"},
	} {
		server, _ := serve(t, Options{Pages: []Page{p}, Origin: origin, Config: Config{CountryField: "X-Country", TrustedProxies: c.trusted}})
		for range 3 {
			r, err := http.NewRequest(http.MethodGet, server.URL+"/p", nil)
			require.NoError(t, err)
			r.Host = "other.example"
			for name, value := range c.said {
				r.Header.Set(name, value)
			}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			assert.Contains(t, text(t, resp), c.want, c.said)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, "*", resp.Header.Get("Vary"))
			assert.Contains(t, resp.Header.Get("Cache-Control"), "private")
		}
	}
}

func TestAShareIsSetBesideTheCookiesOfAWrappingHandler(t *testing.T) {
	p := pageOf(t, "/p", `<body><edge-slot name="a" src="/a" vary="language:de bucket:price/2 bucket:other/3"></edge-slot></body>`)
	handler, err := NewHandler(Options{Pages: []Page{p}, Origin: &derivedOrigin{}})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "4711"})
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p", nil))
	var names []string
	for _, c := range w.Result().Cookies() {
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"session", "other", "price"}, names)
}
