package operator

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"strings"
	"sync"

	"inlay/internal/field"
)

//go:embed operator.html
var page string

//go:embed operator.css
var style string

//go:embed text.js
var text string

//go:embed ask.js
var ask string

//go:embed picture.js
var picture string

//go:embed entries.js
var entries string

//go:embed purge.js
var purge string

//go:embed views.js
var views string

//go:embed operator.js
var start string

// Name is what the page is called among the modules of a Worker.
const Name = "operator.bin"

var (
	once   sync.Once
	body   string
	policy string
)

// made is the page with its style and script inside, and its policy; made when it is first asked for, and nothing of it is in a program
// that never does.
func made() (string, string) {
	once.Do(func() {
		script := terse(strings.Join([]string{text, ask, picture, entries, purge, views, start}, "\n"))
		style := terse(style)
		body = strings.Replace(page, "/*STYLE*/", style, 1)
		// A module has names of its own, which no extension of a browser meets.
		body = strings.Replace(body, "<script>/*SCRIPT*/", `<script type="module">`+script, 1)
		policy = strings.Join([]string{
			"default-src 'none'", "script-src " + hash(script), "style-src " + hash(style), "connect-src 'self'", "img-src data:",
			"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
			// Where a browser knows them, nothing that is a text becomes HTML or script, whatever the page's own script does.
			"require-trusted-types-for 'script'", "trusted-types 'none'",
		}, "; ")
	})
	return body, policy
}

// terse is a text without what its lines begin with, and without comments that have their lines for themselves: a sixth of it.
func terse(s string) string {
	var b strings.Builder
	within := false
	for line := range strings.Lines(s) {
		line = strings.TrimLeft(line, " \t")
		switch end := strings.TrimSpace(line); {
		case within:
			within = !strings.HasSuffix(end, "*/")
		case strings.HasPrefix(end, "/*") && !strings.Contains(end, "*/"):
			within = true
		case end == "", strings.HasPrefix(end, "//"), strings.HasPrefix(end, "/*") && strings.Index(end, "*/") == len(end)-2:
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// hash is a source of a policy that allows one text, as CSP 3 section 2.3.1 has it.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Fields are what the page is answered with, besides its length and the Cache-Control that all answers of administration have.
func Fields() []field.Field {
	_, policy := made()
	return []field.Field{
		{Name: "content-type", Value: "text/html; charset=utf-8"},
		{Name: "content-security-policy", Value: policy},
		{Name: "referrer-policy", Value: "no-referrer"},
		{Name: "x-content-type-options", Value: "nosniff"},
		{Name: "cross-origin-opener-policy", Value: "same-origin"},
		{Name: "cross-origin-resource-policy", Value: "same-origin"},
	}
}

// Body is the page.
func Body() string {
	body, _ := made()
	return body
}

// Encode gives operator.bin: a line for each of the Fields, as HTTP/1.1 writes them but ended by a line feed alone, an empty
// line, and the Body.
func Encode() []byte {
	var b strings.Builder
	for _, f := range Fields() {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	b.WriteString("\n" + Body())
	return []byte(b.String())
}
