// Package cart carries.
package cart

import "shelf"

// Cart carries books.
type Cart struct{ Books []*shelf.Book }

// Book is the first.
func (c Cart) Book() *shelf.Book { return nil }
