package browsertest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// stage is a server on the loopback whose test decides what the browser gets, and when.
type stage struct {
	t      *testing.T
	server *httptest.Server
	header http.Header
	chunks chan chunk
}

// chunk is what leaves at once; after the last the page ends.
type chunk struct {
	text string
	last bool
}

// newStage starts a server; each name and value that follow are a header field of its answers.
func newStage(t *testing.T, fields ...string) *stage {
	t.Helper()
	s := &stage{t: t, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, chunks: make(chan chunk)}
	for i := 0; i < len(fields); i += 2 {
		s.header.Set(fields[i], fields[i+1])
	}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r) // the browser asks for an icon too
			return
		}
		for name, values := range s.header {
			w.Header()[name] = values
		}
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case c := <-s.chunks:
				if c.last {
					return
				}
				_, _ = w.Write([]byte(c.text))
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// send gives the browser the next bytes of the page and returns when they are on their way.
func (s *stage) send(text string) {
	s.t.Helper()
	s.next(chunk{text: text})
}

// end is the end of the page.
func (s *stage) end() {
	s.t.Helper()
	s.next(chunk{last: true})
}

func (s *stage) next(c chunk) {
	s.t.Helper()
	select {
	case s.chunks <- c:
	case <-time.After(patience):
		require.FailNow(s.t, "the browser does not listen", "to %s", c.text)
	}
}

// head begins a page as a streamed page begins.
const head = `<!doctype html><html lang="en"><head><script>` + edge.FallbackScript + `</script>` + probe + `<title>page</title>` + style + `</head><body>`

// probe tells the script that comments come through.
const probe = `<!--inlay-->`

// style makes a skeleton red and a fragment green, so that a screenshot tells them apart.
const style = `<style>body{margin:0;background:#fff}.sk,.fr{height:40px;width:100px;display:block}.sk{background:#f00}.fr{background:#0a0}</style>`

const (
	skeleton = `<b class="sk">wait</b>`
	fragment = `<b class="fr">here</b>`
)

// start and stop are a placeholder's markers.
func placeholder(name, skeleton string) string {
	return `<?start name="` + name + `">` + skeleton + `<?end>`
}

// patch is what puts a fragment into its place. The comment at its end is for the fallback script.
func patch(name, fragment string) string {
	return `<template for="` + name + `">` + fragment + `</template><!---->`
}

// shows waits until the reader sees the skeleton's red, or none, and the fragment's green, or none. In WebKit it looks at
// nothing: see [webkitBrowser.png].
func (b *tab) shows(step string, red, green bool) {
	b.t.Helper()
	if b.kind == webkit {
		return
	}
	// A browser paints after its document has changed.
	for deadline := time.Now().Add(patience); ; {
		r, g := pixels(b.t, b.screenshot(step))
		if r > 0 == red && g > 0 == green {
			return
		}
		require.True(b.t, time.Now().Before(deadline), "%d red pixels (wanted some: %t), %d green ones (wanted some: %t)", r, red, g, green)
	}
}

// pixels counts a screenshot's pixels of the skeleton's red and of the fragment's green.
func pixels(t *testing.T, screenshot []byte) (red, green int) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(screenshot))
	require.NoError(t, err)
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			switch c := rgb(img, x, y); {
			case c.R > 200 && c.G < 60 && c.B < 60:
				red++
			case c.G > 120 && c.R < 60 && c.B < 60:
				green++
			}
		}
	}
	return red, green
}

func rgb(img image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}
