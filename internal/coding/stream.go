package coding

import (
	"bytes"
	"io"
	"sync"
)

// Stream codes an answer as it comes.
type Stream struct {
	set *Set
	i   int
	w   Writer
	out sink
}

// sink is where a writer writes: into a buffer that a stream has only while it sends, for there may be many that wait.
type sink struct{ *bytes.Buffer }

func (s *sink) Write(p []byte) (int, error) {
	if s.Buffer == nil {
		s.Buffer = buffers.Get().(*bytes.Buffer)
	}
	return s.Buffer.Write(p)
}

// take writes what came to w.
func (s *sink) take(w io.Writer) error {
	b := s.Buffer
	if b == nil {
		return nil
	}
	s.Buffer = nil
	_, err := w.Write(b.Bytes())
	if b.Cap() <= 64<<10 {
		b.Reset()
		buffers.Put(b)
	}
	return err
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Reserve takes what a stream in a coding may hold, and reports false if that is in use: see [Coding].
func (c *Set) Reserve(i int) bool {
	held := int64(c.list[i].Held())
	if c.held.Add(held) <= mostHeld {
		return true
	}
	c.held.Add(-held)
	return false
}

// Begin begins an answer in a coding for which Reserve has reported true.
func (c *Set) Begin(i int) *Stream {
	s := &Stream{set: c, i: i}
	s.w = c.list[i].NewWriter(&s.out)
	return s
}

// Send writes pieces of the answer to w, so far that the client can read them all; end says that these are the last. It is not w's
// error if broken: then the answer cannot go on.
func (s *Stream) Send(w io.Writer, pieces [][]byte, end bool) (broken bool, err error) {
	if len(pieces) == 0 && !end {
		return false, nil
	}
	err = s.set.work(func() error {
		for _, p := range pieces {
			if _, err := s.w.Write(p); err != nil {
				return err
			}
		}
		if end {
			return s.w.Close()
		}
		return s.w.Flush()
	})
	if err != nil {
		s.set.fails(s.i, err)
		return true, err
	}
	return false, s.out.take(w)
}

// End lets go of what an answer has held, whether it has come to its end or not.
func (s *Stream) End() { s.set.held.Add(-int64(s.set.list[s.i].Held())) }
