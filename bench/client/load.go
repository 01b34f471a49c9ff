// Package client is what the benchmarks ask servers with: connections that stay open, each with one request at a time, and an eye on
// when each piece of a page comes. Every answer is compared with what it has to be.
package client

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// agent is a browser's, so that inlay streams.
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

// request is one for a path; accept is its Accept-Encoding, if there is one.
func request(addr, path, accept string) []byte {
	if accept != "" {
		accept = "Accept-Encoding: " + accept + "\r\n"
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/html\r\nAccept-Language: en\r\n%s\r\n", path, addr, agent, accept)
}

// Load asks one server for one path, or for several in turns.
type Load struct {
	requests [][]byte
	want     []byte
	conns    []*conn
	asked    atomic.Int64
}

type conn struct {
	net.Conn
	r     *bufio.Reader
	body  bytes.Buffer
	coded []byte // the last body in an encoding that was found to be what is wanted
}

// New opens connections to addr. Each answer has to have the body want, whatever its encoding; accept is the requests'
// Accept-Encoding, empty for none.
func New(addr string, paths []string, accept string, want []byte, connections int) (*Load, error) {
	l := &Load{want: want}
	for _, path := range paths {
		l.requests = append(l.requests, request(addr, path, accept))
	}
	for range connections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			l.Close()
			return nil, err
		}
		l.conns = append(l.conns, &conn{Conn: c, r: bufio.NewReaderSize(c, 32<<10)})
	}
	return l, nil
}

// Close ends the connections.
func (l *Load) Close() {
	for _, c := range l.conns {
		_ = c.Close()
	}
}

// WarmUp makes one request whose answer may be a cold page's, which is streamed, then one on each connection and n more. It gives
// the header of an answer.
func (l *Load) WarmUp(n int) (http.Header, error) {
	if err := l.Visit(1); err != nil {
		return nil, err
	}
	var header http.Header
	for _, c := range l.conns {
		response, err := l.ask(c)
		if err != nil {
			return nil, err
		}
		header = response.Header
	}
	_, _, err := l.Run(n)
	return header, err
}

// Visit makes the next n requests, whatever their bodies.
func (l *Load) Visit(n int) error {
	_, _, err := l.run(n, func(c *conn) error {
		response, err := l.exchange(c)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d: %.300q", response.StatusCode, c.body.Bytes())
		}
		return err
	})
	return err
}

// Run makes the next n requests and gives how long each took, sorted, and how long all did.
func (l *Load) Run(n int) (each []time.Duration, all time.Duration, err error) {
	return l.run(n, func(c *conn) error {
		_, err := l.ask(c)
		return err
	})
}

// run has each connection ask in turns until all do that n times.
func (l *Load) run(n int, ask func(*conn) error) (each []time.Duration, all time.Duration, err error) {
	each = make([]time.Duration, n)
	errs := make([]error, len(l.conns))
	var next atomic.Int64
	var running sync.WaitGroup
	start := time.Now()
	for i, c := range l.conns {
		running.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				begin := time.Now()
				if errs[i] = ask(c); errs[i] != nil {
					return
				}
				each[k] = time.Since(begin)
			}
		})
	}
	running.Wait()
	all = time.Since(start)
	slices.Sort(each)
	return each, all, errors.Join(errs...)
}

// ask makes one request and checks its answer.
func (l *Load) ask(c *conn) (*http.Response, error) {
	response, err := l.exchange(c)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || !l.right(c, response.Header.Get("Content-Encoding")) {
		return nil, fmt.Errorf("status %d, and %d bytes that are not the page's: %.300q", response.StatusCode, c.body.Len(), c.body.Bytes())
	}
	return response, nil
}

// right reports whether a connection's last body is what is wanted. A server that compresses once sends the same bytes each time.
func (l *Load) right(c *conn, encoding string) bool {
	switch encoding {
	case "":
		return bytes.Equal(c.body.Bytes(), l.want)
	case "gzip":
		if bytes.Equal(c.body.Bytes(), c.coded) {
			return true
		}
		r, err := gzip.NewReader(bytes.NewReader(c.body.Bytes()))
		if err != nil {
			return false
		}
		plain, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(plain, l.want) {
			return false
		}
		c.coded = append(c.coded[:0], c.body.Bytes()...)
		return true
	}
	return false
}

// exchange makes one request and reads its answer's body into c.body.
func (l *Load) exchange(c *conn) (*http.Response, error) {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := c.Write(l.requests[int(l.asked.Add(1)-1)%len(l.requests)]); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return nil, err
	}
	c.body.Reset()
	_, err = c.body.ReadFrom(response.Body)
	return response, err
}

// Quantile gives the value that the part q of sorted values does not exceed.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
