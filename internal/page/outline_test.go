package page_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/page"
	"inlay/internal/route"
)

func outlined() page.Outline {
	s := page.Slot{
		Name: "esi-1", Src: "/f?x=$(QUERY_STRING{x})", TTL: time.Hour, StaleWhileRevalidate: -1, StaleIfError: -1, Timeout: time.Second,
		Place: page.Place{Source: route.Template{Literal: []string{"/f?x=", ""}, Holes: []route.Hole{{Param: 0}}, Query: true}},
		Origins: page.Origins{
			InPlace: true, Lenient: true, Else: 1, Whole: true,
			Group:  []page.Piece{{From: 3, To: 9}, {Kind: page.SlotPiece, Slot: 2}},
			Inputs: []route.Input{{Kind: route.Query, Name: "x"}}, Defaults: []string{""},
		},
	}
	return page.Outline{
		Pieces: []page.Piece{
			{From: 0, To: 7}, {Kind: page.HeadPiece}, {Kind: page.LiteralPiece, Text: "\n"}, {Kind: page.SlotPiece, Slot: 0},
			{Kind: page.TailPiece, Text: "</p>"}, {From: 20, To: 30},
		},
		Slots: []page.Slot{s},
		Links: []string{"</a.css>; rel=preload"}, Conflicts: 5, Depth: 3,
	}
}

func TestOutlinesSurviveTheirEncoding(t *testing.T) {
	o := outlined()
	decoded, err := page.DecodeOutline(page.EncodeOutline(&o))
	require.NoError(t, err)
	assert.Equal(t, o, decoded)
}

func FuzzDecodeOutline(f *testing.F) {
	o := outlined()
	whole := page.EncodeOutline(&o)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := page.DecodeOutline(data)
		if err != nil {
			return
		}
		again, err := page.DecodeOutline(page.EncodeOutline(&o))
		require.NoError(t, err)
		require.Equal(t, o, again)
	})
}

func TestPlainOutlinesSayNothing(t *testing.T) {
	for _, c := range []struct {
		o    page.Outline
		size int
		want bool
	}{
		{page.Outline{}, 0, true},
		{page.Outline{}, 3, false}, // all of it is taken out
		{page.Outline{Pieces: []page.Piece{{To: 3}}}, 3, true},
		{page.Outline{Pieces: []page.Piece{{To: 2}}}, 3, false},
		{page.Outline{Pieces: []page.Piece{{From: 1, To: 3}}}, 3, false},
		{page.Outline{Pieces: []page.Piece{{Kind: page.LiteralPiece, Text: "abc"}}}, 3, false},
		{page.Outline{Pieces: []page.Piece{{To: 3}, {Kind: page.TailPiece}}}, 3, false},
		{page.Outline{Pieces: []page.Piece{{To: 3}}, Slots: make([]page.Slot, 1)}, 3, false},
	} {
		assert.Equal(t, c.want, c.o.Plain(c.size), "%+v", c)
	}
}
