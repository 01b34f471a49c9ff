package devserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"html"
	"io"
	"net/http"
	"strings"
	"time"

	"inlay/internal/inject"
	"inlay/internal/overlay"
)

// What the server has beside the site is below a path that inlay lets no site
// have.
const (
	ownPath    = "/_inlay/dev/"
	clientPath = ownPath + "client.js"
	eventsPath = ownPath + "events"
)

// clientIntegrity is the script's hash, as integrity and a policy have it.
var clientIntegrity = inject.HashOf(clientScript)

// clientTag is what makes a page listen. kind is what the page is: page, error
// or wait.
func clientTag(kind, id, method string) string {
	return `<script src="` + clientPath + `" integrity="` + clientIntegrity + `" data-kind="` + kind + `" data-id="` +
		html.EscapeString(id) + `" data-method="` + html.EscapeString(method) + `" async></script>`
}

// isPart: whether a browser asks for something that belongs to a page.
func isPart(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return r.Header.Get("Upgrade") != "" || dest != "" && dest != "document"
}

// addClient adds the client to an answer, if it is a page. cut, once closed, ends
// the page at what has come of it: another version of it is there.
func addClient(answer *http.Response, host, method, id string, visit *overlay.Visit, cut <-chan struct{}) {
	header := answer.Header
	scripts, hashes, connects, tags := []string{clientPath}, []string{clientIntegrity}, []string{eventsPath}, clientTag("page", id, method)
	if visit != nil {
		visit.Head(time.Now(), answer.StatusCode, header)
		scripts, hashes, connects = append(scripts, overlay.ScriptPath), append(hashes, overlay.Integrity), append(connects, overlay.Connects...)
		tags += visit.Tag()
	}
	mark := func() {
		if tag, ok := strings.CutSuffix(header.Get("ETag"), `"`); ok {
			header.Set("ETag", tag+inject.EntityMark(id))
		}
	}
	if answer.StatusCode == http.StatusNotModified {
		mark()
		return
	}
	if !inject.IsPage(answer.StatusCode, header) {
		return
	}
	switch strings.ToLower(header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		answer.Body = unzip(answer.Body)
		header.Del("Content-Encoding")
	default:
		return
	}
	mark()
	if visit != nil {
		header.Del("ETag") // these are other bytes, each time
	}
	header.Del("Content-Length")
	answer.ContentLength = -1
	allow := inject.AllowanceFor(host, scripts, hashes, connects)
	allow.On(header)
	answer.Body = newInjected(answer.Body, inject.Filter{Allow: allow}, tags, visit, cut)
}

// injected is a page's body with the client behind it. Each chunk passes when
// it comes.
type injected struct {
	body   io.ReadCloser
	filter inject.Filter
	chunks chan piece
	stop   context.CancelFunc
	visit  *overlay.Visit // what goes by is noted for it; nil: for nobody
	cut    <-chan struct{}

	left []byte // of what has come, still to be read
	tail string // comes at the end; "" when it has
	err  error  // what the end is
}

// piece is what one Read of the body gave.
type piece struct {
	bytes []byte
	err   error
}

func newInjected(body io.ReadCloser, filter inject.Filter, tail string, visit *overlay.Visit, cut <-chan struct{}) *injected {
	ctx, stop := context.WithCancel(context.Background())
	p := &injected{body: body, filter: filter, chunks: make(chan piece), stop: stop, cut: cut, tail: tail, visit: visit}
	go func() {
		// One buffer is read while the other is filled.
		buffers := [2][]byte{make([]byte, 32<<10), make([]byte, 32<<10)}
		for i := 0; ; i++ {
			n, err := body.Read(buffers[i%2])
			select {
			case p.chunks <- piece{buffers[i%2][:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

func (p *injected) Read(to []byte) (int, error) {
	for len(p.left) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		select {
		case next := <-p.chunks:
			if p.visit != nil {
				p.visit.Passes(next.bytes, time.Now())
			}
			p.left = p.filter.Next(next.bytes)
			if next.err != nil {
				p.end(next.err)
			}
		case <-p.cut:
			p.end(io.EOF)
		}
	}
	n := copy(to, p.left)
	p.left = p.left[n:]
	return n, nil
}

// end lets the client follow what is left, whatever the page ended of: one that
// broke off has to listen too.
func (p *injected) end(err error) {
	if p.visit != nil {
		p.visit.Ends(time.Now())
	}
	p.left = append(append(bytes.Clone(p.left), p.filter.Rest()...), p.tail...)
	p.err = err
}

func (p *injected) Close() error {
	p.stop()
	return p.body.Close()
}

// unzipped is a body as it was before it was compressed.
type unzipped struct {
	body   io.ReadCloser
	reader *gzip.Reader
}

func unzip(body io.ReadCloser) io.ReadCloser { return &unzipped{body: body} }

func (u *unzipped) Read(to []byte) (int, error) {
	if u.reader == nil {
		reader, err := gzip.NewReader(u.body)
		if err != nil {
			return 0, err
		}
		u.reader = reader
	}
	return u.reader.Read(to)
}

func (u *unzipped) Close() error { return u.body.Close() }
