package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// markupOf is what a fragment's elements say: every id and every href, in order.
type markupOf struct{ ids, hrefs []string }

// readMarkup reads a fragment as XML, which forgives nothing: every element is
// closed in order, every attribute is quoted, every & and < is escaped. It also
// refuses links within links and blocks within paragraphs, which HTML would
// silently rearrange.
func readMarkup(fragment string) (markupOf, error) {
	var found markupOf
	var open []string
	d := xml.NewDecoder(strings.NewReader("<fragment>" + fragment + "</fragment>"))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			for _, outer := range open {
				if outer == name && (name == "a" || name == "p" || name == "code") || outer == "p" && isBlock[name] {
					return found, fmt.Errorf("<%s> within <%s>", name, outer)
				}
			}
			if name != "wbr" {
				open = append(open, name)
			}
			for _, attribute := range token.Attr {
				switch attribute.Name.Local {
				case "id":
					found.ids = append(found.ids, attribute.Value)
				case "href":
					found.hrefs = append(found.hrefs, attribute.Value)
				}
			}
		case xml.EndElement:
			if token.Name.Local != "wbr" {
				open = open[:len(open)-1]
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			return found, fmt.Errorf("%T in a fragment", token)
		}
	}
}

var isBlock = map[string]bool{
	"div": true, "ul": true, "ol": true, "pre": true, "details": true, "header": true, "section": true,
	"h1": true, "h2": true, "h3": true, "h4": true,
}

// requireSoundPages checks every page that files make up: well-formed, no id
// twice, and every link leads to a page and an anchor that exist.
func requireSoundPages(t *testing.T, files map[string]string) {
	t.Helper()
	pages := map[string]markupOf{}
	for name, text := range files {
		kind, path, _ := strings.Cut(name, "/")
		switch kind {
		case "importers", "most-imported", "packages.json", "upstream.json":
			continue
		}
		m, err := readMarkup(text)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		all := pages[path]
		pages[path] = markupOf{append(all.ids, m.ids...), append(all.hrefs, m.hrefs...)}
	}
	ids := map[string]map[string]bool{}
	for path, page := range pages {
		ids[path] = map[string]bool{}
		for _, id := range page.ids {
			if ids[path][id] {
				t.Errorf("id %q twice on the page of %s", id, path)
			}
			ids[path][id] = true
		}
	}
	for path, page := range pages {
		for _, href := range page.hrefs {
			if strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "mailto:") {
				continue
			}
			target, anchor, _ := strings.Cut(href, "#")
			there := path
			if target != "" {
				there = strings.TrimPrefix(target, "/pkg/")
			}
			// Testify's own checks would take minutes for so many links.
			if _, ok := pages[there]; !ok || target == there {
				t.Errorf("link %q on the page of %s leads to no page", href, path)
			} else if anchor != "" && !ids[there][anchor] {
				t.Errorf("link %q on the page of %s leads to no anchor", href, path)
			}
		}
	}
}
