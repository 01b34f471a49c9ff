// Command npm makes the repository's node_modules, or those of a folder that it is given, what package-lock.json says, if they
// are something else.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"inlay/internal/wrangler"
)

func main() {
	folder, log := ".", io.Writer(os.Stdout)
	if len(os.Args) > 1 {
		folder, log = os.Args[1], io.Discard // which says what wrangler is waited for
	}
	if err := wrangler.Install(context.Background(), folder, log); err != nil {
		fmt.Fprintln(os.Stderr, "npm:", err)
		os.Exit(1)
	}
}
