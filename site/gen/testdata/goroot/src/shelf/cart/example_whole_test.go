// Copyright of nobody.

package cart_test

import (
	"fmt"

	"shelf/cart"
)

type wheel int

// It rolls.
func ExampleCart_roll() {
	var c cart.Cart
	fmt.Println(c, wheel(1))
	// Output: {[]} 1
}
