package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// DevVars are the variables of .dev.vars, which wrangler dev reads beside
// wrangler.toml; of .dev.vars.ENVIRONMENT if there is one and env is not "".
// A file that is not there has none.
func (p *Project) DevVars(env string) (map[string]string, error) {
	names := []string{".dev.vars"}
	if env != "" {
		names = []string{".dev.vars." + env, ".dev.vars"}
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(p.Root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return ParseDevVars(string(text)), nil
	}
	return map[string]string{}, nil
}

// ParseDevVars reads lines of NAME=VALUE or NAME: VALUE as dotenv does, which
// wrangler takes for it: export may stand before them, quotes around a value,
// which may then have several lines, and # begins a comment. Between " a \n is
// a newline. What is no such line is passed over, as it is by wrangler.
func ParseDevVars(text string) map[string]string {
	vars := map[string]string{}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, ok := assignment(line)
		if !ok {
			text = rest
			continue
		}
		if quoted, after, ok := quotedValue(value, rest); ok {
			vars[name], text = quoted, after
			continue
		}
		value, _, _ = strings.Cut(value, "#")
		vars[name], text = unquoted(strings.TrimSpace(value)), rest
	}
	return vars
}

// assignment takes a line apart: the name, and all behind = or a colon and a blank.
func assignment(line string) (name, value string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	if rest, cut := strings.CutPrefix(line, "export"); cut && rest != strings.TrimLeft(rest, " \t") {
		line = strings.TrimLeft(rest, " \t")
	}
	n := 0
	for n < len(line) && isNameByte(line[n]) {
		n++
	}
	name, value = line[:n], line[n:]
	if name == "" {
		return "", "", false
	}
	if rest, cut := strings.CutPrefix(value, ":"); cut && rest != strings.TrimLeft(rest, " \t") {
		return name, strings.TrimLeft(rest, " \t"), true
	}
	value, ok = strings.CutPrefix(strings.TrimLeft(value, " \t"), "=")
	return name, strings.TrimLeft(value, " \t"), ok
}

const quotes = "\"'`"

// quotedValue reads a value that stands in quotes, which may end in a later line, and gives the text behind. Nothing but a
// comment may follow in its last line.
func quotedValue(value, rest string) (read, after string, ok bool) {
	if value == "" || !strings.Contains(quotes, value[:1]) {
		return "", "", false
	}
	quote := value[0]
	whole := value[1:] + "\n" + rest
	for end := range len(whole) {
		if whole[end] != quote {
			continue
		}
		line, after, _ := strings.Cut(whole[end+1:], "\n")
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			if escaped(whole, end) {
				continue
			}
			return "", "", false
		}
		if escaped(whole, end) && strings.IndexByte(whole[end+1:], quote) >= 0 {
			continue
		}
		read = whole[:end]
		if quote == '"' {
			read = newlines.Replace(read)
		}
		return read, after, true
	}
	return "", "", false
}

// escaped: whether a backslash stands before a quote.
func escaped(text string, at int) bool { return at > 0 && text[at-1] == '\\' }

// newlines are what stands for them between ".
var newlines = strings.NewReplacer(`\n`, "\n", `\r`, "\r")

// unquoted takes the quotes from a value of one line.
func unquoted(value string) string {
	if strings.HasPrefix(value, `"`) {
		value = newlines.Replace(value)
	}
	if n := len(value); n > 1 && strings.Contains(quotes, value[:1]) && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

func isNameByte(c byte) bool {
	return c == '_' || c == '.' || c == '-' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}
