package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inPlace is a shell with a slot in it, where § stands.
func inPlace(shell string) string {
	return strings.Replace(shell, "§", `<edge-slot name="a" src="/a"></edge-slot>`, 1)
}

func TestFragmentStandsOnlyWhereItReadsAsInAPatch(t *testing.T) {
	for _, c := range []struct {
		shell, fragment, message string // no message: it fits
	}{
		{"<p>§", "<b>x</b>", ""},
		{"<p>§", "x <div>y</div>", "<div> at byte 2 would end the <p> around the slot; put the slot into a <div>"},
		{"<p>§", "<ul></ul>", "<ul> at byte 0 would end the <p>"},
		{"<p><button>§", "<div></div>", ""},
		{"<p><b>§", "<div></div>", "<div> at byte 0 would end the <p>"},
		{"<p><object>§", "<div></div>", ""},
		{"<p>§", "<div><p>x</p></div>", "<div> at byte 0 would end the <p>"},
		{"<!doctype html><p>§", "<table></table>", "<table> at byte 0 would end the <p>"},
		{"<p>§", "<table></table>", ""}, // in quirks mode
		{"<p>§", "<b>x</b></p>y</p>", "</p> at byte 8 would end the <p>"},
		{"<!doctype html><div>§", "<p>x<table></table>", ""},
		{"<div>§", "<p>x<table></table>", "<table> at byte 4 ends the <p> before it only in a page with <!doctype html>"},
		{"<div>§", "<p>x</p><table></table>", ""},
		{"<a href=/>§", "<a>x</a>", "<a> at byte 0 would end the <a> around the slot; links do not nest"},
		{"<a href=/>§", "<i><a>x</a></i>", "<a> at byte 3 would end the <a>"},
		{"<a href=/><object>§", "<a>x</a>", ""},
		{"<a href=/><table><td>§", "<a>x</a>", ""},
		{"<nobr>§", "<nobr>x</nobr>", "<nobr> at byte 0 would end the <nobr>"},
		{"<form>§", "<form><input></form>", "<form> at byte 0 is ignored within the <form> around the slot"},
		{"<form></form>§", "<form><input></form>", ""},
		{"<div><form></div>§", "<form><input></form>", "<form> at byte 0 is ignored"},
		{"<button>§", "<button>x</button>", "<button> at byte 0 would end the <button>"},
		{"<button>§", "<div>x</div>", ""},
		{"<h1>§", "<em>x</em>", ""},
		{"<h1>§", "<h2>x</h2>", "<h2> at byte 0 would end the <h1>"},
		{"<h1><span>§", "<h2>x</h2>", ""},
		{"<ul><li>§", "<li>x</li>", "<li> at byte 0 would end the <li>"},
		{"<ul><li><div>§", "<li>x</li>", "<li> at byte 0 would end the <li>"},
		{"<ul>§", "<li>x<li>y", ""},
		{"<ul><li>§", "<ul><li>x</ul>", ""},
		{"<dl><dd>§", "<dt>x</dt>", "<dt> at byte 0 would end the <dd>"},
		{"<ruby>§", "<rt>x</rt>", ""},
		{"<ruby>§", "<rt>x<rt>y", "<rt> at byte 5 would end the <ruby>"},
		{"<ruby><rt>§", "<rt>x</rt>", "<rt> at byte 0 would end the <ruby>"},
		{"<b><b><b>§", "<b>x</b>", "<b> at byte 0 is one of more than three alike"},
		{"<b><b>§", "<b>x</b>", ""},
		{"<b><b>§", "<b><b>x</b></b>", "<b> at byte 3 is one of more than three"},
		{"<b>§", "<b><b><b>x</b></b></b>", "<b> at byte 6 is one of more than three"},

		{"<table>§", "<tbody><tr><td>x", ""},
		{"<table>§", "<caption>x</caption><colgroup><col></colgroup><thead></thead>", ""},
		{"<table>§", "<tr><td>x</td></tr>", "<tr> at byte 0 cannot stand directly in <table>, where the slot is; begin with <tbody>"},
		{"<table>§", "<p>x</p>", "<p> at byte 0 cannot stand directly in <table>"},
		{"<table>§", "x", "text at byte 0 cannot stand directly in <table>"},
		{"<table>§", " \n<!-- --><script></script>", ""},
		{"<table><tbody>§", "<tr><td>x<tr><td>y", ""},
		{"<table><tbody>§", "<td>x</td>", "<td> at byte 0 cannot stand directly in <tbody>"},
		{"<table><tr>§", "<td>x<th>y", ""},
		{"<table><tr>§", "<tr></tr>", "<tr> at byte 0 cannot stand directly in <tr>"},
		{"<table><tr>§", "<input type=hidden>", ""},
		{"<table><tr>§", "<input>", "<input> at byte 0 cannot stand directly in <tr>"},
		{"<table><tr>§", "<input type=hidden><td>x</td>", "text at byte 22 cannot stand directly in <tr>"}, // a patch ignores the cell
		{"<table><colgroup>§", "<col><col>", ""},
		{"<table><colgroup>§", "<script></script>", "<script> at byte 0 cannot stand directly in <colgroup>"},
		{"<table><tr><td>§", "<p>x</p><table><tr><td></table>", ""},
		{"<table><tr><td>§", "<td>x</td>", "<td> at byte 0 is a part of a table, and the slot is in none"},
		{"<table><caption>§", "<p>x</p>", ""},
		{"<div>§", "<tr><td>x", "<tr> at byte 0 is a part of a table"},
		{"<div>§", "<col>", "<col> at byte 0 is a part of a table"},

		{"<select>§", "<option>x<option>y<optgroup label=z></optgroup><hr>", ""},
		{"<select>§", "x", ""},
		{"<select>§", "<b>x</b>", "<b> at byte 0 cannot stand directly in <select>"},
		{"<select>§", "<input>", "<input> at byte 0 cannot stand directly in <select>"},
		{"<select>§", "<optgroup><option>x<optgroup>", "<optgroup> at byte 19 cannot stand directly in <select>"},
		{"<select>§", "<optgroup><option>x</optgroup><optgroup>", ""},
		{"<select><optgroup>§", "<option>x</option>", ""},
		{"<select><optgroup>§", "<optgroup></optgroup>", "<optgroup> at byte 0 would end the <optgroup>"},
		{"<select><option>§", "x", ""},
		{"<select><option>§", "<option>x</option>", "<option> at byte 0 would end the <option>"},
		{"<datalist>§", "<option>x<option>y", ""},

		{"<head>§", "<meta name=a><link rel=b><title>c</title><style></style><script></script>", ""},
		{"<head>§", "<noscript><link rel=stylesheet><style></style></noscript>", ""},
		{"<head>§", "<noscript><img></noscript>", "<img> at byte 10 cannot stand directly in <head>"},
		{"<head>§", "<p>x</p>", "<p> at byte 0 cannot stand directly in <head>, where the slot is; put that into the body"},
		{"<head>§", "x", "text at byte 0 cannot stand directly in <head>"},
		{"<head>§", " <!-- -->\n<template>x</template>", ""},
		{"<head>§", "<head><meta name=a></head>", ""},
	} {
		s := newScript(t, pageOf(t, "/p", inPlace(c.shell)))
		s.get(1, "/p")
		s.fill(0, c.fragment)
		s.engine.Resume(1, s.now)
		asks := s.take()
		s.takeBody()
		s.get(2, "/p")
		body := s.takeBody()
		assert.Empty(t, reported(s.take()))
		if c.message == "" {
			assert.Contains(t, s.head["cache-status"], "inlay/a;hit", "%q in %q", c.fragment, c.shell)
			assert.NotContains(t, s.head["cache-status"], "detail", "%q in %q: %v", c.fragment, c.shell, asks)
			continue
		}
		assert.Contains(t, s.head["cache-status"], "detail=markup", "%q in %q", c.fragment, c.shell)
		assert.NotContains(t, body, c.fragment)
		if report := reported(asks); assert.Len(t, report, 1, "%q in %q", c.fragment, c.shell) {
			assert.Contains(t, report[0], "report /a "+c.message, "%q in %q", c.fragment, c.shell)
		}
	}
}

