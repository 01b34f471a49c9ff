package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// summary is one line about the library as a whole.
func (lib *library) summary() string {
	names, examples := 0, 0
	for _, p := range lib.packages {
		names += p.names
		examples += p.exampleCount()
	}
	var m markup
	m.tag("<p class=\"sub\">")
	m.text(release(lib.version))
	m.tag(" · <b>", thousands(len(lib.packages)), "</b> packages · <b>", thousands(names), "</b> exported names · <b>",
		thousands(examples), "</b> examples</p>\n")
	return m.String()
}

func (p *pkg) exampleCount() int {
	n := len(p.doc.Examples)
	for _, f := range p.doc.Funcs {
		n += len(f.Examples)
	}
	for _, t := range p.doc.Types {
		n += len(t.Examples)
		for _, f := range slices.Concat(t.Funcs, t.Methods) {
			n += len(f.Examples)
		}
	}
	return n
}

// release writes go1.26.8 as people do: Go 1.26.8.
func release(version string) string {
	if number, ok := strings.CutPrefix(version, "go"); ok {
		return "Go " + number
	}
	return version
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	if n < 1000 {
		return s
	}
	return thousands(n/1000) + "," + s[len(s)-3:]
}

// list is all packages with the first sentence of each, a section for each
// first element of their paths.
func (lib *library) list() string {
	var m markup
	top := ""
	for _, p := range lib.packages {
		first, _, _ := strings.Cut(p.path, "/")
		if first != top {
			if top != "" {
				m.tag("</ul>\n")
			}
			m.tag("<ul class=\"pkgs\">\n")
			top = first
		}
		m.tag("<li><a href=\"/pkg/", escape(p.path), "\">")
		if rest, ok := strings.CutPrefix(p.path, first+"/"); ok {
			m.tag("<i>", escape(first), "/</i>")
			m.text(rest)
		} else {
			m.text(p.path)
		}
		m.tag("</a> <span>")
		m.text(sentence(p))
		if deprecated(p.doc.Doc) {
			m.tag(` <b class="dep">deprecated</b>`)
		}
		m.tag("</span></li>\n")
	}
	m.tag("</ul>\n")
	return m.String()
}

// sentence is the package's synopsis without the words that every package
// comment starts with, which say nothing in a list.
func sentence(p *pkg) string {
	s := p.doc.Synopsis(p.doc.Doc)
	rest, ok := strings.CutPrefix(s, "Package "+p.doc.Name+" ")
	if !ok || rest == "" {
		return s
	}
	return strings.ToUpper(rest[:1]) + rest[1:]
}

// leaders is how many packages the list of the most imported ones has.
const leaders = 12

// mostImported is one line for each of the packages with the most importers.
func (lib *library) mostImported() string {
	byCount := slices.Clone(lib.packages)
	slices.SortStableFunc(byCount, func(a, b *pkg) int { return len(b.importers) - len(a.importers) })
	var lines strings.Builder
	for _, p := range byCount[:min(leaders, len(byCount))] {
		lines.WriteString(p.path + " " + strconv.Itoa(len(p.importers)) + "\n")
	}
	return lines.String()
}

// json is the list for programs.
func (lib *library) json() string {
	type row struct {
		Path      string `json:"path"`
		Synopsis  string `json:"synopsis"`
		Names     int    `json:"names"`
		Importers int    `json:"importers"`
	}
	var out strings.Builder
	for i, p := range lib.packages {
		line, err := json.Marshal(row{p.path, p.doc.Synopsis(p.doc.Doc), p.names, len(p.importers)})
		if err != nil {
			panic(err) // strings and numbers always marshal
		}
		out.WriteString(map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		out.Write(line)
	}
	out.WriteString("\n]\n")
	return out.String()
}
