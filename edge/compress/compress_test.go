package compress

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

func codings() []edge.Coding { return []edge.Coding{Brotli(), Zstd(), Gzip(), edge.Gzip()} }

// reading is a reader of another's making, as clients have.
func reading(t testing.TB, name string, r io.Reader) io.Reader {
	t.Helper()
	switch name {
	case "br":
		return brotli.NewReader(r)
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		require.NoError(t, err)
		t.Cleanup(z.Close)
		return z
	}
	z, err := gzip.NewReader(r)
	require.NoError(t, err)
	return z
}

// html is n bytes of a real page.
func html(t testing.TB, n int) []byte {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "doc", "go_spec.html"))
	require.NoError(t, err)
	for len(text) < n {
		text = append(text, text...)
	}
	return text[:n]
}

func texts(t testing.TB) [][]byte {
	random := make([]byte, 300_000)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(random)
	return [][]byte{{}, []byte("a"), html(t, 100), html(t, 17_000), html(t, 1_000_000), random[:99], random, make([]byte, 1<<20)}
}

func TestCodingsGiveWhatTheyGot(t *testing.T) {
	for _, c := range codings() {
		for _, text := range texts(t) {
			coded, err := c.Encode([]byte("before"), text)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(coded, []byte("before")))
			coded = coded[len("before"):]
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					again, err := c.Encode(nil, text)
					assert.NoError(t, err)
					assert.True(t, bytes.Equal(coded, again), "the same each time: %s", c.Name())
					got, err := c.Decode([]byte("before"), coded)
					assert.NoError(t, err)
					assert.True(t, bytes.Equal(append([]byte("before"), text...), got))
				})
			}
			all.Wait()
			got, err := io.ReadAll(reading(t, c.Name(), bytes.NewReader(coded)))
			require.NoError(t, err)
			assert.True(t, bytes.Equal(text, got), "%s of %d bytes", c.Name(), len(text))
			if len(text) > 1 {
				_, err = c.Decode(nil, coded[:len(coded)-1])
				assert.Error(t, err, "it breaks off")
			}
		}
	}
}

// What a client has after each flush is all that was written.
func TestCodingsAreWrittenInPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range codings() {
		for _, text := range texts(t) {
			in, out := io.Pipe()
			came := make(chan []byte)
			go func() {
				defer close(came)
				z := reading(t, c.Name(), in)
				for {
					p := make([]byte, 64<<10)
					n, err := z.Read(p)
					if n > 0 {
						came <- p[:n]
					}
					if err != nil {
						assert.ErrorIs(t, err, io.EOF)
						return
					}
				}
			}()
			var coded bytes.Buffer // since the writer's must not block
			w := c.NewWriter(&coded)
			send := func() {
				p := bytes.Clone(coded.Bytes())
				coded.Reset()
				go func() { _, _ = out.Write(p) }()
			}
			var got []byte
			for at := 0; at < len(text); {
				n := min(1+r.IntN(50_000), len(text)-at)
				_, err := w.Write(text[at : at+n])
				require.NoError(t, err)
				require.NoError(t, w.Flush())
				send()
				for at += n; len(got) < at; {
					select {
					case p := <-came:
						got = append(got, p...)
					case <-time.After(10 * time.Second):
						t.Fatalf("%s: %d of %d bytes came", c.Name(), len(got), at)
					}
				}
			}
			require.NoError(t, w.Close())
			rest := bytes.Clone(coded.Bytes())
			go func() {
				_, _ = out.Write(rest)
				_ = out.Close()
			}()
			for p := range came {
				got = append(got, p...)
			}
			assert.True(t, bytes.Equal(text, got))
			if _, err := w.Write([]byte("a")); c.Name() != "gzip" {
				assert.Error(t, err, "the writer is another answer's by now")
			}
		}
	}
}

