package engine

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/page"
	"inlay/internal/wording"
)

// modeOf is the rule by which a request gets its mode; the first that applies decides:
//
//  1. ?inlay=stream, ordered or complete, when debugging is on;
//  2. HTTP/1.0 cannot be streamed to: complete;
//  3. the page's own Mode, unless it is Auto;
//  4. User-Agent names a crawler, or a program that shows no patches: ordered;
//  5. Sec-Fetch-Dest is there: stream to what a browser's parser reads as a page (document, iframe, frame), ordered to
//     all else, such as empty, which is fetch, XMLHttpRequest, htmx and Turbo (Fetch Metadata, section 2.1);
//  6. User-Agent begins as browsers' do, which send Sec-Fetch-Dest only to trustworthy origins, and plain HTTP is none:
//     stream, unless a field says that a script asks;
//  7. ordered, which every reader understands.
//
// A page that is loaded ahead (Sec-Purpose: prefetch, prerender) is read by a parser in the end, so it makes no
// difference. Nor does Vary name what decides here: a streamed answer may not be stored by others, and a whole one is
// the same in every mode.
func modeOf(r *Request, p *page.Page, debug bool) page.Mode {
	if debug {
		if m := page.ModeNamed(queryValue(r.query, "inlay")); m != page.Auto {
			return m
		}
	}
	if r.HTTP10 {
		return page.Complete
	}
	if p.Mode != page.Auto {
		return p.Mode
	}
	agent := r.Fields.Field("user-agent")
	if runsNothing(agent) {
		return page.Ordered
	}
	if dest := r.Fields.Field("sec-fetch-dest"); dest != "" {
		if isParser(dest) {
			return page.Stream
		}
		return page.Ordered
	}
	if strings.HasPrefix(agent, "Mozilla/") && !askedByScript(r.Fields) {
		return page.Stream
	}
	return page.Ordered
}

// isParser tells whether a Sec-Fetch-Dest is of a request whose answer goes through a browser's parser as a page. It is
// an item (RFC 9651, section 3.3), whose parameters say nothing here; tokens have a case.
func isParser(dest string) bool {
	dest, _, _ = ascii.Cut(dest, ";")
	switch ascii.TrimOWS(dest) {
	case "document", "iframe", "frame":
		return true
	}
	return false
}

// scriptFields are sent by what asks for pages from scripts: jQuery and many others, htmx, Turbo, Unpoly, pjax, Inertia.
var scriptFields = [...]string{
	"x-requested-with", "hx-request", "turbo-frame", "x-turbo-request-id", "x-up-version", "x-pjax", "x-inertia",
}

func askedByScript(fields Fields) bool {
	for _, name := range scriptFields {
		if fields.Field(name) != "" {
			return true
		}
	}
	return false
}

// runsNothing tells whether a User-Agent is of a reader that takes a page as it stands in the answer's bytes.
func runsNothing(agent string) bool {
	for words := wording.List(wording.ReadersOfText); words != ""; {
		var word string
		if word, words, _ = ascii.Cut(words, "\n"); containsFold(agent, word) {
			return true
		}
	}
	return false
}

// containsFold reports whether s contains word, which is in lower case ASCII, whatever the case of s; without the copy
// of s that strings.ToLower makes.
func containsFold(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		j := 0
		for j < len(word) && (s[i+j]|0x20 == word[j] || s[i+j] == word[j]) {
			j++
		}
		if j == len(word) {
			return true
		}
	}
	return false
}

// queryValue is the first value of name in an encoded query, undecoded.
func queryValue(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = ascii.Cut(query, "&")
		if k, v, _ := ascii.Cut(pair, "="); k == name {
			return v
		}
	}
	return ""
}
