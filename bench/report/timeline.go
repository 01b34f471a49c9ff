package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"inlay/bench/workers/result"
)

// The picture of a cold page: a band for each way, in it a row for the shell and one for each fragment. A row is filled
// from when its piece has arrived; the shell's fills up as its parts do.
const (
	svgWidth    = 760
	svgLeft     = 170 // where the axis begins
	svgRight    = 20
	svgTop      = 10
	svgTitle    = 26 // height of a band's title
	svgRow      = 14
	svgGap      = 4 // between rows
	svgBand     = 14
	svgAxis     = 40
	svgTickEach = 100 // ms
)

// bands are the ways that the picture shows, with their titles.
var bands = []struct{ way, title string }{
	{"wait", "Waiting for all"},
	{"ordered", "inlay, ordered"},
	{"stream", "inlay, streaming"},
}

// svgStyle is readable on light and on dark, whichever the reader prefers.
const svgStyle = `
text { font: 12px system-ui, sans-serif; fill: #444c56 }
.title { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.row { fill: #eaeef2 }
.shell { fill: #6e7781 }
.fragment { fill: #0f7fa8 }
.at { fill: #ffffff; font-size: 11px }
@media (prefers-color-scheme: dark) {
text { fill: #b1bac4 }
.title { fill: #f0f6fc }
.grid { stroke: #3d444d }
.row { fill: #22272e }
.shell { fill: #768390 }
.fragment { fill: #3fb0d8 }
.at { fill: #0d1117 }
}
`

// timeline draws the medians of all samples.
func timeline(c *result.Cold) string {
	longest := 0.0
	ways := map[string]result.Way{}
	for _, w := range c.Ways {
		ways[w.Name] = w
		longest = max(longest, median(column(w.Samples, func(s result.Sample) float64 { return s.LastByte })))
	}
	end := math.Ceil(longest/svgTickEach+0.2) * svgTickEach
	x := func(ms float64) float64 { return svgLeft + ms/end*(svgWidth-svgLeft-svgRight) }

	var rows strings.Builder
	y := float64(svgTop)
	for _, band := range bands {
		w, ok := ways[band.way]
		if !ok {
			continue
		}
		fmt.Fprintf(&rows, "<text class=\"title\" x=\"%d\" y=\"%.0f\">%s</text>\n", svgLeft, y+17, html.EscapeString(band.title))
		y += svgTitle
		label(&rows, y, "shell")
		bar(&rows, "row", x(0), y, x(end))
		var shell []float64
		for i := range w.Samples[0].Parts {
			shell = append(shell, median(column(w.Samples, func(s result.Sample) float64 { return s.Parts[i] })))
		}
		steps(&rows, shell, x, y, end)
		at(&rows, slices.Max(shell), x, y)
		y += svgRow + svgGap
		for i, delay := range c.Delays {
			label(&rows, y, fmt.Sprintf("fragment %d, %d ms", i+1, delay))
			bar(&rows, "row", x(0), y, x(end))
			came := median(column(w.Samples, func(s result.Sample) float64 { return s.Fragments[i] }))
			bar(&rows, "fragment", x(came), y, x(end))
			at(&rows, came, x, y)
			y += svgRow + svgGap
		}
		y += svgBand
	}

	var b strings.Builder
	height := y - svgBand + svgAxis
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\" role=\"img\">\n", svgWidth, height, svgWidth, height)
	b.WriteString("<title>When the parts of a cold page arrive, in ms</title>\n<style>" + svgStyle + "</style>\n")
	for ms := 0.0; ms <= end; ms += svgTickEach {
		fmt.Fprintf(&b, "<path class=\"grid\" d=\"M%.1f %d V%.0f\"/>\n", x(ms), svgTop, height-svgAxis+6)
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%.0f</text>\n", x(ms), height-svgAxis+20, ms)
	}
	fmt.Fprintf(&b, "<text x=\"%d\" y=\"%.0f\">ms since the request</text>\n", 10, height-svgAxis+20)
	b.WriteString(rows.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func label(b *strings.Builder, y float64, text string) {
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", svgLeft-10, y+svgRow-3, html.EscapeString(text))
}

// bar shows a piece as there from when it came.
func bar(b *strings.Builder, class string, from, y, to float64) {
	fmt.Fprintf(b, "<path class=\"%s\" d=\"M%.1f %.1f H%.1f v%d H%.1f z\"/>\n", class, from, y, to, svgRow, from)
}

// steps is a bar that grows downwards with each part of the shell; a part comes after those before it.
func steps(b *strings.Builder, parts []float64, x func(float64) float64, y, end float64) {
	fmt.Fprintf(b, "<path class=\"shell\" d=\"M%.1f %.1f", x(end), y)
	for i, ms := range parts {
		fmt.Fprintf(b, " H%.1f V%.1f", x(ms), y+svgRow*float64(i+1)/float64(len(parts)))
	}
	fmt.Fprintf(b, " H%.1f z\"/>\n", x(end))
}

// at writes when a piece was there whole.
func at(b *strings.Builder, ms float64, x func(float64) float64, y float64) {
	fmt.Fprintf(b, "<text class=\"at\" x=\"%.1f\" y=\"%.1f\">%.0f</text>\n", x(ms)+5, y+svgRow-3, ms)
}
