package edge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const encodedShell = `<!doctype html><html><head><link rel="stylesheet" href="/x.css"></head><body><p>` +
	`<edge-slot name="a" src="/f/{id}?x={id}" ttl="1h" swr="2s" sie="3s" timeout="4s" tags="t:{id} all" vary="cookie:c header:h query:q" required>` +
	`sk<edge-error>no</edge-error></edge-slot><edge-slot name="b" src="https://other.example/{id}"></edge-slot></body>`

func TestPagesSurviveTheirEncoding(t *testing.T) {
	one := page(t, "/p/{id}", encodedShell)
	one.Mode, one.CacheControl, one.Preload, one.Patience = Ordered, "public", true, 7
	pages := []Page{one, page(t, "/{$}", "plain")}
	for i := range one.Slots {
		one.Slots[i].span = span{} // where a slot stood in its source is of no use later
	}
	decoded, err := DecodePages(EncodePages(pages))
	require.NoError(t, err)
	assert.Equal(t, pages, decoded)
	assert.Equal(t, []string{"other.example"}, Hosts(pages))
}

func FuzzDecodePages(f *testing.F) {
	p, err := ParsePage("/p/{id}", encodedShell)
	if err != nil {
		f.Fatal(err)
	}
	whole := EncodePages([]Page{p})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(pagesMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, err := DecodePages(data)
		if err != nil {
			require.ErrorIs(t, err, errPages)
			return
		}
		again, err := DecodePages(EncodePages(pages))
		require.NoError(t, err)
		require.Equal(t, pages, again)
	})
}
