// Command handler serves the benchmark's page natively, in a process of its own: with inlay, or with a handler of net/http that
// somebody writes by hand.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"

	"inlay/bench/workers/content"
	"inlay/edge"
)

func main() {
	serve := flag.String("serve", "inlay", "inlay, inlay-gzhttp, constant, pages, fragments, coded, gzhttp or gzip")
	origin := flag.String("origin", "", "inlay's origin, `http://HOST:PORT`")
	pages := flag.Int("pages", 1, "how many pages the others have")
	fields := flag.String("fields", "{}", "header fields that the others send, a JSON object of arrays")
	flag.Parse()
	if err := run(*serve, *origin, *pages, *fields); err != nil {
		fmt.Fprintln(os.Stderr, "handler:", err)
		os.Exit(1)
	}
}

func run(serve, origin string, pages int, fields string) error {
	var header http.Header
	if err := json.Unmarshal([]byte(fields), &header); err != nil {
		return err
	}
	var handler http.Handler
	switch serve {
	case "inlay":
		var err error
		if handler, err = inlay(origin); err != nil {
			return err
		}
	case "inlay-gzhttp":
		if err := os.Setenv("INLAY_COMPRESS", "off"); err != nil {
			return err
		}
		inner, err := inlay(origin)
		if err != nil {
			return err
		}
		handler = gzhttp.GzipHandler(inner)
	case "coded":
		handler = constantGzip(header)
	case "gzhttp":
		handler = gzhttp.GzipHandler(constant(uncoded(header)))
	case "gzip":
		handler = gzipped(constant(uncoded(header)))
	case "constant":
		handler = constant(header)
	case "pages":
		handler = wholePages(header, pages)
	case "fragments":
		handler = joinedFragments(header, pages)
	default:
		return fmt.Errorf("there is no handler %q", serve)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	return http.Serve(listener, handler)
}

// inlay is as a site of its own has it: the pages in its program, the fragments at an origin. Its variables are the environment's.
func inlay(origin string) (http.Handler, error) {
	config, err := edge.ParseConfig(func(name string) (string, bool) {
		if name == "INLAY_ORIGIN" {
			return origin, true
		}
		return os.LookupEnv(name)
	})
	if err != nil {
		return nil, err
	}
	var pages []edge.Page
	for path, speed := range map[string]string{"/page/{id}": "/fast/", "/cold/{id}": "/slow/"} {
		page, err := edge.ParsePage(path, content.Shell(speed))
		if err != nil {
			return nil, err
		}
		pages = append(pages, page)
	}
	return edge.NewHandler(edge.Options{Pages: pages, Config: config})
}

// set gives an answer the fields.
func set(w http.ResponseWriter, fields http.Header) {
	header := w.Header()
	for name, values := range fields {
		header[name] = values
	}
}

// constant answers everything with the page.
func constant(fields http.Header) http.Handler {
	page := []byte(content.Page())
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		set(w, fields)
		_, _ = w.Write(page)
	})
}

// constantGzip answers everything with the page in gzip.
func constantGzip(fields http.Header) http.Handler {
	var page bytes.Buffer
	z := gzip.NewWriter(&page)
	_, _ = io.WriteString(z, content.Page())
	_ = z.Close()
	fields.Set("Content-Encoding", "gzip")
	fields.Set("Content-Length", strconv.Itoa(page.Len()))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		set(w, fields)
		_, _ = w.Write(page.Bytes())
	})
}

// uncoded are the fields of the page as it is.
func uncoded(fields http.Header) http.Header {
	fields.Del("Content-Encoding")
	fields.Set("Content-Length", strconv.Itoa(content.PageSize))
	return fields
}

// gzipped compresses what a handler answers, as one writes it by hand.
func gzipped(h http.Handler) http.Handler {
	writers := sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.ServeHTTP(w, r)
			return
		}
		z := writers.Get().(*gzip.Writer)
		defer writers.Put(z)
		z.Reset(w)
		w.Header().Set("Content-Encoding", "gzip")
		h.ServeHTTP(&gzipWriter{w, z}, r)
		_ = z.Close()
	})
}

type gzipWriter struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (w *gzipWriter) Write(p []byte) (int, error) {
	w.Header().Del("Content-Length")
	return w.z.Write(p)
}

// wholePages looks the page up by its path. Each is a copy of its own, as pages are.
func wholePages(fields http.Header, pages int) http.Handler {
	var mu sync.RWMutex // somebody would write them, too
	stored := map[string][]byte{}
	for id := range pages {
		stored["/page/"+strconv.Itoa(id)] = []byte(content.Page())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.RLock()
		page, ok := stored[r.URL.Path]
		mu.RUnlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		set(w, fields)
		_, _ = w.Write(page)
	})
}

// joinedFragments looks five fragments up and writes them between the parts of the shell.
func joinedFragments(fields http.Header, pages int) http.Handler {
	var mu sync.RWMutex
	stored := map[string][]byte{}
	for i := range content.Slots {
		for id := range pages {
			stored["/fast/"+strconv.Itoa(i)+"/"+strconv.Itoa(id)] = []byte(content.Fragment(i))
		}
	}
	var shell [content.Slots + 1][]byte
	for i, part := range content.Parts() {
		shell[i] = []byte(part)
	}
	buffers := sync.Pool{New: func() any { b := make([]byte, 0, content.PageSize); return &b }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := strings.CutPrefix(r.URL.Path, "/page/")
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		page := append((*buffer)[:0], shell[0]...)
		for i := range content.Slots {
			mu.RLock()
			fragment, found := stored["/fast/"+strconv.Itoa(i)+"/"+id]
			mu.RUnlock()
			ok = ok && found
			page = append(append(page, fragment...), shell[i+1]...)
		}
		if *buffer = page; !ok {
			http.NotFound(w, r)
			return
		}
		set(w, fields)
		_, _ = w.Write(page)
	})
}
