// Package shelf keeps books, even those called "<script>alert(1)</script>".
//
// # Finding books
//
// Use [Find], or [Shelf.Find] on one [Shelf]; put them in a [cart.Cart] from
// [shelf/cart]. See also [shelf/internal/glue.Stick], [the rules], and
// https://example.com/?a=1&b=2.
//
//   - a first way
//   - a second way
//
// Numbered:
//
//  3. three
//  4. four
//
// And as code:
//
//	if a < b && b > c {
//	}
//
// [the rules]: https://example.com/rules
package shelf

import (
	"errors"
	"io"

	"shelf/internal/glue"
)

// Sizes of shelves.
const (
	Small = 1 << iota // fits < 10
	Large
	hidden
	Huge
	Vast
	Endless
)

// ErrLost is what Find gives.
var ErrLost = errors.New("lost & not found")

// Find finds a book.
//
// Deprecated: ask [Shelf.Find].
func Find(title string) (*Book, error) { return nil, ErrLost }

func Bare() {}

// Book is one book.
type Book struct {
	// Title is what is on the cover.
	Title string
	Owner io.Reader // who has it
	place int
}

// Shelf holds books.
type Shelf[T any] struct{ glue.Glue }

// New makes a shelf.
func New[T any](n int) *Shelf[T] { return nil }

// Find finds.
func (s *Shelf[T]) Find(title string, f func(b *Book) bool) (b *Book, err error) { return nil, nil }

// Reader is who reads.
type Reader interface {
	// Read reads.
	Read(b *Book) error
	io.Closer
}

// Names is a list.
type Names []string

// Red is a name.
var Red Names