// TestHeld holds Held to what writers that wait hold.
func TestHeld(t *testing.T) {
	text := html(t, 100_000)
	for _, c := range codings() {
		const n = 20
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC() // pools keep theirs for one
		runtime.ReadMemStats(&before)
		open := make([]edge.CodingWriter, n)
		for i := range open {
			open[i] = c.NewWriter(io.Discard)
			_, _ = open[i].Write(text)
			require.NoError(t, open[i].Flush())
		}
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		each := int(after.HeapAlloc-before.HeapAlloc) / n
		t.Logf("%s: %d bytes each", c.Name(), each)
		assert.LessOrEqual(t, each, c.Held()+4<<10, c.Name())
		runtime.KeepAlive(open)
	}
}

// TestPagesInEachCoding asks a handler for pages as browsers do.
func TestPagesInEachCoding(t *testing.T) {
	shell := "<!doctype html><html><head><title>t</title></head><body>" + strings.Repeat("<p>a shell of some size</p>", 300) +
		`<edge-slot name="a" src="/f/{id}" ttl="1h"><i>…</i></edge-slot></body></html>`
	page, err := edge.ParsePage("/p/{id}", shell)
	require.NoError(t, err)
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<b>"+r.URL.Path+"</b>")
	})
	h, err := edge.NewHandler(edge.Options{
		Pages: []edge.Page{page}, Origin: origin, Config: edge.Config{Compress: edge.CompressPages}, Codings: []edge.Coding{Brotli(), Zstd(), Gzip()},
	})
	require.NoError(t, err)
	defer h.Close()
	ask := func(target, accept, dest string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("Sec-Fetch-Dest", dest)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	tags := map[string]bool{}
	for i, c := range []struct{ accept, want string }{
		{"gzip, deflate, br, zstd", "br"}, {"gzip, deflate, br", "br"}, {"gzip, zstd", "zstd"}, {"gzip", "gzip"}, {"br;q=0.1, zstd;q=0.2, gzip;q=0.3", "gzip"},
	} {
		cold := ask(fmt.Sprintf("/p/%d", i), c.accept, "document") // streamed
		assert.Equal(t, c.want, cold.Header().Get("Content-Encoding"))
		text, err := io.ReadAll(reading(t, c.want, cold.Body))
		require.NoError(t, err)
		assert.Contains(t, string(text), fmt.Sprintf("<b>/f/%d</b>", i))
		for range 70 {
			warm := ask("/p/same", c.accept, "empty")
			assert.Equal(t, c.want, warm.Header().Get("Content-Encoding"))
			tags[warm.Header().Get("Etag")] = true
			text, err = io.ReadAll(reading(t, c.want, warm.Body))
			require.NoError(t, err)
			assert.True(t, strings.HasSuffix(string(text), "<b>/f/same</b></body></html>"))
			assert.Len(t, text, len(ask("/p/same", "identity", "empty").Body.Bytes()))
		}
	}
	delete(tags, "")
	assert.Len(t, tags, 3, "each form has its tag")
}

func BenchmarkCodings(b *testing.B) {
	for _, size := range []int{17_000, 100_000} {
		text := html(b, size)
		for i, c := range codings() {
			name := fmt.Sprintf("bytes=%d/%s", size, c.Name())
			if i == 3 {
				name += "-std"
			}
			b.Run(name+"/kept", func(b *testing.B) {
				var out []byte
				for b.Loop() {
					out, _ = c.Encode(out[:0], text)
				}
				b.ReportMetric(float64(len(out)), "coded-B")
			})
			b.Run(name+"/once", func(b *testing.B) {
				var out bytes.Buffer
				for b.Loop() {
					out.Reset()
					w := c.NewWriter(&out)
					_, _ = w.Write(text)
					_ = w.Close()
				}
				b.ReportMetric(float64(out.Len()), "coded-B")
			})
			b.Run(name+"/decode", func(b *testing.B) {
				coded, _ := c.Encode(nil, text)
				var out []byte
				for b.Loop() {
					out, _ = c.Decode(out[:0], coded)
				}
			})
		}
	}
}
