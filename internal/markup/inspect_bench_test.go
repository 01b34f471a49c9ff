package markup

import (
	"fmt"
	"strings"
	"testing"
)

// benchFragments are real kinds of markup, each some tens of kilobytes.
func benchFragments() map[string]string {
	rows, icons, cards := "", "", ""
	for i := range 200 {
		rows += fmt.Sprintf("<tr class=\"row\"><td><a href=\"/packages/%d\">package %d</a></td><td>%d</td><td><code>v1.%d.0</code></td></tr>\n", i, i, i*7919, i)
		icons += fmt.Sprintf("<li><a href=\"#i%d\"><svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path fill=\"none\" d=\"M12 4v16m8-8H4M3 %d.5l4 4\"/><circle cx=\"12\" cy=\"12\" r=\"3\"/></svg> Icon %d</a></li>\n", i, i, i)
		cards += fmt.Sprintf("<article class=\"card\"><h3>Title %d</h3><p>Some text that goes on for a while, with <em>emphasis</em>, a <strong>strong word</strong> and <a href=\"/more/%d\" rel=\"nofollow\">a link</a>, as texts do.</p><ul><li>one<li>two</ul></article>\n", i, i)
	}
	return map[string]string{
		"table":   "<table><caption>Packages</caption><thead><tr><th>Name<th>Stars<th>Version</thead><tbody>" + rows + "</tbody></table>",
		"icons":   "<ul>" + icons + "</ul>",
		"cards":   "<section>" + cards + "</section>",
		"prose":   strings.Repeat("<p>Nearly all of a fragment is text, and so is this: a paragraph of some two hundred bytes, as they stand in articles everywhere, without a single element within it, until it comes to its end.</p>\n", 200),
		"scripts": strings.Repeat("<script type=\"application/json\">{\"a\":1,\"b\":\"a < b\",\"c\":[1,2,3,4,5,6,7,8,9]}</script><style>.a > .b { color: red } .c::after { content: 'x' }</style>\n", 200),
	}
}

// BenchmarkReadFragment is what the end of a fill costs beside its sum.
func BenchmarkReadFragment(b *testing.B) {
	for _, name := range []string{"table", "icons", "cards", "prose", "scripts"} {
		text := []byte(benchFragments()[name])
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var f Fragment
			for b.Loop() {
				f.Reset(true, 0)
				for rest := text; len(rest) > 0; {
					n := min(len(rest), 4096)
					f.Write(rest[:n])
					rest = rest[n:]
				}
				if p := f.End(); p != "" {
					b.Fatal(p)
				}
			}
		})
	}
}
