package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"inlay/bench/workers/content"
	"inlay/bench/workers/result"
)

// WatchPage asks for a page of package content and notes when each piece of it comes.
func WatchPage(addr, path string) (s result.Sample, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return s, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return s, err
	}
	s.Parts = make([]float64, content.Slots+1)
	s.Fragments = make([]float64, content.Slots)
	start := time.Now()
	since := func() float64 { return float64(time.Since(start)) / float64(time.Millisecond) }
	if _, err := conn.Write(request(addr, path, "")); err != nil {
		return s, err
	}
	r := bufio.NewReader(conn)
	if _, err := r.ReadByte(); err != nil {
		return s, err
	}
	s.FirstByte = since()
	if err := r.UnreadByte(); err != nil {
		return s, err
	}
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return s, err
	}
	if response.StatusCode != http.StatusOK {
		return s, fmt.Errorf("status %d for %s", response.StatusCode, path)
	}
	var page []byte
	note := func(at *float64, mark string) {
		if *at == 0 && bytes.Contains(page, []byte(mark)) {
			*at = since()
		}
	}
	for buf := make([]byte, 64<<10); ; {
		n, err := response.Body.Read(buf)
		page = append(page, buf[:n]...)
		for i := range s.Parts {
			note(&s.Parts[i], "<h2>Part "+strconv.Itoa(i+1)+"<")
		}
		for i := range s.Fragments {
			note(&s.Fragments[i], content.End(i))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
	}
	s.LastByte = since()
	for i := range s.Fragments {
		if s.Fragments[i] == 0 || s.Parts[i] == 0 || s.Parts[i+1] == 0 {
			return s, fmt.Errorf("%s came without all of its pieces: %.300q", path, page)
		}
	}
	return s, nil
}
