package esi

import (
	"strings"
	"testing"
)

// BenchmarkReader reads a page of a megabyte with an include in every 4 KiB, in pieces as they come from a network.
func BenchmarkReader(b *testing.B) {
	row := strings.Repeat("<p class=\"row\">Some text &amp; a <a href=\"/link\">link</a>, line after line.</p>\n", 50)
	page := []byte(strings.Repeat(row+`<esi:include src="/fragment?id=7&amp;x=1" onerror="continue"/>`, 1<<20/len(row)))
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		r := New("/page")
		for i := 0; i < len(page); i += 16 << 10 {
			r.Write(page[i:min(len(page), i+16<<10)])
		}
		r.End()
	}
}
