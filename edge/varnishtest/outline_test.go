package varnishtest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/esi/esitest"
	"inlay/internal/page"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// outlined composes what an outline says, in order, as the engine does, without its cache and its checks.
type outlined struct {
	t      *testing.T
	c      *esitest.Case
	source string
	slots  []page.Slot
	within []string // what is being included
}

func (o *outlined) all(pieces []page.Piece) (text string, ok bool) {
	ok = true
	for _, p := range pieces {
		switch p.Kind {
		case page.TextPiece:
			text += o.source[p.From:p.To]
		case page.LiteralPiece:
			text += p.Text
		case page.SlotPiece:
			inner, fine := o.slot(&o.slots[p.Slot])
			text, ok = text+inner, ok && fine
		}
	}
	return text, ok
}

func (o *outlined) slot(s *page.Slot) (text string, ok bool) {
	if s.Src == "" {
		text, ok = o.all(s.Group)
		ok = ok || !s.Whole
	} else {
		text, ok = o.fragment(s)
	}
	if !ok && s.Else > 0 {
		return o.slot(&o.slots[s.Else])
	}
	if !ok {
		text = ""
	}
	return text, ok
}

func (o *outlined) fragment(s *page.Slot) (string, bool) {
	values := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		if values[i] = route.Value(request{o.c}, in); values[i] == "" {
			values[i] = s.Defaults[i]
		}
	}
	target := string(s.Source.AppendURL(nil, values))
	for part, body := range o.c.Parts {
		if canonical(part) != canonical(target) {
			continue
		}
		if o.c.Failed[part] || len(o.within) == 6 || slices.Contains(o.within, target) {
			return "", false
		}
		if o.c.Plain[part] {
			return body, true
		}
		text, _ := outline(o.t, o.c, body, target, false, append(slices.Clip(o.within), target)...)
		return text, true
	}
	return "", false
}

func (r request) Share(string, int) int { return 1 }

// request is what a visitor sends for a case.
type request struct{ c *esitest.Case }

func (r request) RawQuery() string { _, query, _ := strings.Cut(r.c.Target, "?"); return query }

func (r request) Header(name string) string {
	switch name {
	case "cookie":
		return r.c.Cookie
	case ":authority":
		return "shop.example"
	}
	return ""
}

func outline(t *testing.T, c *esitest.Case, source, base string, document bool, within ...string) (string, bool) {
	o, _, err := shell.Outline([]byte(source), shell.OutlineOptions{Document: document, ESI: true, Base: base})
	require.NoError(t, err)
	return (&outlined{t, c, source, o.Slots, within}).all(o.Pieces)
}

// What outlines say of the cases is what becomes of them.
func TestOutlinesMakeOfThemWhatVarnishDoes(t *testing.T) {
	for _, c := range esitest.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			got, _ := outline(t, &c, c.Parts[c.Target], c.Target, true)
			assert.Equal(t, c.Want, got)
		})
	}
	pages := esitest.Pages(t)
	varnish := Start(t, NewOrigin(t, pages).URL)
	for i, c := range pages {
		t.Run(c.Name, func(t *testing.T) {
			got, _ := outline(t, &c, c.Parts[c.Target], c.Target, true)
			assert.Equal(t, Get(t, varnish.URL, c.Target, "Host", Host(i)), got)
		})
	}
}

// markups are what random pages are made of, besides ESI: what decides where in a page something stands.
var markups = []string{
	"<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<select>", "<option>", "</select>", "<script>", "</script>", "<style>",
	"</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<pre>", "<pre>\n", "</pre>", "<svg>", "</svg>", "<math>",
	"<template>", "</template>", "<noscript>", "</noscript>", "<iframe>", "</iframe>", "<plaintext>", "<a href='", "'>",
	"<a title=\"", "\">", "&", "&am", "&#1", "</", "<body>", "</body>", "</html>", "<head>", "</head>", "<html>", "<!doctype html>",
	"<frameset>", "\x00", "\xff", "é", "<b>", "<i>", "</b>", "</i>", "<form>", "</form>", "<button>", "<h1>", "<ul><li>", "</ul>",
	"<search>", "<?x", "<?start name=\"a\">", "<object>", "<nobr>", "\r", "\r\n", "<!-- c -->", "<foreignObject>",
}

// Wherever in a page an include stands, in order it is what is included, as for Varnish, which does not look.
func TestIncludesAnywhereInAPageAreWhatIsIncluded(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 1))
	for range *documents {
		doc := ""
		for range 1 + r.IntN(20) {
			if r.IntN(4) == 0 {
				doc += []string{`<esi:include src="/a"/>`, `<esi:include src="/b"/>`, `<esi:remove>x</esi:remove>`, `<!--esi <b>x</b> -->`}[r.IntN(4)]
			} else {
				doc += markups[r.IntN(len(markups))]
			}
		}
		c := &esitest.Case{Target: "/", Parts: map[string]string{"/a": fragmentAt("/a"), "/b": fragmentAt("/b")}, Plain: map[string]bool{"/a": true, "/b": true}}
		want := composed(doc)
		if text, ok := strings.CutSuffix(want, "</"); ok {
			want = text + "&lt;/" // which it is, but for patches that follow it
		}
		got, _ := outline(t, c, doc, "/", true)
		if got != composed(doc) && !assert.Equal(t, want, got, "seed %d: %q", *seed, doc) {
			return
		}
	}
}