func reported(asks []string) (reports []string) {
	for _, ask := range asks {
		if strings.HasPrefix(ask, "report ") {
			reports = append(reports, ask)
		}
	}
	return reports
}

func TestSlotsShareAFragmentAndNotWhetherItFits(t *testing.T) {
	const shell = `<!doctype html><body><p><edge-slot name="inline" src="/f" ttl="10s" swr="10s"><i>…</i><edge-error>no</edge-error></edge-slot></p>` +
		`<div><edge-slot name="block" src="/f" ttl="10s" swr="10s"><i>…</i></edge-slot></div></body>`
	s := newScript(t, pageOf(t, "/p", shell), pageOf(t, "/q", strings.NewReplacer("<p>", "<span>", "</p>", "</span>").Replace(shell)))
	s.fields = browser
	s.get(1, "/p")
	require.Len(t, s.fills, 1)
	s.takeBody()
	s.take()

	s.fill(0, "<div>x</div>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="inline">no</template><!----><template for="block"><div>x</div></template><!----></body>`, s.takeBody())
	assert.Len(t, reported(s.take()), 1)

	s.get(2, "/p")
	assert.Contains(t, s.takeBody(), `<p>no</p><div><div>x</div></div>`)
	assert.Equal(t, "inlay/inline;hit;detail=markup, inlay/block;hit", s.head["cache-status"])
	assert.Empty(t, reported(s.take()), "the same fragment in the same slot is told of once")
	assert.Len(t, s.fills, 1, "and not asked for again")

	s.get(3, "/q")
	assert.Contains(t, s.takeBody(), `<span><div>x</div></span><div><div>x</div></div>`, "elsewhere it fits")
	s.take()

	// When it is stale it is renewed, and the next one may fit.
	s.now = s.now.Add(11e9)
	s.get(4, "/p")
	require.Len(t, s.fills, 2)
	s.takeBody()
	s.fill(1, "<b>y</b>")
	s.engine.Resume(4, s.now)
	assert.Contains(t, s.takeBody(), `<template for="inline"><b>y</b></template>`)
	assert.Empty(t, reported(s.take()))
}

func TestRequiredSlotFailsWithAFragmentThatDoesNotFit(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<p><edge-slot name="a" src="/a" required></edge-slot></p>`))
	s.get(1, "/p")
	s.fill(0, "<div>x</div>")
	s.engine.Resume(1, s.now)
	asks := s.take()
	assert.Contains(t, asks[len(asks)-1], "502")
}

func TestFragmentTooDeepForItsPlaceIsRefusedThere(t *testing.T) {
	for n, fits := range map[int]bool{400: true, 500: false} {
		s := newScript(t, pageOf(t, "/p", inPlace(strings.Repeat("<div>", 50)+"§")))
		s.get(1, "/p")
		s.fill(0, strings.Repeat("<i-x>", n)+strings.Repeat("</i-x>", n))
		s.engine.Resume(1, s.now)
		if !fits {
			assert.Contains(t, strings.Join(reported(s.take()), ""), "more than 512 deep")
		}
		s.get(2, "/p")
		assert.Equal(t, fits, !strings.Contains(s.head["cache-status"], "detail=markup"), n)
	}
}
