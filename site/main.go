package main

import (
	"embed"

	"inlay/worker/app"
)

//go:embed all:pages
var pages embed.FS

func main() { app.Main(pages, Handler()) }
