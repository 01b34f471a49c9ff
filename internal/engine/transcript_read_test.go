package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/page"
	"inlay/internal/shell"
)

// transcript is a history as it was read.
type transcript struct {
	variables map[string]string // of the configuration, by name
	pages     []page.Page
	show      map[string]bool // the fields of heads that are shown
	lines     []transcriptLine
}

// transcriptLine is a line that stays as it is, or an event, whose asks come anew.
type transcriptLine struct {
	number int
	text   string // of an event without "> "
	event  []string
	at     time.Duration // of an event, since the beginning
}

// readTranscript reads a history. Errors begin with the line.
func readTranscript(text string) (*transcript, error) {
	told := &transcript{variables: map[string]string{}, show: map[string]bool{"cache-status": true}}
	var now time.Duration
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		l := transcriptLine{number: i + 1, text: lines[i]}
		fail := func(err error) (*transcript, error) { return nil, fmt.Errorf("line %d: %w: %s", l.number, err, l.text) }
		// more takes the lines that follow and begin so.
		more := func(prefix string) (block []string) {
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], prefix) {
				i++
				block = append(block, strings.TrimPrefix(lines[i], prefix))
			}
			return block
		}
		switch words := transcriptWords(l.text); {
		case strings.HasPrefix(l.text, "  "):
			continue // an ask, which comes anew
		case len(words) == 0 || l.text[0] == '#':
		case words[0] == ">":
			l.text, l.event = strings.TrimPrefix(l.text, "> "), words[1:]
			if last := words[len(words)-1]; last[0] == '@' {
				at, err := time.ParseDuration(last[1:])
				if err != nil {
					return fail(err)
				}
				if at < now {
					return fail(fmt.Errorf("time goes back"))
				}
				now, l.event = at, words[1:len(words)-1]
			}
			if len(l.event) == 0 {
				return fail(fmt.Errorf("no event"))
			}
			l.at = now
		case words[0] == "page" && len(words) >= 2:
			html := more("  ")
			p, err := transcriptPage(words[1], strings.Join(html, "\n"), words[2:])
			if err != nil {
				return fail(err)
			}
			told.pages = append(told.pages, p)
			for _, s := range html {
				l.text += "\n  " + s
			}
		case words[0] == "show":
			for _, name := range words[1:] {
				told.show[name] = true
			}
		case len(words) == 3 && words[1] == "=":
			told.variables[words[0]] = words[2]
		default:
			return fail(fmt.Errorf("what is this?"))
		}
		told.lines = append(told.lines, l)
	}
	return told, nil
}

// transcriptWords splits a line at its spaces, save those within double quotes.
func transcriptWords(line string) (words []string) {
	quoted, begun := false, false
	for _, r := range line {
		switch {
		case r == ' ' && !quoted:
			begun = false
			continue
		case r == '"':
			quoted = !quoted
		}
		if !begun {
			words, begun = append(words, ""), true
		}
		words[len(words)-1] += string(r)
	}
	return words
}

func transcriptPage(pattern, html string, attributes []string) (page.Page, error) {
	p, err := shell.Parse(pattern, html)
	for _, a := range attributes {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "patience":
			var problem error
			if p.Patience, problem = time.ParseDuration(value); problem != nil {
				return p, problem
			}
		case "mode":
			p.Mode = page.ModeNamed(value)
		case "cache-control":
			p.CacheControl = strings.Trim(value, `"`)
		default:
			return p, fmt.Errorf("a page has no %s", name)
		}
	}
	return p, err
}

// transcriptAnswer reads what a fill ends with: a status and fields, after redirects with theirs, each with -> behind it,
// and the body: from the first word that begins with < on, or so many bytes.
func transcriptAnswer(words []string) (a *answer.Answer, body string, err error) {
	var redirects []answer.Answer
	a = &answer.Answer{ContentType: "text/html; charset=utf-8"}
	for i, word := range words {
		name, value, isField := strings.Cut(word, ":")
		switch {
		case word[0] == '<':
			body = strings.Join(words[i:], " ")
		case word == "->":
			redirects, a = append(redirects, *a), &answer.Answer{ContentType: "text/html; charset=utf-8"}
		case word == "bytes" && i > 0:
			n, err := strconv.Atoi(words[i-1])
			if err != nil {
				return nil, "", err
			}
			body = strings.Repeat("x", n)
		case isField && name == "set-cookie":
			a.SetCookie = true
		case isField:
			to := -1
			for j := range answer.Fields {
				if answer.Fields[j] == name {
					to = j
				}
			}
			if to < 0 {
				return nil, "", fmt.Errorf("the engine does not look at %s", name)
			}
			*a.Field(to) = value
		case a.Status == 0:
			if a.Status, err = strconv.Atoi(word); err != nil {
				return nil, "", err
			}
		case i+1 < len(words) && words[i+1] == "bytes":
		default:
			return nil, "", fmt.Errorf("what is %s?", word)
		}
		if body != "" {
			break
		}
	}
	a.Redirects, a.Size = redirects, len(body)
	return a, body, nil
}
