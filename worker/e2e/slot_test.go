package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/worker/e2e/harness"
)

// A slot at a URL of its own, with the same requests to a Worker and to a native server: what each answers stands here, and the origin
// is asked for the same.

// slotOrigin is an origin of fragments and of pages with slots, that writes down the targets it was asked for.
type slotOrigin struct {
	*origin
	mu      sync.Mutex
	targets []string
}

func newSlotOrigin(t *testing.T) *slotOrigin {
	t.Helper()
	o := &slotOrigin{}
	o.origin = newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.targets = append(o.targets, r.RequestURI)
		o.mu.Unlock()
		o.say(w, r)
	})
	return o
}

func (o *slotOrigin) say(w http.ResponseWriter, r *http.Request) {
	html := func(text string, fields ...string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		_, _ = io.WriteString(w, text)
	}
	switch path := r.URL.Path; {
	case path == "/f/basket":
		session := "nobody"
		if c, err := r.Cookie("session"); err == nil {
			session = c.Value
		}
		html("<p>basket of " + session + "</p>")
	case path == "/f/list":
		html(`<ul><edge-slot name="in" src="/f/in" ttl="20s"></edge-slot></ul>`, "Inlay-Slots", "edge-slot")
	case strings.HasPrefix(path, "/f/gone"):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusGone)
		_, _ = io.WriteString(w, "<p>gone for good</p>")
	case strings.HasPrefix(path, "/f/down"):
		w.Header().Set("Retry-After", "7")
		http.Error(w, "down", http.StatusServiceUnavailable)
	case path == "/f/moved":
		http.Redirect(w, r, "/login", http.StatusFound)
	case strings.HasPrefix(path, "/f/"):
		html("<b>" + path + "</b>")
	case path == "/coded":
		coded := strings.Contains(r.Header.Get("Accept-Encoding"), "zstd")
		w.Header().Set("Inlay-Slots", "edge-slot")
		w.Header().Set("Cache-Control", "private")
		if coded {
			html("what no gateway reads", "Content-Encoding", "zstd")
			return
		}
		html(`<!doctype html><html><body><edge-slot name="y" src="/f/y" ttl="30s"></edge-slot></body></html>`)
	case path == "/kept", path == "/own":
		control := map[string]string{"/kept": "max-age=60", "/own": "private"}[path]
		html(`<!doctype html><html><head></head><body><p>page</p><esi:include src="/f/x"/><edge-slot name="y" src="/f/y" ttl="30s"></edge-slot>`+
			`<script>var x = "<esi:include src="/f/z"/>"</script></body></html>`, "Inlay-Slots", "esi, edge-slot", "Cache-Control", control)
	default:
		html("elsewhere, " + r.Method + " " + r.RequestURI)
	}
}

// asked takes what the origin was asked for since the last time.
func (o *slotOrigin) asked() (targets []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	targets, o.targets = o.targets, nil
	slices.Sort(targets)
	return targets
}

func slotPages(t *testing.T) []edge.Page {
	t.Helper()
	p, err := edge.ParsePage("/products/{id}", `<!doctype html><html><head><title>Product {id}</title></head><body>`+
		`<edge-slot name="price" src="/f/price/{id}" ttl="1h" swr="5m" sie="1d" tags="price"><i>…</i></edge-slot>`+
		`<edge-slot name="basket" src="/f/basket" ttl="1h" vary="cookie:session"></edge-slot>`+
		`<edge-slot name="list" src="/f/list" ttl="1h"></edge-slot>`+
		`<edge-slot name="each" src="/f/each" ttl="0"></edge-slot>`+
		`<edge-slot name="gone" src="/f/gone" ttl="1h"><edge-error><p>No {id} any more</p></edge-error></edge-slot>`+
		`<edge-slot name="down" src="/f/down" ttl="1h"></edge-slot>`+
		`<edge-slot name="search" src="/f/search" ttl="1h" vary="query:q query:inlay-slot"></edge-slot></body></html>`)
	require.NoError(t, err)
	p.Header = []edge.Field{{Name: "x-frame-options", Value: "DENY"}}
	required, err := edge.ParsePage("/required/{what}", `<body><edge-slot name="a" src="/f/{what}" ttl="1h" required></edge-slot></body>`)
	require.NoError(t, err)
	return []edge.Page{p, required}
}

var maxAge = regexp.MustCompile(`max-age=(\d+)`)

