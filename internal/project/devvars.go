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

// ParseDevVars reads lines of NAME=VALUE as dotenv does: export may stand
// before them, quotes around a value, which may then have several lines, and #
// begins a comment. Between " a \n is a newline. What is no such line is passed
// over, as it is by wrangler.
func ParseDevVars(text string) map[string]string {
	vars := map[string]string{}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); strings.HasPrefix(name, "export ") {
			name = strings.TrimSpace(name[len("export "):])
		}
		if !ok || !isName(name) {
			text = rest
			continue
		}
		value = strings.TrimSpace(value)
		text = rest
		if value == "" || !strings.ContainsRune("\"'`", rune(value[0])) {
			value, _, _ = strings.Cut(value, "#")
			vars[name] = strings.TrimSpace(value)
			continue
		}
		quote := value[0]
		whole := value[1:]
		if rest != "" {
			whole += "\n" + rest
		}
		end := closing(whole, quote)
		if end < 0 { // no second quote: the value is the line
			vars[name] = value
			continue
		}
		value = whole[:end]
		_, text, _ = strings.Cut(whole[end+1:], "\n")
		if quote == '"' {
			value = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(value)
		}
		vars[name] = value
	}
	return vars
}

// closing is where a quote ends that no backslash stands before; -1 if nowhere.
func closing(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i
		}
	}
	return -1
}

// isName: whether a variable can have the name.
func isName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && c != '.' && c != '-' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
