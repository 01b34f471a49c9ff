//go:build js

package main

import (
	"github.com/syumai/workers"

	"inlay/edge"
	"inlay/site"
)

func main() { workers.Serve(edge.Fills(site.Origin())) }
