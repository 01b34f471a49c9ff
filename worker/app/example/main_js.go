package main

import (
	"inlay/site"
	"inlay/worker/instance"
)

func main() { instance.Serve(site.Origin()) }
