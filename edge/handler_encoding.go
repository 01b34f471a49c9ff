package edge

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// In which encodings an origin answers with a page that may have slots.

// askForPage changes what a request that may be answered by a page with slots asks of the origin: all of it, in an encoding that can be
// undone here. known says that its URL is one of such a page, coded that one has come before that could not be read for its encoding.
func askForPage(header http.Header, known, coded bool) {
	accept := ascii.ToLower(strings.Join(header.Values("Accept"), ","))
	takesAll := accept == "" || strings.Contains(accept, "*/*") || strings.Contains(accept, "text/*")
	switch header.Get("Sec-Fetch-Dest") {
	case "", "empty", "document", "iframe", "frame", "object", "embed":
	default:
		takesAll = false // a style sheet, a picture, …
	}
	html := strings.Contains(accept, "text/html")
	if known && (html || takesAll) {
		for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
			header.Del(name)
		}
		header.Set("Accept-Encoding", "identity")
		return
	}
	encodings := field.JoinLines(header.Values("Accept-Encoding"))
	if encodings != "" && (html || coded && takesAll) {
		header.Set("Accept-Encoding", gzipOf(encodings))
	}
}

// gzipOf is what of an Accept-Encoding can be undone here.
func gzipOf(encodings string) string {
	for one := range strings.SplitSeq(encodings, ",") {
		name, weight, _ := strings.Cut(one, ";")
		if name = ascii.TrimOWS(name); !ascii.EqualFold(name, "gzip") && !ascii.EqualFold(name, "x-gzip") {
			continue
		}
		if q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q="); strings.Trim(q, "0.") != "" || q == "" {
			return "gzip"
		}
	}
	return "identity"
}

// inflater undoes gzip, as bytes come.
type inflater struct {
	in   *io.PipeWriter
	done chan error
}

func newInflater(to func([]byte)) *inflater {
	out, in := io.Pipe()
	z := &inflater{in: in, done: make(chan error, 1)}
	go func() {
		err := func() error {
			r, err := gzip.NewReader(out)
			if err != nil {
				return err
			}
			buf := make([]byte, 32<<10)
			for {
				n, err := r.Read(buf)
				if n > 0 {
					to(buf[:n])
				}
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
			}
		}()
		_ = out.CloseWithError(errors.New("edge: the origin's gzip cannot be read"))
		z.done <- err
	}()
	return z
}

func (z *inflater) write(p []byte) error {
	_, err := z.in.Write(p)
	return err
}

// end tells whether all that came was whole, once it has been read.
func (z *inflater) end() error {
	_ = z.in.Close()
	return <-z.done
}
