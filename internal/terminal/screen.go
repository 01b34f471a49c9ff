package terminal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// Screen is a terminal's second page. What is typed is not shown, and does nothing but what Keys' reader makes of it.
type Screen struct {
	// Keys has what is typed.
	Keys <-chan byte
	// Resized has something after the terminal's size has changed.
	Resized <-chan struct{}

	out     *os.File
	restore []func()
	once    sync.Once
}

// ErrNone is the error of what is no terminal.
var ErrNone = errors.New("this is no terminal")

// What is written: the second page, and no cursor on it; and back.
const (
	begin = "\x1b[?1049h\x1b[?25l"
	end   = "\x1b[?25h\x1b[?1049l"
)

// Open begins a screen. Whoever has it closes it, also if he panics.
func Open(in, out *os.File) (*Screen, error) {
	if _, _, ok := Size(out); !ok || os.Getenv("TERM") == "dumb" {
		return nil, ErrNone
	}
	s := &Screen{out: out}
	if in != nil {
		quiet, err := silence(in)
		if err == nil {
			s.restore = append(s.restore, quiet)
			keys := make(chan byte, 16)
			s.Keys = keys
			go read(in, keys)
		}
	}
	resized, stop := watchSize()
	s.Resized = resized
	s.restore = append(s.restore, stop)
	if _, err := out.WriteString(begin); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// read gives what is typed until there is no more; what nobody takes is lost.
func read(in *os.File, keys chan<- byte) {
	var b [64]byte
	for {
		n, err := in.Read(b[:])
		for _, key := range b[:n] {
			select {
			case keys <- key:
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// Size is how many columns and lines there are now.
func (s *Screen) Size() (width, height int) {
	width, height, ok := Size(s.out)
	if !ok || width < 1 || height < 1 {
		return 80, 24
	}
	return width, height
}

// Draw puts lines in the place of what was there: as many as there is room for, each cut where the line ends.
func (s *Screen) Draw(lines []string) error {
	width, height := s.Size()
	var b strings.Builder
	lines = lines[:min(len(lines), height)]
	for i, line := range lines {
		// Cleared before: behind a line that is full what clears the rest would clear its last character.
		fmt.Fprintf(&b, "\x1b[%d;1H\x1b[2K%s", i+1, Cut(line, width))
	}
	if len(lines) < height {
		fmt.Fprintf(&b, "\x1b[%d;1H\x1b[J", len(lines)+1)
	}
	_, err := s.out.WriteString(b.String())
	return err
}

// Close brings back what was there before. Closing again does nothing.
func (s *Screen) Close() {
	s.once.Do(func() {
		_, _ = s.out.WriteString(end) // there is nobody to tell
		for _, f := range s.restore {
			f()
		}
	})
}
