package page_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/shell"
)

const encodedShell = `<!doctype html><html><head><link rel="stylesheet" href="/x.css"><title>{id}</title></head><body title="{id}"><a href="/{id}"><p>{id}` +
	`<edge-slot name="a" src="/f/{id}?x={id}" ttl="1h" swr="2s" sie="3s" timeout="4s" tags="t:{id} all" vary="cookie:c header:h query:q language:de,en country:AT,* host bucket:b/3" required>` +
	`sk{id}<edge-error>no{id}</edge-error></edge-slot><edge-slot name="b" src="https://other.example/{id}"></edge-slot></body>`

func TestPagesSurviveTheirEncoding(t *testing.T) {
	one, err := shell.Parse("/p/{id}", encodedShell)
	require.NoError(t, err)
	other, err := shell.Parse("/{$}", "plain")
	require.NoError(t, err)
	one.Mode, one.CacheControl, one.Preload, one.Patience = page.Ordered, "public", true, 7
	one.Header, other.Header = []field.Field{{Name: "x-a", Value: "b"}, {Name: "link", Value: ""}}, []field.Field{}
	pages := []page.Page{one, other}
	decoded, err := page.Decode(page.Encode(pages))
	require.NoError(t, err)
	assert.Equal(t, pages, decoded)
	assert.Len(t, decoded[0].Inserts, 6)
	assert.Equal(t, []string{"other.example"}, page.Hosts(pages))
}

func FuzzDecodePages(f *testing.F) {
	p, err := shell.Parse("/p/{id}", encodedShell)
	if err != nil {
		f.Fatal(err)
	}
	whole := page.Encode([]page.Page{p})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(whole[:len("inlay pages 8\n")])
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, err := page.Decode(data)
		if err != nil {
			require.ErrorContains(t, err, "build again")
			return
		}
		again, err := page.Decode(page.Encode(pages))
		require.NoError(t, err)
		require.Equal(t, pages, again)
	})
}
