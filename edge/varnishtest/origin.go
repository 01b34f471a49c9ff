package varnishtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inlay/internal/esi/esitest"
	"inlay/internal/route"
)

// Origin answers with the parts of cases, as HTML, each of which says that it has ESI unless it is plain. Where there are
// several cases each has a host of its own, see [Host].
type Origin struct {
	URL   string
	hosts map[string]*esitest.Case
	only  atomic.Pointer[esitest.Case]
	asked atomic.Int64
	// Delay is how long each part but the page takes. It may be set until the first request.
	Delay time.Duration
}

// NewOrigin is one that ends with the test.
func NewOrigin(t *testing.T, cases []esitest.Case) *Origin {
	t.Helper()
	o := &Origin{hosts: map[string]*esitest.Case{}}
	if len(cases) == 1 {
		o.Show(&cases[0])
	}
	for i := range cases {
		o.hosts[Host(i)] = &cases[i]
	}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.URL = server.URL
	return o
}

// Show lets the origin have one case alone from now on, whatever the host.
func (o *Origin) Show(c *esitest.Case) { o.only.Store(c) }

// Asked is how many requests came.
func (o *Origin) Asked() int { return int(o.asked.Load()) }

// Host is where the i-th case lives.
func Host(i int) string { return "case-" + strconv.Itoa(i) + ".example" }

func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked.Add(1)
	host := r.Header.Get("X-Forwarded-Host")
	if host == "" {
		host = r.Host
	}
	c := o.only.Load()
	if c == nil {
		c = o.hosts[host]
	}
	if c == nil {
		http.Error(w, "no case is at "+host, http.StatusMisdirectedRequest)
		return
	}
	asked := canonical(r.RequestURI)
	for part, body := range c.Parts {
		if canonical(part) != asked {
			continue
		}
		if part != c.Target {
			time.Sleep(o.Delay)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=60")
		if !c.Plain[part] {
			w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
		}
		if c.Failed[part] {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write([]byte(body))
		return
	}
	http.NotFound(w, r)
}

// canonical is a target in the one form that inlay asks with, whoever asks.
func canonical(target string) string {
	src, err := route.ParseSrc(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(target), nil)
	if err != nil {
		return target
	}
	if decoded, err := url.PathUnescape(src.Literal[0]); err == nil {
		return decoded // a Worker's fetch encodes a ' in a query
	}
	return src.Literal[0]
}
