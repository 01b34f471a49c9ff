package shelf_test

import (
	"fmt"

	"shelf"
)

// A whole "package" & more.
func Example() {
	fmt.Println("<b>") // not bold

	fmt.Println(`raw
	text`)
	// Output:
	// <b>
	// raw
	// 	text
}

func ExampleShelf_Find_by_title() {
	s := shelf.New[int](1)
	fmt.Println(s)
	// Unordered output:
	// two
	// one
}

func ExampleBook() {
	_ = shelf.Book{}
}
