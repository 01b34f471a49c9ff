// Command npm makes the repository's node_modules what package-lock.json says, if it is something else.
package main

import (
	"context"
	"fmt"
	"os"

	"inlay/internal/wrangler"
)

func main() {
	if err := wrangler.Install(context.Background(), ".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "npm:", err)
		os.Exit(1)
	}
}
