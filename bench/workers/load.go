package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"inlay/bench/workers/content"
)

// load asks one Worker for one path, or for several in turns, over connections that stay open, each with one request at a
// time.
type load struct {
	requests [][]byte
	want     []byte // the body of each answer; nil: whatever has all fragments
	conns    []*client
	asked    atomic.Int64
}

type client struct {
	net.Conn
	r    *bufio.Reader
	body bytes.Buffer
}

// agent is a browser's, so that inlay streams.
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

func requestFor(addr, path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/html\r\nAccept-Language: en\r\n\r\n", path, addr, agent)
}

func newLoad(addr, path string, want []byte, connections int) (*load, error) {
	return newLoads(addr, []string{path}, want, connections)
}

func newLoads(addr string, paths []string, want []byte, connections int) (*load, error) {
	var requests [][]byte
	for _, path := range paths {
		requests = append(requests, requestFor(addr, path))
	}
	return loadOf(addr, requests, want, connections)
}

func loadOf(addr string, requests [][]byte, want []byte, connections int) (*load, error) {
	l := &load{requests: requests, want: want}
	if err := l.connect(addr, connections); err != nil {
		return nil, err
	}
	return l, nil
}

// connect makes connections in place of those that l has.
func (l *load) connect(addr string, connections int) error {
	l.close()
	l.conns = nil
	for range connections {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			l.close()
			return err
		}
		l.conns = append(l.conns, &client{Conn: conn, r: bufio.NewReaderSize(conn, 32<<10)})
	}
	return nil
}

func (l *load) close() {
	for _, c := range l.conns {
		_ = c.Close()
	}
}

// ask makes one request and checks its answer.
func (l *load) ask(c *client) (http.Header, error) {
	response, err := l.exchange(c)
	if err != nil {
		return nil, err
	}
	right := bytes.Equal(c.body.Bytes(), l.want)
	if l.want == nil {
		right = content.IsWhole(c.body.String())
	}
	if response.StatusCode != http.StatusOK || !right {
		return nil, fmt.Errorf("status %d, and %d bytes that are not the page's: %.300q", response.StatusCode, c.body.Len(), c.body.Bytes())
	}
	return response.Header, nil
}

func (l *load) next() []byte { return l.requests[int(l.asked.Add(1)-1)%len(l.requests)] }

// exchange makes one request and reads its answer's body into c.body.
func (l *load) exchange(c *client) (*http.Response, error) {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := c.Write(l.next()); err != nil {
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

// run makes n requests and gives how long each took, sorted, and how long all did.
func (l *load) run(n int) (each []time.Duration, all time.Duration, err error) {
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
				if _, errs[i] = l.ask(c); errs[i] != nil {
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

// quantile gives the value that the part q of sorted values does not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
