package engine

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/answer"
)

const parameterPage = `<!doctype html><html lang="{lang}"><head><title>Product {id}</title></head><body><h1>{id}</h1><a href="/p/{id}">{id}</a>` +
	`<edge-slot name="a" src="/f/{id}" ttl="1m"><p>Wait for {id}</p><edge-error><p>No {id}</p></edge-error></edge-slot>` +
	`<edge-slot name="b" src="/all" ttl="1m"><p>b</p></edge-slot><p title="{id}">{id}</p></body></html>`

// filledPage is the same with its parameters.
func filledPage(lang, text, value, url, a, b string) string {
	return `<!doctype html><html lang="` + lang + `"><head><title>Product ` + text + `</title></head><body><h1>` + text + `</h1><a href="/p/` + url + `">` + text + `</a>` +
		a + b + `<p title="` + value + `">` + text + `</p></body></html>`
}

func TestParametersAreInEveryKindOfAnswer(t *testing.T) {
	const text, value, url = `&lt;"&gt;`, "&lt;&#34;&gt;", "%3C%22%3E"
	s := newScript(t, pageOf(t, "/{lang}/{id}", parameterPage))

	s.fields = browser
	s.get(1, "/de/%3C%22%3E") // streamed
	shell := s.body
	assert.Contains(t, shell, `<html lang="de"><head><script>`)
	assert.Contains(t, shell, `<title>Product `+text+`</title></head><body><h1>`+text+`</h1><a href="/p/`+url+`">`)
	assert.Contains(t, shell, `<?start name="a"><p>Wait for `+text+`</p><?end>`)
	s.fill(1, "", func(a *answer.Answer) { a.Status = 500 })
	s.engine.Resume(1, s.now)
	assert.Contains(t, s.body, `<template for="a"><p>No `+text+`</p></template>`)
	s.fill(0, "<b>B</b>")
	s.engine.Resume(1, s.now)
	assert.True(t, strings.HasSuffix(s.body, `<p title="`+value+`">`+text+`</p><template for="a"><p>No `+text+`</p></template><!----><template for="b"><b>B</b></template><!----></body></html>`), s.body)

	// In order, with a failure: another parameter, another fragment.
	s.fields, s.body = nil, ""
	s.get(2, "/de/8")
	s.fill(2, "<b>A8</b>")
	s.engine.Resume(2, s.now)
	assert.Equal(t, filledPage("de", "8", "8", "8", "<b>A8</b>", "<b>B</b>"), s.body)

	// Whole, and warm, and to HEAD, and 304.
	s.body = ""
	s.get(3, "/de/8")
	want := filledPage("de", "8", "8", "8", "<b>A8</b>", "<b>B</b>")
	assert.Equal(t, want, s.body)
	etag, length := s.head["etag"], s.head["content-length"]
	assert.Equal(t, strconv.Itoa(len(want)), length)
	assert.NotEmpty(t, etag)
	s.engine.Handle(&Request{ID: 4, Method: "HEAD", Target: "/de/8", Fields: s}, s.now)
	assert.Equal(t, []string{etag, length}, []string{s.head["etag"], s.head["content-length"]})

	// The same fragments under other parameters are another page.
	s.body = ""
	s.get(5, "/fr/8")
	assert.Equal(t, filledPage("fr", "8", "8", "8", "<b>A8</b>", "<b>B</b>"), s.body)
	assert.NotEqual(t, etag, s.head["etag"])
	s.body = ""
	s.get(6, "/de/8")
	assert.Equal(t, want, s.body, "warm")
	assert.Equal(t, etag, s.head["etag"])

	s.engine.PurgeAll(s.now)
	assert.Equal(t, s.engine.keeps(), len(s.blobs), "nothing of them stays")
}
