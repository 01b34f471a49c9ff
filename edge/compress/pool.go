package compress

import (
	"io"
	"sync"

	"inlay/edge"
)

// resetter is what all libraries have: a writer that can begin anew.
type resetter interface {
	io.Writer
	Flush() error
	Close() error
	Reset(w io.Writer)
}

// pool has writers of one kind.
type pool struct{ sync.Pool }

func newPool(make func() resetter) *pool {
	p := new(pool)
	p.New = func() any { return make() }
	return p
}

func (p *pool) get(w io.Writer) resetter {
	z := p.Get().(resetter)
	z.Reset(w)
	return z
}

func (p *pool) put(z resetter) {
	z.Reset(io.Discard) // it is not to hold on to anybody's
	p.Put(z)
}

// appender writes to the end of a slice.
type appender struct{ p []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.p = append(a.p, p...)
	return len(p), nil
}

// encode appends src, coded by one of the writers.
func (p *pool) encode(dst, src []byte) ([]byte, error) {
	out := appender{dst}
	z := p.get(&out)
	defer p.put(z)
	if _, err := z.Write(src); err != nil {
		return dst, err
	}
	err := z.Close()
	return out.p, err
}

// pooled is a writer for one answer, given back at its end.
type pooled struct {
	resetter
	pool *pool
}

func (p *pool) writer(w io.Writer) edge.CodingWriter { return &pooled{p.get(w), p} }

func (w *pooled) Close() error {
	err := w.resetter.Close()
	w.pool.put(w.resetter)
	w.resetter = ended{}
	return err
}

// ended is a writer after its Close.
type ended struct{ resetter }

func (ended) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (ended) Flush() error              { return io.ErrClosedPipe }
func (ended) Close() error              { return nil }

// decode appends what r gives.
func decode(dst []byte, r io.Reader) ([]byte, error) {
	out := appender{dst}
	_, err := io.Copy(&out, r)
	return out.p, err
}
