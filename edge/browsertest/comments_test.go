package browsertest

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What stands between the server and a browser may take comments out of a page.

// withoutComments is a proxy that passes a page on without its comments, piece by piece.
func withoutComments(t *testing.T, to string) string {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Header.Set("Accept-Encoding", "identity") // it reads what it passes on
		},
		FlushInterval: -1,
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Content-Length")
			r.Body = struct {
				io.Reader
				io.Closer
			}{&uncommenter{from: bufio.NewReader(r.Body)}, r.Body}
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// uncommenter takes out <!-- … --> and holds nothing else back.
type uncommenter struct {
	from *bufio.Reader
	held string
}

func (u *uncommenter) Read(p []byte) (int, error) {
	for {
		b, err := u.from.ReadByte()
		if err != nil {
			return 0, err
		}
		u.held += string(b)
		switch {
		case strings.HasPrefix(u.held, "<!--"):
			if strings.HasSuffix(u.held, "-->") && len(u.held) >= len("<!---->") {
				u.held = ""
			}
		case strings.HasPrefix("<!--", u.held):
		default:
			n := copy(p, u.held)
			u.held = u.held[n:]
			return n, nil
		}
	}
}

func TestPatchesAreTakenAtTheEndWhereCommentsAreTakenOut(t *testing.T) {
	for _, r := range []reader{{name: "fallback", kind: fallback}, {name: "native", kind: native}} {
		t.Run(r.name, func(t *testing.T) {
			url, o := site(t, shop)
			b := openTab(t, r.kind, false)
			b.open(withoutComments(t, url))
			b.sees("The <b>end")
			for _, f := range fragments {
				o.gives(f.name, f.html)
			}
			for _, f := range fragments {
				b.sees(f.seen)
			}
			html := b.waits("the end", func(html string) bool {
				return strings.HasSuffix(html, "</body></html>") && !strings.Contains(html, "?start")
			})
			assert.NotContains(t, html, "<template")
			assert.NotContains(t, html, "wait")
			assert.Equal(t, "once", b.evaluate("document.body.dataset.ran"))
			red, green := pixels(t, b.screenshot("end"))
			assert.Zero(t, red)
			assert.Positive(t, green)
		})
	}
}

func TestPatchesWithoutCommentsAreThereBeforeScriptsThatWaitForThePage(t *testing.T) {
	b, s := reader{kind: fallback}.visit(t)
	s.send(strings.Replace(head, probe, "", 1) + `<script>addEventListener("DOMContentLoaded",()=>Promise.resolve().then(()=>document.title=document.querySelectorAll("main i").length))</script>` +
		`<main>` + placeholder("a", skeleton) + placeholder("b", skeleton) + `</main>` +
		`<template for="a"><i>a</i>` + placeholder("c", skeleton) + `</template><template for="b"><i>b</i></template><template for="c"><i>c</i></template>` +
		`<template for="a">again</template><template>other</template>`)
	b.sees(`<template>other</template>`)
	assert.Contains(t, b.html(), placeholder("b", skeleton), "nothing tells that a patch is complete")

	s.end()
	b.sees(`<main><i>a</i><i>c</i><i>b</i></main>`)
	assert.Contains(t, b.html(), `<template for="a">again</template><template>other</template>`)
	b.waits("the observer is gone", func(string) bool { return b.evaluate("document.readyState") == "complete" })
	b.evaluate(`(async()=>{let t=document.createElement("template");t.setAttribute("for","x");document.querySelector("main").append(document.createComment('?start name="x"'),document.createComment("?end"));document.body.append(t,document.createComment(""));await 0})()`)
	assert.Contains(t, b.html(), `<template for="x">`, "what scripts add later is no patch")
}
