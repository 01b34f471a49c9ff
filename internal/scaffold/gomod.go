package scaffold

import (
	"strconv"
	"strings"
)

// goMod is the site's go.mod: as go mod tidy leaves it.
func (c *checkout) goMod(path string) []byte {
	return []byte(`module ` + path + `

go ` + c.goVersion + `

tool inlay/cmd/inlay

require inlay v0.0.0

require github.com/syumai/workers ` + c.workers + ` // indirect

// inlay has no public address yet: this is its checkout. Once it has one, remove this line and run: go get inlay@latest
replace inlay => ` + quoteInMod(c.shown) + `
`)
}

// quoteInMod is a path as a go.mod has it: in quotes where it would not be one word.
func quoteInMod(path string) string {
	if path == "" || strings.ContainsAny(path, " \t\r\n\"'`,()[]{}") || strings.Contains(path, "//") || strings.Contains(path, "/*") {
		return strconv.Quote(path)
	}
	return path
}
