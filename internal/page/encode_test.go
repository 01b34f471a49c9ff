package page_test

import (
	"fmt"
	"strings"
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

func TestAPageIsReadByItself(t *testing.T) {
	one, err := shell.Parse("/p/{id}", encodedShell)
	require.NoError(t, err)
	other, err := shell.Parse("/q", "<p>plain</body>")
	require.NoError(t, err)
	all := page.Encode([]page.Page{one, other})
	size := page.HeadSize(all[:page.StartSize])
	entries, err := page.DecodeHead(all[page.StartSize:page.StartSize+size], len(all))
	require.NoError(t, err)
	require.Len(t, entries, 2)
	assert.Equal(t, []page.Foreign{{Line: 1, Name: "b", Host: "other.example"}}, entries[0].Foreign)
	for i, want := range []page.Page{one, other} {
		e := &entries[i]
		got, layout, err := e.Open(all[e.At : e.At+e.Own])
		require.NoError(t, err)
		assert.Equal(t, page.Lay(&want), layout)
		assert.Equal(t, strings.Join(want.Static, ""), string(all[e.TextAt():e.TextAt()+e.Text]))
		assert.Equal(t, want.Slots, got.Slots)
		assert.Equal(t, want.Pattern, got.Pattern)
		_, _, err = e.Open(all[e.At : e.At+e.Own-1])
		assert.ErrorContains(t, err, "build again")
	}
}

func TestALayoutIsTheShellWithItsPlaces(t *testing.T) {
	const head, tail = page.HeadPiece, page.TailPiece
	for _, c := range []struct {
		name string
		page page.Page
		want string
	}{
		{"empty", page.Page{Shell: page.Shell{Static: []string{""}}}, "HT"},
		{"one text", page.Page{Shell: page.Shell{Static: []string{"abc"}, Head: page.Cut{Off: 1}, Tail: page.Cut{Off: 2}, Closers: "</i>"}}, "aHbT</i>c"},
		{"the tail first", page.Page{Shell: page.Shell{Static: []string{"abc"}, Head: page.Cut{Off: 2}, Tail: page.Cut{Off: 1}}}, "aTbHc"},
		{"both at once", page.Page{Shell: page.Shell{Static: []string{"ab"}, Head: page.Cut{Off: 1}, Tail: page.Cut{Off: 1}}}, "aHTb"},
		{"a slot", page.Page{Slots: make([]page.Slot, 1), Shell: page.Shell{Static: []string{"ab", "cd"}, Head: page.Cut{Off: 1}, Tail: page.Cut{Part: 1, Off: 1}}}, "aHb[0]cTd"},
		{"parameters", page.Page{Slots: make([]page.Slot, 1), Shell: page.Shell{Static: []string{"ab", "cd"}, Tail: page.Cut{Part: 1, Off: 1}, Params: []string{"x", "y"},
			Inserts: []page.Insert{{Part: 0, Off: 0, Param: 1}, {Part: 0, Off: 1}, {Part: 1, Off: 1, As: page.AsURL}, {Part: 1, Off: 2}, {Part: 2, Off: 0}}}},
			"{1 0}Ha{0 0}b[0]c{0 2}Td{0 0}"},
	} {
		l := page.Lay(&c.page)
		text, got := strings.Join(c.page.Static, ""), ""
		for _, p := range l.Pieces {
			switch p.Kind {
			case page.TextPiece:
				got += text[p.From:p.To]
			case page.SlotPiece:
				got += fmt.Sprintf("[%d]", p.Slot)
			case page.ParamPiece:
				got += fmt.Sprintf("{%d %d}", p.Slot, p.As)
			case head:
				got += "H"
			case tail:
				got += "T" + p.Text
			}
		}
		assert.Equal(t, c.want, got, c.name)
		assert.Equal(t, len(text), l.Size)
	}
}

func FuzzDecodePages(f *testing.F) {
	p, err := shell.Parse("/p/{id}", encodedShell)
	if err != nil {
		f.Fatal(err)
	}
	whole := page.Encode([]page.Page{p})
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(whole[:len("inlay pages 10\n")])
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