// slotSaid is what a visitor sees of an answer, in a line and the body: what is left of an hour is an hour.
func slotSaid(t *testing.T, resp *http.Response) string {
	t.Helper()
	h := resp.Header
	control := maxAge.ReplaceAllStringFunc(h.Get("Cache-Control"), func(s string) string {
		n := 0
		_, _ = fmt.Sscanf(s, "max-age=%d", &n)
		for _, whole := range []int{20, 30, 60, 3600} {
			if n <= whole && n > whole-15 {
				return fmt.Sprintf("max-age=%d", whole)
			}
		}
		return s
	})
	said := []string{fmt.Sprint(resp.StatusCode), control}
	for _, name := range []string{"Content-Type", "Cache-Status", "Vary", "Location", "Retry-After", "X-Frame-Options", "Set-Cookie"} {
		if value := h.Get(name); value != "" && (name != "Content-Type" || resp.StatusCode != http.StatusNotModified) {
			said = append(said, strings.ToLower(name)+": "+value)
		}
	}
	if h.Get("Etag") != "" {
		said = append(said, "etag")
	}
	return strings.Join(said, "; ") + "\n" + read(t, resp)
}

func TestSlotsHaveURLsOfTheirOwn(t *testing.T) {
	t.Parallel()
	const (
		hour  = "public, max-age=3600"
		price = hour + ", stale-while-revalidate=300, stale-if-error=86400"
		html  = "; content-type: text/html; charset=utf-8; "
		text  = "; content-type: text/plain; charset=utf-8; "
		deny  = "x-frame-options: DENY"
		none  = "404; no-store" + text + deny + "\nThere is no such slot: inlay-slot names one slot of the page, once.\n"
	)
	for _, host := range []string{"worker", "native"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			origin := newSlotOrigin(t)
			var server *harness.Server
			if host == "worker" {
				server = harness.StartPages(t, slotPages(t), "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_NEGATIVE_TTL=1m", "INLAY_EARLY=0")
			} else {
				config, err := harness.ParseConfig(map[string]string{"INLAY_ORIGIN": origin.URL, "INLAY_TOKEN": adminToken, "INLAY_NEGATIVE_TTL": "1m", "INLAY_EARLY": "0"})
				require.NoError(t, err)
				config.Compress = edge.CompressOff // it has Vary say so, which a Worker does not do itself
				server = nativeServer(t, slotPages(t), config)
			}
			etag := ""
			for _, step := range []struct {
				method, target string
				fields         []string
				want           string
				asked          []string
			}{
				// The same key, cache and fill as the page's.
				{target: "/products/7?inlay-slot=price", want: "200; " + price + html + "cache-status: inlay/price;fwd=miss; " + deny + "; etag\n<b>/f/price/7</b>", asked: []string{"/f/price/7"}},
				{target: "/products/7?inlay-slot=price", want: "200; " + price + html + "cache-status: inlay/price;hit; " + deny + "; etag\n<b>/f/price/7</b>"},
				{target: "/products/7?a=1&inlay%2Dslot=pric%65&b=2", want: "200; " + price + html + "cache-status: inlay/price;hit; " + deny + "; etag\n<b>/f/price/7</b>"},
				{method: "HEAD", target: "/products/7?inlay-slot=price", want: "200; " + price + html + "cache-status: inlay/price;hit; " + deny + "; etag\n"},
				{target: "/products/7?inlay-slot=price", fields: []string{"If-None-Match", "ETAG"}, want: "304; " + price + "; cache-status: inlay/price;hit; " + deny + "; etag\n"},
				{target: "/products/7?inlay-slot=price", fields: []string{"If-None-Match", `"x", W/ETAG`}, want: "304; " + price + "; cache-status: inlay/price;hit; " + deny + "; etag\n"},
				{target: "/products/7?inlay-slot=price", fields: []string{"If-None-Match", `"x"`}, want: "200; " + price + html + "cache-status: inlay/price;hit; " + deny + "; etag\n<b>/f/price/7</b>"},
				{target: "/products/7?inlay-slot=price", fields: []string{"Range", "bytes=0-2"}, want: "200; " + price + html + "cache-status: inlay/price;hit; " + deny + "; etag\n<b>/f/price/7</b>"},
				{method: "HEAD", target: "/products/8?inlay-slot=price", want: "200; " + price + html + "cache-status: inlay/price;fwd=miss; " + deny + "; etag\n", asked: []string{"/f/price/8"}},

				// Each visitor's own.
				{target: "/products/7?inlay-slot=basket", fields: []string{"Cookie", "session=anna; x=1"}, want: "200; private, max-age=3600" + html + "cache-status: inlay/basket;fwd=miss; vary: cookie; " + deny + "; etag\n<p>basket of anna</p>", asked: []string{"/f/basket"}},
				{target: "/products/7?inlay-slot=basket", fields: []string{"Cookie", "session=berta"}, want: "200; private, max-age=3600" + html + "cache-status: inlay/basket;fwd=miss; vary: cookie; " + deny + "; etag\n<p>basket of berta</p>", asked: []string{"/f/basket"}},
				{target: "/products/9?inlay-slot=basket", fields: []string{"Cookie", "session=anna"}, want: "200; private, max-age=3600" + html + "cache-status: inlay/basket;hit; vary: cookie; " + deny + "; etag\n<p>basket of anna</p>"},

				// What is in it comes with it, and has a URL too.
				{target: "/products/7?inlay-slot=list.in", want: "200; public, max-age=20" + html + "cache-status: inlay/list;fwd=miss, inlay/list.in;fwd=miss; " + deny + "; etag\n<b>/f/in</b>", asked: []string{"/f/in", "/f/list"}},
				{target: "/products/7?inlay-slot=list", want: "200; public, max-age=20" + html + "cache-status: inlay/list;hit, inlay/list.in;hit; " + deny + "; etag\n<ul><b>/f/in</b></ul>"},

				{target: "/products/7?inlay-slot=each", want: "200; no-store" + html + "cache-status: inlay/each;fwd=bypass; " + deny + "; etag\n<b>/f/each</b>", asked: []string{"/f/each"}},
				{target: "/products/7?inlay-slot=search&q=1", want: "200; " + hour + html + "cache-status: inlay/search;fwd=miss; " + deny + "; etag\n<b>/f/search</b>", asked: []string{"/f/search?q=1"}},
				{target: "/products/7?q=1&inlay-slot=search", want: "200; " + hour + html + "cache-status: inlay/search;hit; " + deny + "; etag\n<b>/f/search</b>"},

				// What failed, and what there is not.
				{target: "/products/7?inlay-slot=gone", want: "410; no-store" + html + "cache-status: inlay/gone;fwd=miss;fwd-status=410;detail=status; " + deny + "\n<p>No 7 any more</p>", asked: []string{"/f/gone"}},
				{target: "/products/7?inlay-slot=gone", want: "410; no-store" + html + "cache-status: inlay/gone;fwd=miss;fwd-status=410;detail=status; " + deny + "\n<p>No 7 any more</p>"},
				{method: "HEAD", target: "/products/7?inlay-slot=down", want: "502; no-store" + text + "cache-status: inlay/down;fwd=miss;fwd-status=503;detail=status; retry-after: 7; " + deny + "\n", asked: []string{"/f/down"}},
				{target: "/products/7?inlay-slot=down", want: "502; no-store" + text + "cache-status: inlay/down;fwd=miss;fwd-status=503;detail=status; retry-after: 7; " + deny + "\nThe slot cannot be shown: its fragment failed.\n"},
				{target: "/products/7?inlay-slot=other", want: none},
				{target: "/products/7?inlay-slot=", want: none},
				{target: "/products/7?inlay-slot", want: none},
				{target: "/products/7?inlay-slot=price&inlay-slot=price", want: none},
				{target: "/products/7?inlay-slot=price%zz", want: none},
				{target: "/required/gone2?inlay-slot=a", want: "410; no-store" + html + "cache-status: inlay/a;fwd=miss;fwd-status=410;detail=status\n<p>gone for good</p>", asked: []string{"/f/gone2"}},
				{target: "/required/moved?inlay-slot=a", want: "302; no-store; cache-status: inlay/a;fwd=miss;fwd-status=302;detail=status; location: /login\n", asked: []string{"/f/moved"}},

				// What is no page's goes on as it came.
				{target: "/elsewhere?x=1&inlay-slot=price", want: "200; " + html[2:len(html)-2] + "\nelsewhere, GET /elsewhere?x=1&inlay-slot=price", asked: []string{"/elsewhere?x=1&inlay-slot=price"}},
				{method: "POST", target: "/products/7?inlay-slot=price", want: "200; " + html[2:len(html)-2] + "\nelsewhere, POST /products/7?inlay-slot=price", asked: []string{"/products/7?inlay-slot=price"}},

				// Pages of the origin: a page that is each visitor's is composed for him, as far as the slot.
				{target: "/own?a=1&inlay-slot=esi-1", want: "200; private, no-cache" + html + "cache-status: inlay/esi-1;fwd=miss\n<b>/f/x</b>", asked: []string{"/f/x", "/own?a=1&inlay-slot=esi-1"}},
				{target: "/own?a=1&inlay-slot=y", want: "200; private, no-cache" + html + "cache-status: inlay/y;fwd=miss\n<b>/f/y</b>", asked: []string{"/f/y", "/own?a=1"}},
				{target: "/own?inlay-slot=y&a=1", fields: []string{"Cookie", "session=anna"}, want: "200; private, no-cache" + html + "cache-status: inlay/y;hit\n<b>/f/y</b>", asked: []string{"/own?a=1"}},
				{target: "/coded?inlay-slot=y", want: "200; private, no-cache" + html + "cache-status: inlay/y;hit\n<b>/f/y</b>", asked: []string{"/coded?inlay-slot=y"}},
				{target: "/coded?inlay-slot=y", fields: []string{"Accept", "*/*", "Accept-Encoding", "gzip, br, zstd"}, want: "200; private, no-cache" + html + "cache-status: inlay/y;hit\n<b>/f/y</b>", asked: []string{"/coded"}},
				{target: "/own?a=1&inlay-slot=none", want: "404; no-store" + text[:len(text)-2] + "\nThere is no such slot: inlay-slot names one slot of the page, once.\n", asked: []string{"/own?a=1"}},
			} {
				if step.method == "" {
					step.method = http.MethodGet
				}
				fields := slices.Clone(step.fields)
				for i := range fields {
					fields[i] = strings.ReplaceAll(fields[i], "ETAG", etag)
				}
				resp := request(t, step.method, server.URL+step.target, nil, fields...)
				if etag == "" {
					etag = resp.Header.Get("Etag")
					assert.Regexp(t, `^"[0-9a-f]{32}"$`, etag)
				}
				what := fmt.Sprint(step.method, " ", step.target, " ", step.fields)
				if step.want[:5] != "302; " && step.method != http.MethodHead && resp.StatusCode != http.StatusNotModified {
					assert.Equal(t, resp.Header.Get("Content-Length") != "" || strings.Contains(step.target, "elsewhere") || step.method == "POST" || strings.HasPrefix(step.target, "/own") || strings.HasPrefix(step.target, "/coded"), true, what)
				}
				assert.Equal(t, strings.TrimSpace(step.want), strings.TrimSpace(strings.ReplaceAll(slotSaid(t, resp), "200; ; ", "200; ")), what)
				assert.Equal(t, step.asked, origin.asked(), what)
			}

			// One that is kept: at the latest when its fill has ended, the origin is not asked.
			for n := 0; ; n++ {
				require.Less(t, n, 1000)
				if said := slotSaid(t, request(t, http.MethodGet, server.URL+"/kept?inlay-slot=y", nil)); strings.Contains(said, "inlay/shell;hit") {
					assert.Equal(t, "200; public, max-age=30"+html+"cache-status: inlay/shell;hit, inlay/y;hit; etag\n<b>/f/y</b>", said)
					break
				}
			}
			assert.Equal(t, []string{"/kept", "/kept?inlay-slot=y"}, origin.asked(), "once as it came, and for all others")
			assert.Contains(t, slotSaid(t, request(t, http.MethodGet, server.URL+"/kept?inlay-slot=esi-1", nil)), "<b>/f/x</b>")
			assert.Contains(t, slotSaid(t, request(t, http.MethodGet, server.URL+"/kept?inlay-slot=esi-2", nil)), "404; no-store", "it is a part of a script")
			assert.Empty(t, origin.asked())

			// The page itself asks for what it has not yet, and a purge is a purge of both.
			assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/products/7", nil)), "<b>/f/price/7</b>")
			assert.NotContains(t, origin.asked(), "/f/price/7")
			assert.Equal(t, http.StatusOK, request(t, http.MethodPost, server.URL+"/_inlay/purge?tag=price", nil, "Authorization", "Bearer "+adminToken).StatusCode)
			assert.Contains(t, slotSaid(t, request(t, http.MethodGet, server.URL+"/products/7?inlay-slot=price", nil)), "inlay/price;fwd=miss")
			assert.Equal(t, []string{"/f/price/7"}, origin.asked())
			assert.Contains(t, read(t, request(t, http.MethodGet, server.URL+"/products/7", nil)), "<b>/f/price/7</b>")
			assert.NotContains(t, origin.asked(), "/f/price/7")
			assert.Positive(t, stat(t, server, "slots_total"))

			// HTTP/1.0.
			conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			_, _ = fmt.Fprintf(conn, "GET /products/7?inlay-slot=price HTTP/1.0\r\nHost: %s\r\n\r\n", strings.TrimPrefix(server.URL, "http://"))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer resp.Body.Close()
			assert.Contains(t, slotSaid(t, resp), price+html)
			assert.EqualValues(t, len("<b>/f/price/7</b>"), resp.ContentLength)
		})
	}
}
