// Command pages makes pages.bin for the tests of worker/: it reads [{"pattern": …, "shell": …}, …] and writes what core.wasm
// takes.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"inlay/edge"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var shells []struct{ Pattern, Shell string }
	if err := json.NewDecoder(os.Stdin).Decode(&shells); err != nil {
		return err
	}
	var pages []edge.Page
	for _, s := range shells {
		page, err := edge.ParsePage(s.Pattern, s.Shell)
		if err != nil {
			return err
		}
		pages = append(pages, page)
	}
	_, err := os.Stdout.Write(edge.EncodePages(pages))
	return err
}
