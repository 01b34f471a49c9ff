package main

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

// ways are those in which a cold page can leave.
var ways = []struct{ name, what, worker, path string }{
	{"wait", "JavaScript: waits for all fragments (Promise.all), then answers", "map", "/complete/"},
	{"complete", "inlay, complete: waits for all fragments", "inlay", "/complete/"},
	{"ordered", "inlay, ordered: each fragment in its place, waited for there", "inlay", "/ordered/"},
	{"stream", "inlay, streaming: the shell, then each fragment as it comes", "inlay", "/stream/"},
}

func cold(p *places, o *origin, samples int) (*result.Cold, error) {
	w, err := p.startWorkerd([]string{"INLAY_ORIGIN=" + o.URL}, nil, "map", "inlay")
	if err != nil {
		return nil, err
	}
	defer w.stop()
	found := &result.Cold{Delays: content.Delays[:]}
	for _, way := range ways {
		found.Ways = append(found.Ways, result.Way{Name: way.name, What: way.what})
	}
	id := 0
	for n := range samples + 1 {
		for i, way := range ways {
			id++ // each page is of its own: nothing of it is there
			sample, err := watchPage(w.addrs[way.worker], way.path+strconv.Itoa(id))
			if err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", way.name, err, w.log.Bytes())
			}
			if n > 0 { // the first is for the isolate to be warm
				found.Ways[i].Samples = append(found.Ways[i].Samples, sample)
			}
		}
	}
	return found, nil
}

// watchPage asks for a page and notes when each piece of it comes.
func watchPage(addr, path string) (s result.Sample, err error) {
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
	since := func() float64 { return millis(time.Since(start)) }
	if _, err := conn.Write(requestFor(addr, path)); err != nil {
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
