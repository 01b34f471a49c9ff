package varnishtest

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The picture of a cold page: a band for each server, in it a row for each thing that came. A row is filled from then on.
const (
	width, left, right = 760, 170, 20
	top                = 10
	titleHeight        = 26
	rowHeight, gap     = 14, 4
	bandGap            = 14
	axisHeight         = 40
	tickEach           = 100 // ms
)

// style is readable on light and on dark, whichever the reader prefers.
const style = `
text { font: 12px system-ui, sans-serif; fill: #444c56 }
.title { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.row { fill: #eaeef2 }
.page { fill: #6e7781 }
.include { fill: #0f7fa8 }
.at { fill: #ffffff; font-size: 11px }
@media (prefers-color-scheme: dark) {
text { fill: #b1bac4 }
.title { fill: #f0f6fc }
.grid { stroke: #3d444d }
.row { fill: #22272e }
.page { fill: #768390 }
.include { fill: #3fb0d8 }
.at { fill: #0d1117 }
}
`

// band is a server, and when what came from it.
type band struct {
	title string
	at    timeline
}

func picture(bands []band) string {
	longest := time.Duration(0)
	for _, b := range bands {
		longest = max(longest, b.at.last)
	}
	end := math.Ceil(ms(longest)/tickEach+0.4) * tickEach
	x := func(ms float64) float64 { return left + ms/end*(width-left-right) }

	var rows strings.Builder
	y := float64(top)
	row := func(class, label string, came time.Duration) {
		at := x(ms(came))
		fmt.Fprintf(&rows, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left-10, y+rowHeight-3, label)
		fmt.Fprintf(&rows, "<path class=\"row\" d=\"M%d %.1f H%d v%d H%d z\"/>\n", left, y, width-right, rowHeight, left)
		fmt.Fprintf(&rows, "<path class=\"%s\" d=\"M%.1f %.1f H%d v%d H%.1f z\"/>\n", class, at, y, width-right, rowHeight, at)
		fmt.Fprintf(&rows, "<text class=\"at\" x=\"%.1f\" y=\"%.1f\">%.0f</text>\n", at+5, y+rowHeight-3, ms(came))
		y += rowHeight + gap
	}
	for _, b := range bands {
		fmt.Fprintf(&rows, "<text class=\"title\" x=\"%d\" y=\"%.0f\">%s</text>\n", left, y+17, b.title)
		y += titleHeight
		row("page", "first byte", b.at.first)
		for i, d := range delays {
			row("include", fmt.Sprintf("include %d, %.0f ms", i+1, ms(d)), b.at.includes[i])
		}
		row("page", "last byte", b.at.last)
		y += bandGap
	}

	var s strings.Builder
	height := y - bandGap + axisHeight
	fmt.Fprintf(&s, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\" role=\"img\">\n", width, height, width, height)
	s.WriteString("<title>When the parts of a cold page with three slow includes arrive, in ms</title>\n<style>" + style + "</style>\n")
	for tick := 0.0; tick <= end; tick += tickEach {
		fmt.Fprintf(&s, "<path class=\"grid\" d=\"M%.1f %d V%.0f\"/>\n", x(tick), top, height-axisHeight+6)
		fmt.Fprintf(&s, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%.0f</text>\n", x(tick), height-axisHeight+20, tick)
	}
	fmt.Fprintf(&s, "<text x=\"10\" y=\"%.0f\">ms since the request</text>\n", height-axisHeight+20)
	s.WriteString(rows.String())
	s.WriteString("</svg>\n")
	return s.String()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
