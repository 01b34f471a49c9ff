package coding

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// Coding is what inlay/edge.Coding documents.
type Coding interface {
	Name() string
	Encode(dst, src []byte) ([]byte, error)
	Decode(dst, coded []byte) ([]byte, error)
	NewWriter(w io.Writer) Writer
	Held() int
}

// Writer codes one answer.
type Writer = interface {
	io.Writer
	Flush() error
	Close() error
}

const (
	// Most is how many codings a server may have.
	Most = 6
	// mostHeld is what all writers of answers that wait may hold, in bytes: see Coding.
	mostHeld = 64 << 20
)

// Set is what a server codes with. The zero value has no coding.
type Set struct {
	list    []Coding // in the order of the server's preference
	names   []string
	working chan struct{} // has one of each that codes at this moment: a compressor has a megabyte of tables
	held    atomic.Int64  // by the writers of answers that wait
	broken  func(name string, err error)
	failed  [Most]atomic.Bool
}

// New makes a set. Gzip is in it in any case, for those who take nothing else. broken is told once of each coding that fails, from any
// goroutine.
func New(list []Coding, broken func(name string, err error)) (*Set, error) {
	c := &Set{broken: broken, working: make(chan struct{}, runtime.GOMAXPROCS(0))}
	seen := map[string]bool{}
	for _, one := range list {
		if one == nil {
			return nil, errors.New("edge: a member of Options.Codings is nil")
		}
		switch name := one.Name(); {
		case name == "" || !ascii.Only(name, field.IsTokenChar) || name != ascii.ToLower(name):
			return nil, fmt.Errorf("edge: a coding in Options.Codings is called %q; its name has to be a token in lower case, as Content-Encoding has it", name)
		case name == "identity" || name == "x-gzip":
			return nil, fmt.Errorf("edge: a coding in Options.Codings is called %q, which is no name to answer with", name)
		case seen[name]:
			return nil, fmt.Errorf("edge: Options.Codings has %s twice", name)
		default:
			c.list, c.names, seen[name] = append(c.list, one), append(c.names, name), true
		}
	}
	if !seen["gzip"] {
		c.list, c.names = append(c.list, Gzip{}), append(c.names, "gzip")
	}
	if len(c.list) > Most {
		return nil, fmt.Errorf("edge: Options.Codings has %d codings; with gzip there may be %d", len(c.list), Most)
	}
	return c, nil
}

// Len is how many codings there are. Each is known by its index.
func (c *Set) Len() int { return len(c.list) }

// Name is the name of a coding.
func (c *Set) Name(i int) string { return c.names[i] }

// work runs what compresses, no more at a time than there are processors.
func (c *Set) work(f func() error) error {
	c.working <- struct{}{}
	defer func() { <-c.working }()
	return f()
}

// fails tells, once for each coding, that one has failed.
func (c *Set) fails(i int, err error) {
	if !c.failed[i].Swap(true) {
		c.broken(c.names[i], err)
	}
}

// encode is a text in a coding, nil if it cannot be: for pages that have an entity tag, the same bytes each time.
func (c *Set) encode(i int, text []byte) (coded []byte) {
	err := c.work(func() (err error) {
		coded, err = c.list[i].Encode(make([]byte, 0, len(text)/3+64), text)
		return err
	})
	if err != nil {
		c.fails(i, err)
		return nil
	}
	return coded
}

// Once is a text in a coding for one answer, nil if it cannot be: the same bytes each time if named, as those that are kept.
func (c *Set) Once(i int, text []byte, named bool) []byte {
	if named {
		return c.encode(i, text)
	}
	var out bytes.Buffer
	err := c.work(func() error {
		w := c.list[i].NewWriter(&out)
		if _, err := w.Write(text); err != nil {
			return err
		}
		return w.Close()
	})
	if err != nil {
		c.fails(i, err)
		return nil
	}
	return out.Bytes()
}
