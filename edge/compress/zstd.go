package compress

import (
	"io"

	"github.com/klauspost/compress/zstd"

	"inlay/edge"
)

// zstdWindow is how far back what is written may refer, in bytes: browsers take 8 MiB (RFC 9659), and a page seldom has 256 KiB.
const zstdWindow = 256 << 10

// Zstd is zstd by github.com/klauspost/compress.
func Zstd() edge.Coding {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		panic(err) // the options are constants
	}
	return zstdCoding{
		thorough: newPool(func() resetter { return newZstd(zstd.SpeedBetterCompression) }),
		quick:    newPool(func() resetter { return newZstd(zstd.SpeedFastest) }),
		decoder:  decoder,
	}
}

func newZstd(level zstd.EncoderLevel) resetter {
	z, err := zstd.NewWriter(io.Discard, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow),
		zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false)) // whose sum browsers do not look at
	if err != nil {
		panic(err) // the options are constants
	}
	return z
}

type zstdCoding struct {
	thorough, quick *pool
	decoder         *zstd.Decoder
}

func (zstdCoding) Name() string { return "zstd" }

func (z zstdCoding) Encode(dst, src []byte) ([]byte, error) {
	e := z.thorough.Get().(*zstd.Encoder)
	defer z.thorough.Put(e)
	return e.EncodeAll(src, dst), nil
}

func (z zstdCoding) Decode(dst, coded []byte) ([]byte, error) { return z.decoder.DecodeAll(coded, dst) }

func (z zstdCoding) NewWriter(w io.Writer) edge.CodingWriter { return z.quick.writer(w) }

// Held is measured by TestHeld.
func (zstdCoding) Held() int { return 1 << 20 }
