package main

import (
	"go/doc/comment"
	"strconv"
	"strings"
)

// comment writes a doc comment as HTML with its headings at the given level.
// It does what comment.Printer does, but closes every element, and makes a link
// only of what has a page here. ids says whether headings get anchors: only one
// comment of a page may have them, or they would clash.
func (r *renderer) comment(m *markup, text string, level int, ids bool) {
	r.blocks(m, r.parser.Parse(text).Content, level, ids)
}

func (r *renderer) blocks(m *markup, blocks []comment.Block, level int, ids bool) {
	for _, block := range blocks {
		switch block := block.(type) {
		case *comment.Paragraph:
			m.tag("<p>")
			r.texts(m, block.Text)
			m.tag("</p>\n")
		case *comment.Heading:
			h := "h" + strconv.Itoa(level)
			m.tag("<", h)
			if ids {
				m.tag(` id="`, escape(r.headingID(block)), `"`)
			}
			m.tag(">")
			r.texts(m, block.Text)
			m.tag("</", h, ">\n")
		case *comment.Code:
			m.tag("<pre><code>")
			m.text(strings.TrimSuffix(block.Text, "\n"))
			m.tag("</code></pre>\n")
		case *comment.List:
			r.list(m, block, level)
		}
	}
}

// headingID is the heading's usual anchor, with a number after it where a
// heading before it already has that one.
func (r *renderer) headingID(h *comment.Heading) string {
	id := h.DefaultID()
	r.headings[id]++
	if n := r.headings[id]; n > 1 {
		return id + "-" + strconv.Itoa(n)
	}
	return id
}

func (r *renderer) list(m *markup, list *comment.List, level int) {
	kind := "ul"
	if list.Items[0].Number != "" {
		kind = "ol"
	}
	m.tag("<", kind, ">\n")
	next := 1
	for _, item := range list.Items {
		m.tag("<li")
		if number, err := strconv.Atoi(item.Number); err == nil {
			if number != next {
				m.tag(` value="`, strconv.Itoa(number), `"`)
			}
			next = number + 1
		}
		m.tag(">")
		if only, ok := single(item.Content); ok && !list.BlankBetween() {
			r.texts(m, only.Text)
		} else {
			r.blocks(m, item.Content, level, false)
		}
		m.tag("</li>\n")
	}
	m.tag("</", kind, ">\n")
}

func single(blocks []comment.Block) (*comment.Paragraph, bool) {
	if len(blocks) != 1 {
		return nil, false
	}
	p, ok := blocks[0].(*comment.Paragraph)
	return p, ok
}

func (r *renderer) texts(m *markup, texts []comment.Text) {
	for _, text := range texts {
		switch text := text.(type) {
		case comment.Plain:
			m.text(string(text))
		case comment.Italic:
			m.tag("<i>")
			m.text(string(text))
			m.tag("</i>")
		case *comment.Link:
			r.anchor(m, safeURL(text.URL), text.Text)
		case *comment.DocLink:
			name := text.Name
			if text.Recv != "" {
				name = text.Recv + "." + name
			}
			r.anchor(m, r.known.href(r.path, text.ImportPath, name), text.Text)
		}
	}
}

func (r *renderer) anchor(m *markup, href string, texts []comment.Text) {
	if href == "" {
		r.texts(m, texts)
		return
	}
	m.tag(`<a href="`, escape(href), `">`)
	r.texts(m, texts)
	m.tag(`</a>`)
}

// safeURL lets through the schemes that a documentation link has any use for,
// so that no comment can smuggle in a script.
func safeURL(url string) string {
	scheme, _, ok := strings.Cut(url, ":")
	if !ok {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto":
		return url
	}
	return ""
}
