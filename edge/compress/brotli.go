package compress

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"

	"inlay/edge"
)

// Of the eleven qualities. 6 gives a page of 17 KB in 5,494 bytes and 0.6 ms; 9 takes longer for 12 bytes less, 11 takes
// 33 ms for 4,811 bytes, and 0.4 s for 100 KB, while all who ask for the page wait.
const (
	brotliThorough = 6
	brotliQuick    = 3
	// brotliWindow is 2 to the power of this: 256 KiB hold a page, and a writer that waits holds little more.
	brotliWindow = 18
)

// Brotli is br by github.com/andybalholm/brotli.
func Brotli() edge.Coding {
	return brotliCoding{newPool(func() resetter { return newBrotli(brotliThorough) }), newPool(func() resetter { return newBrotli(brotliQuick) })}
}

func newBrotli(quality int) resetter {
	return brotli.NewWriterOptions(io.Discard, brotli.WriterOptions{Quality: quality, LGWin: brotliWindow})
}

type brotliCoding struct{ thorough, quick *pool }

func (brotliCoding) Name() string { return "br" }

func (b brotliCoding) Encode(dst, src []byte) ([]byte, error) { return b.thorough.encode(dst, src) }

func (brotliCoding) Decode(dst, coded []byte) ([]byte, error) {
	return decode(dst, brotli.NewReader(bytes.NewReader(coded)))
}

func (b brotliCoding) NewWriter(w io.Writer) edge.CodingWriter { return b.quick.writer(w) }

// Held is measured by TestHeld.
func (brotliCoding) Held() int { return 5 << 18 }
