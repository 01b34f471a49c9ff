//go:build tinygo

// Command core is core.wasm: the cache and the engine, driven from JavaScript. It is built by TinyGo without a scheduler,
// libc or WASI. JavaScript calls the exports of events.go, which hand events to the engine; the engine asks through the
// imports of host.go. Nothing else crosses the boundary, and main never runs.
package main

import (
	"inlay/internal/config"
	"inlay/internal/engine"
	"inlay/internal/page"
	"inlay/worker/core/heap"
)

// core is the engine; it is made by start, in the first request of an isolate: at module scope there is no clock yet.
var core *engine.Engine[handle]

// pages are the site's, parsed when the Worker was built: what is known of each before it is asked for, and the blob that has them all.
var (
	pages     []page.Entry
	pagesBlob handle
)

// readPages takes so many bytes of them.
func readPages(from, size int) []byte {
	p := make([]byte, size)
	read(pagesBlob, uint32(from), bytesAt(p), uint32(size))
	return p
}

// openPage reads a page that is asked for. Its text stays where it is.
func openPage(i int) (*page.Page, *page.Layout, handle) {
	e := &pages[i]
	p, l, err := e.Open(readPages(e.At, e.Own))
	if err != nil {
		return nil, nil, 0
	}
	return p, l, slice(pagesBlob, uint32(e.TextAt()), uint32(e.TextAt()+e.Text))
}

// logged: there is a purge log.
var logged bool

// errorText is why the last start or answer was refused.
var errorText []byte

func main() {}

// newEngine takes what variables.wasm has read.
func newEngine(t []string, seed, crashes uint64, has uint32) (err error) {
	c := config.Decode(t)
	heap.Spare = uint32(c.MaxBytes / 16)
	c.Seed, c.Crashes = seed, crashes
	logged = has&1 != 0
	c.Log = logged
	c.Tiers = config.Tiers(has>>1) & (config.DataCenter | config.KV)
	if !c.DataCenterCache {
		c.Tiers &^= config.DataCenter
	}
	core, err = engine.Open(engine.Pages[handle]{Entries: pages, Open: openPage}, c, engine.Host[handle](host{}))
	return err
}
