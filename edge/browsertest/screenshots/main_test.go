package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// limit is how large a picture may be, in bytes: README shows both.
const limit = 150 << 10

var names = []string{"streaming.png", "complete.png"}

func TestPicturesDifferInTheLateFragmentOnly(t *testing.T) {
	folder := t.TempDir()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()

	require.NoError(t, take(ctx, folder))

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
