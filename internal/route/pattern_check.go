package route

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
)

// ParsePattern reads a pattern, or says what is wrong with it.
func ParsePattern(text string) (Pattern, error) {
	if found, expected := checkPattern(text); found != "" {
		return Pattern{}, errors.New("pattern " + ascii.Shorten(text) + " " + found + "; expected " + expected)
	}
	return readPattern(text), nil
}

// maxPattern is how long a pattern may be, in bytes.
const maxPattern = 2 << 10

// checkPattern says what is wrong with a pattern and what was expected; both are empty if nothing is.
func checkPattern(text string) (found, expected string) {
	if text == "" || text[0] != '/' {
		return "does not begin with a slash", "a path such as /products/{id}, without method and host"
	}
	if len(text) > maxPattern {
		return "is longer than 2 KiB", "a shorter path"
	}
	var params []string
	for rest := text[1:]; rest != ""; {
		seg, after, more := strings.Cut(rest, "/")
		rest = after
		if ascii.IndexAny(seg, "{}") < 0 {
			if found := checkLiteral(seg); found != "" {
				return found, "a path as a request's target has it after the host"
			}
			continue
		}
		name, ok := strings.CutPrefix(seg, "{")
		name, closed := strings.CutSuffix(name, "}")
		if !ok || !closed || ascii.IndexAny(name, "{}") >= 0 {
			return "has braces that are not a whole segment", "{name} between two slashes (a literal brace is %7B or %7D)"
		}
		if name == "$" {
			if more {
				return "has {$} before its end", "{$} as the last segment"
			}
			continue
		}
		name, multi := strings.CutSuffix(name, "...")
		switch {
		case name == "":
			return "has a parameter without a name", "{name}, {name...} or {$}"
		case !isParamName(name):
			return "has the parameter name " + ascii.Shorten(name), "ASCII letters, digits and _, beginning with no digit"
		case slices.Contains(params, name):
			return "has the parameter {" + name + "} twice", "each name once"
		case multi && more:
			return "has {" + name + "...} before its end", "{" + name + "...} as the last segment"
		}
		params = append(params, name)
	}
	return "", ""
}

// checkLiteral says what is wrong with a literal segment, empty if nothing is.
func checkLiteral(seg string) (found string) {
	if i := ascii.IndexAny(seg, "?# \t"); i >= 0 {
		return "has " + ascii.Shorten(seg[i:i+1])
	}
	literal, ok := UnescapePath(seg)
	switch {
	case !ok:
		return "has malformed percent-encoding in " + ascii.Shorten(seg)
	case seg == "":
		return "has an empty segment"
	case IsDots(literal):
		return "has the segment " + ascii.Shorten(seg) + ", which no cleaned path has"
	case ascii.HasControl(literal):
		return "has a control character"
	case !utf8.ValidString(literal):
		return "is not UTF-8"
	}
	return ""
}

func isParamName(s string) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b != '_' && !ascii.IsAlpha(b) && (i == 0 || !ascii.IsDigit(b)) {
			return false
		}
	}
	return s != ""
}
