package coding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"
)

// How well gzip compresses. A page of 17 KB of the Go specification's HTML in compress/gzip (Go 1.26, ./build.sh bench):
// level 1 takes a quarter of the time of level 6 and gives 12% more bytes; 9 gives what 6 does.
const (
	gzipThorough = 6
	gzipQuick    = gzip.BestSpeed
)

// Gzip is gzip by the standard library. A writer of it holds no memory while it waits: each flush begins anew, so that patches cannot refer to what is in the shell.
type Gzip struct{}

func (Gzip) Name() string { return "gzip" }
func (Gzip) Held() int    { return 0 }

var thoroughGzips = sync.Pool{New: func() any { return newGzip(gzipThorough) }}

func newGzip(level int) *gzip.Writer {
	z, err := gzip.NewWriterLevel(io.Discard, level)
	if err != nil {
		panic(err) // the levels are constants
	}
	return z
}

func (Gzip) Encode(dst, src []byte) ([]byte, error) {
	z := thoroughGzips.Get().(*gzip.Writer)
	defer thoroughGzips.Put(z)
	out := appender{dst}
	z.Reset(&out)
	if _, err := z.Write(src); err != nil {
		return dst, err
	}
	err := z.Close()
	return out.p, err
}

// appender is a writer to the end of a slice.
type appender struct{ p []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.p = append(a.p, p...)
	return len(p), nil
}

func (Gzip) Decode(dst, coded []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(coded))
	if err != nil {
		return dst, err
	}
	out := appender{dst}
	_, err = io.Copy(&out, r) // which looks at the sum at its end
	return out.p, err
}

func (Gzip) NewWriter(w io.Writer) Writer { return &gzipWriter{to: w} }

// gzipWriter writes one gzip member (RFC 1952) whose pieces between two flushes are compressed each by itself: DEFLATE's blocks may be
// put together so, as long as those of a piece end at a byte, which a flush sees to. A compressor has 800 KB of tables; between two pieces,
// when an answer waits for its next fragment, this has a sum and a length.
type gzipWriter struct {
	to      io.Writer
	z       *flate.Writer // of the piece in progress; nil: none
	sum     uint32
	size    uint32 // modulo 2^32, as the trailer has it
	started bool
}

var quickDeflates = sync.Pool{New: func() any {
	z, err := flate.NewWriter(io.Discard, gzipQuick)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

// gzipHead says DEFLATE, no name, no time, and that the system does not matter.
var gzipHead = [...]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}

func (g *gzipWriter) start() error {
	if g.started {
		return nil
	}
	g.started = true
	_, err := g.to.Write(gzipHead[:])
	return err
}

func (g *gzipWriter) Write(p []byte) (int, error) {
	if err := g.start(); err != nil || len(p) == 0 {
		return 0, err
	}
	if g.z == nil {
		g.z = quickDeflates.Get().(*flate.Writer)
		g.z.Reset(g.to)
	}
	g.sum = crc32.Update(g.sum, crc32.IEEETable, p)
	g.size += uint32(len(p))
	return g.z.Write(p)
}

func (g *gzipWriter) Flush() error {
	if err := g.start(); err != nil || g.z == nil {
		return err
	}
	err := g.z.Flush()
	g.free()
	return err
}

func (g *gzipWriter) free() {
	g.z.Reset(io.Discard) // which is not to hold the answer's writer
	quickDeflates.Put(g.z)
	g.z = nil
}

func (g *gzipWriter) Close() error {
	if err := g.start(); err != nil {
		return err
	}
	end := make([]byte, 0, 10)
	if g.z == nil {
		end = append(end, 3, 0) // a last block with nothing in it
	} else {
		err := g.z.Close()
		g.free()
		if err != nil {
			return err
		}
	}
	end = binary.LittleEndian.AppendUint32(end, g.sum)
	_, err := g.to.Write(binary.LittleEndian.AppendUint32(end, g.size))
	return err
}
