package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
)

// limit is how large a picture may be, in bytes: README shows both.
const limit = 150 << 10

// shell is a page like the example's, with a slot in a column of its own.
const shell = `<!doctype html><title>A page</title>
<style>body{margin:0}main{display:grid;grid-template-columns:3fr 1fr;gap:2rem}.sk{height:20rem;background:#ddd}</style>
<main><div>
<section id="overview"><edge-slot name="overview" src="/fragments/overview/{path}"></edge-slot></section>
<section id="index"><edge-slot name="index" src="/fragments/index/{path}"></edge-slot></section>
</div>
<section id="imported-by"><edge-slot name="imported-by" src="/fragments/imported-by/{path}"><div class="sk"></div></edge-slot></section>
</main>`

func fragment(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, map[string]string{
		"/fragments/summary":           "<p>One package.</p>",
		"/fragments/overview/io/fs":    "<h1>fs</h1><p>Files.</p>",
		"/fragments/index/io/fs":       `<p><a href="#FS">FS</a></p>`,
		"/fragments/imported-by/io/fs": "<ul><li>os</li></ul>",
	}[r.URL.Path])
}

var names = []string{"streaming.png", "complete.png"}

func TestPicturesDifferInTheLateFragmentOnly(t *testing.T) {
	folder := t.TempDir()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()

	page, err := edge.ParsePage("/pkg/{path...}", shell)
	require.NoError(t, err)
	require.NoError(t, take(ctx, folder, []edge.Page{page}, http.HandlerFunc(fragment)))

	streaming, complete := picture(t, filepath.Join(folder, names[0])), picture(t, filepath.Join(folder, names[1]))
	aside := width * 3 / 4 // the right column begins there
	assert.Zero(t, differences(streaming, complete, 0, aside), "the text beside it stays where it is")
	assert.NotZero(t, differences(streaming, complete, aside, width))
}

func TestReadmesPicturesAreOfThatSize(t *testing.T) {
	for _, name := range names {
		picture(t, filepath.Join("../../../docs/images", name))
	}
}

func picture(t *testing.T, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Less(t, len(data), limit, path)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	assert.Equal(t, image.Rect(0, 0, width, height), img.Bounds(), path)
	return img
}

// differences counts the pixels that differ in some columns.
func differences(a, b image.Image, from, to int) (n int) {
	for y := range height {
		for x := from; x < to; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}
