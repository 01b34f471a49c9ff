package devserver

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"inlay/internal/project"
)

//go:embed page.css
var pageStyle string

//go:embed client.js
var clientSource string

// clientScript is the client with the style of what it shows.
var clientScript = func() string {
	style, err := json.Marshal(pageStyle)
	if err != nil {
		panic(err) // a text
	}
	return strings.Replace(clientSource, `/* page.css */ ""`, string(style), 1)
}()

// sourceLine is a line of an excerpt.
type sourceLine struct {
	Number int    `json:"number"` // from 1
	Text   string `json:"text"`   // without tabs
	// Mark is the character that the mistake is at, from 1; 0 if it is in another
	// line.
	Mark int `json:"mark"`
}

const (
	excerptAround = 2       // lines before and behind the mistake's
	excerptWidth  = 200     // characters of a line, at most
	maxSource     = 4 << 20 // bytes of a file that excerpts are made of
)

// place is where a mistake is, as editors and terminals read it; "" if nowhere.
func place(p project.Problem) string {
	p.Msg = ""
	return strings.TrimSuffix(p.String(), ": ")
}

// sourcesBelow gives lines around one, from 1, of files below root or with
// whole paths; none if there are none.
func sourcesBelow(root string) func(file string, line int) []sourceLine {
	return func(file string, line int) []sourceLine {
		if !filepath.IsAbs(file) {
			file = filepath.Join(root, filepath.FromSlash(file))
		}
		if info, err := os.Stat(file); err != nil || info.Size() > maxSource || !info.Mode().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil || !utf8.Valid(text) {
			return nil
		}
		var found []sourceLine
		for i, l := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			if n := i + 1; n >= line-excerptAround && n <= line+excerptAround {
				found = append(found, sourceLine{Number: n, Text: strings.TrimSuffix(l, "\r")})
			}
		}
		return found
	}
}

// excerpt is what stands around a mistake.
func excerpt(lines func(string, int) []sourceLine, p project.Problem) []sourceLine {
	if p.File == "" || p.Line <= 0 {
		return []sourceLine{}
	}
	found := lines(p.File, p.Line)
	if found == nil {
		return []sourceLine{}
	}
	for i := range found {
		column := 0
		if found[i].Number == p.Line {
			column = max(p.Column, 1)
		}
		found[i].Text, found[i].Mark = fit(found[i].Text, column)
	}
	return found
}

// fit writes a line with spaces in place of tabs, and of a long one what is
// around a column.
func fit(text string, column int) (string, int) {
	const tab = 4
	var out []rune
	mark, n := 0, 0
	for _, c := range text {
		if n++; n == column {
			mark = len(out) + 1
		}
		if c == '\t' {
			for out = append(out, ' '); len(out)%tab != 0; {
				out = append(out, ' ')
			}
			continue
		}
		out = append(out, c)
	}
	if column > 0 && mark == 0 {
		mark = len(out) + 1 // behind the line's end
	}
	if len(out) <= excerptWidth {
		return string(out), mark
	}
	from := 0
	if mark > excerptWidth/2 {
		from = min(mark-excerptWidth/2, len(out)-excerptWidth)
	}
	cut := "…" + string(out[from+1:min(from+excerptWidth, len(out))])
	if from == 0 {
		cut = string(out[:excerptWidth-1]) + "…"
	}
	if mark > 0 {
		mark -= from
	}
	return cut, mark
}

// mistakesText is what is wrong, for who reads no HTML: a line for each mistake
// that begins with where it is, and the lines around it.
func mistakesText(problems []project.Problem, lines func(string, int) []sourceLine) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
		if around := excerpt(lines, p); len(around) > 0 {
			b.WriteString("\n")
			for _, l := range around {
				writeLine(&b, l, "", "", "")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// writeLine writes a line of an excerpt, and below it where the mistake is.
// open and close stand around each, here around the marked ones.
func writeLine(b *strings.Builder, l sourceLine, open, here, end string) {
	label := fmt.Sprintf("%6d  ", l.Number)
	text := l.Text
	if end != "" {
		label, text = "<i>"+label+"</i>", html.EscapeString(text)
	}
	if l.Mark == 0 {
		b.WriteString(open + label + text + "\n" + end)
		return
	}
	caret := strings.Repeat(" ", 8+l.Mark-1) + "^\n"
	b.WriteString(here + label + text + "\n" + end)
	b.WriteString(strings.Replace(here, "here", "caret", 1) + caret + end)
}

// document is a page of the server's own, which nothing is loaded for.
func document(title, class, body, tail string) string {
	return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>` + html.EscapeString(title) + `</title>
<style>html, body { margin: 0 }
` + pageStyle + `</style></head>
<body><div class="inlay-page"><main class="` + class + `">
` + body + `</main></div></body>
</html>
` + tail
}

// mistakesPage shows what is wrong, in place of a page.
func mistakesPage(s status, lines func(string, int) []sourceLine, method string) string {
	title := "A mistake"
	if len(s.problems) != 1 {
		title = strconv.Itoa(len(s.problems)) + " mistakes"
	}
	var b strings.Builder
	b.WriteString("<h1>" + title + "</h1>\n")
	for _, p := range s.problems {
		b.WriteString("<section>")
		if at := place(p); at != "" {
			b.WriteString("<h2>" + html.EscapeString(at) + "</h2>")
		}
		b.WriteString("<p>" + html.EscapeString(p.Msg) + "</p>")
		if around := excerpt(lines, p); len(around) > 0 {
			b.WriteString("<pre>")
			for _, l := range around {
				writeLine(&b, l, "<span>", `<span class="here">`, "</span>")
			}
			b.WriteString("</pre>")
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("<footer>The page comes by itself when this is mended.</footer>\n")
	return document(title, "inlay", b.String(), clientTag("error", s.shown(), method))
}

// waitPage says that a version is being made, in place of a page.
func waitPage(doing, method string) string {
	return document("One moment", "inlay calm", "<h1>One moment</h1>\n<p>"+html.EscapeString(doing)+"</p>\n<footer>The page comes by itself.</footer>\n",
		clientTag("wait", "", method))
}

// failurePage shows a text that came in place of a page.
func failurePage(title, text string) string {
	return document(title, "inlay", "<h1>"+html.EscapeString(title)+"</h1>\n<p>"+html.EscapeString(text)+"</p>\n", "")
}
