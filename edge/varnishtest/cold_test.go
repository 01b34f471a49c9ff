package varnishtest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	drawn   = flag.String("picture", "", "the `file` for the picture of a cold page")
	samples = flag.Int("samples", 1, "how often each cold page is asked for")
)

// delays are how long the origin takes for each include of the cold page.
var delays = [...]time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 300 * time.Millisecond}

// coldOrigin serves /?n with three includes that take their time. Each n is a page that nobody has seen.
func coldOrigin(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=60")
		if r.URL.Path == "/" {
			w.Header().Set("Surrogate-Control", `content="ESI/1.0"`)
			page := "<!doctype html><html lang=\"en\"><head><title>Cold</title></head><body><h1>Cold</h1>\n"
			for i := range delays {
				page += fmt.Sprintf("<section><h2>%d</h2><esi:include src=\"/slow/%d?%s\"/></section>\n", i+1, i, r.URL.RawQuery)
			}
			_, _ = io.WriteString(w, page+"<p>Foot</p></body></html>\n")
			return
		}
		i, err := strconv.Atoi(r.URL.Path[len("/slow/"):])
		if err != nil || i >= len(delays) {
			http.NotFound(w, r)
			return
		}
		select {
		case <-time.After(delays[i]):
			_, _ = io.WriteString(w, "<p>"+arrived(i)+"</p>")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func arrived(i int) string { return fmt.Sprintf("Include %d is here.", i+1) }

// timeline is when what came, since the request left.
type timeline struct {
	first, last time.Duration
	includes    [len(delays)]time.Duration
}

// watch asks for a page and notes when its parts come.
func watch(t *testing.T, server, target string, fields ...string) (l timeline) {
	t.Helper()
	start := time.Now()
	response := Ask(t, server, target, fields...)
	require.Equal(t, http.StatusOK, response.StatusCode)
	var page []byte
	buf := make([]byte, 4<<10)
	for {
		n, err := response.Body.Read(buf)
		now := time.Since(start)
		if page = append(page, buf[:n]...); l.first == 0 && n > 0 {
			l.first = now
		}
		for i := range delays {
			if l.includes[i] == 0 && bytes.Contains(page, []byte(arrived(i))) {
				l.includes[i] = now
			}
		}
		if errors.Is(err, io.EOF) {
			l.last = now
			break
		}
		require.NoError(t, err)
	}
	for i := range delays {
		require.NotZero(t, l.includes[i], "include %d never came: %s", i+1, page)
	}
	return l
}

// medians are those of each time.
func medians(all []timeline) (m timeline) {
	middle := func(of func(*timeline) time.Duration) time.Duration {
		var list []time.Duration
		for i := range all {
			list = append(list, of(&all[i]))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	m.first, m.last = middle(func(l *timeline) time.Duration { return l.first }), middle(func(l *timeline) time.Duration { return l.last })
	for i := range delays {
		m.includes[i] = middle(func(l *timeline) time.Duration { return l.includes[i] })
	}
	return m
}

// browser is what a browser says when somebody follows a link.
var browser = []string{"Sec-Fetch-Dest", "document", "Accept", "text/html", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"}

// A cold page with three slow includes: Varnish fetches one after the other, inlay all at once, and a browser gets each as it comes.
func TestColdPage(t *testing.T) {
	origin := coldOrigin(t)
	varnish, inlay := Start(t, origin).URL, Inlay(t, origin)
	var ways [3][]timeline
	for n := range *samples {
		ways[0] = append(ways[0], watch(t, varnish, fmt.Sprint("/?", n), browser...))
		ways[1] = append(ways[1], watch(t, inlay, fmt.Sprint("/?ordered", n)))
		ways[2] = append(ways[2], watch(t, inlay, fmt.Sprint("/?", n), browser...))
	}
	var sum, longest time.Duration
	for _, d := range delays {
		sum, longest = sum+d, max(longest, d)
	}
	serial, ordered, streamed := medians(ways[0]), medians(ways[1]), medians(ways[2])
	for i, name := range [...]string{"Varnish", "inlay, in order", "inlay, streaming"} {
		t.Logf("%-16s %v", name, medians(ways[i]))
	}
	assert.GreaterOrEqual(t, serial.last, sum)
	for i := range delays[1:] {
		assert.Less(t, serial.includes[i], serial.includes[i+1])
	}
	for name, l := range map[string]timeline{"in order": ordered, "streaming": streamed} {
		assert.GreaterOrEqual(t, l.last, longest, name)
		assert.Less(t, l.last, sum, name)
		assert.Less(t, l.first, delays[0], "%s: what stands before the first include waits for nothing", name)
	}
	// As each comes, whatever stands before it.
	assert.Less(t, streamed.includes[0], streamed.includes[2])
	assert.Less(t, streamed.includes[2], streamed.includes[1])
	assert.Less(t, streamed.includes[2], longest)
	if *drawn != "" {
		require.NoError(t, os.WriteFile(*drawn, []byte(picture([]band{
			{"Varnish 7.1", serial}, {"inlay, in order (curl, crawlers)", ordered}, {"inlay, streaming (browsers)", streamed},
		})), 0o644))
	}
}
