package folder

import (
	"slices"
	"strconv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
)

// The limits of _headers are those of Workers' static assets.
const (
	maxHeaderRules = 100
	maxHeaderLine  = 2000 // characters
)

// headerRule is a block of _headers: the paths that it is about, and what it says for them.
type headerRule struct {
	line   int
	path   string // as written
	tokens []pathToken
	names  []string // of the placeholders, and splat
	fields []headerField
}

// headerField is a field that a rule sets, or takes off what the rules before it have set.
type headerField struct {
	line, col   int // of the value
	name, value string
	detach      bool
}

// readHeaders reads _headers: blocks of a path, from the line's beginning or not, and fields for it.
func (d *directory) readHeaders(file, text string) {
	r := headersReader{file: file}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\uFEFF"))
	for line := range strings.SplitSeq(text, "\n") {
		r.number++
		r.read(line)
	}
	r.endRule()
	d.errors = append(d.errors, r.errors...)
	d.headers, d.headersFile = r.rules, file
}

// headersReader reads the lines of _headers.
type headersReader struct {
	file   string
	number int
	rules  []headerRule
	skip   bool // the rule's path is refused, and so are its fields passed over
	empty  bool // the rule has no line yet but that of its path
	errors Errors
}

func (r *headersReader) fail(line, col int, found, expected string) {
	r.errors = append(r.errors, &Error{File: r.file, Line: line, Col: col, Msg: found + "; expected " + expected})
}

func (r *headersReader) read(line string) {
	text := strings.TrimLeft(line, " \t\f\v")
	col := 1 + len(line) - len(text)
	text = strings.TrimRight(text, " \t\f\v")
	scheme, _, absolute := strings.Cut(text, "://")
	switch {
	case text == "" || text[0] == '#':
	case len(text) > maxHeaderLine:
		r.empty = false
		r.fail(r.number, 1, "a line of "+strconv.Itoa(len(text))+" characters", strconv.Itoa(maxHeaderLine)+" at most")
	case text[0] == '/', absolute && !strings.ContainsAny(scheme, " \t:"):
		r.endRule()
		r.path(text, col)
	case r.skip:
	case len(r.rules) == 0:
		r.fail(r.number, col, ascii.Shorten(text)+" before the first path", "a path such as /*, and the fields for it in the lines after it")
	default:
		r.field(text, col)
	}
}

// endRule refuses a rule that says nothing.
func (r *headersReader) endRule() {
	if r.empty {
		rule := &r.rules[len(r.rules)-1]
		r.fail(rule.line, 1, "the path "+ascii.Shorten(rule.path)+" without fields", "Name: value in the lines after it")
	}
	r.skip, r.empty = false, false
}

func (r *headersReader) path(text string, col int) {
	r.skip = true
	if text[0] != '/' {
		r.fail(r.number, col, ascii.Shorten(text)+", which names a host", "a path: a page has the same fields on every host")
		return
	}
	if i := strings.IndexAny(text, "?# \t"); i >= 0 {
		r.fail(r.number, col+i, ascii.Shorten(text[i:i+1])+" in a path", "the path alone, as in /products/*")
		return
	}
	if strings.Count(text, "*") > 1 {
		r.fail(r.number, col, "more than one * in "+ascii.Shorten(text), "one, and placeholders such as :name for single segments")
		return
	}
	tokens, names, ok := rulePath(text)
	switch {
	case !ok:
		r.fail(r.number, col, "malformed percent-encoding in "+ascii.Shorten(text), "% and two hexadecimal digits")
		return
	case strings.Contains(text, "*") && slices.Contains(names[:len(names)-1], "splat"):
		r.fail(r.number, col, "* and :splat in one path, which have the same name", "another name for the placeholder")
		return
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			r.fail(r.number, col, "the placeholder :"+name+" twice", "each name once")
			return
		}
	}
	if len(r.rules) == maxHeaderRules {
		r.fail(r.number, col, "one rule more than "+strconv.Itoa(maxHeaderRules), strconv.Itoa(maxHeaderRules)+" at most")
		return
	}
	r.skip, r.empty = false, true
	r.rules = append(r.rules, headerRule{line: r.number, path: text, tokens: tokens, names: names})
}

func (r *headersReader) field(text string, col int) {
	rule := &r.rules[len(r.rules)-1]
	r.empty = false
	if name, ok := strings.CutPrefix(text, "! "); ok {
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name == "" || !ascii.Only(name, field.IsTokenChar) {
			r.fail(r.number, col, ascii.Shorten(text), "! and the name of one field, as in ! X-Frame-Options")
			return
		}
		rule.fields = append(rule.fields, headerField{line: r.number, col: col, name: name, detach: true})
		r.refuse(name, col)
		return
	}
	name, value, found := strings.Cut(text, ":")
	valueAt := col + len(name) + 1 + len(value) - len(strings.TrimLeft(value, " \t"))
	name, value = strings.ToLower(strings.TrimRight(name, " \t")), strings.Trim(value, " \t")
	rule.fields = append(rule.fields, headerField{line: r.number, col: valueAt, name: name, value: value})
	switch {
	case !found:
		r.fail(r.number, col, ascii.Shorten(text), "Name: value, or a path that begins with a slash")
	case name == "" || !ascii.Only(name, field.IsTokenChar):
		r.fail(r.number, col, "the name "+ascii.Shorten(name), "the name of a header field, such as X-Frame-Options")
	case value == "":
		r.fail(r.number, col, "the field "+ascii.Shorten(name)+" without a value", "a value; ! "+name+" takes it off")
	case !isPrintable(value):
		r.fail(r.number, valueAt, "the value "+ascii.Shorten(value), "printable ASCII")
	default:
		r.refuse(name, col)
	}
}

// refuse tells of fields that are not for a site to say.
func (r *headersReader) refuse(name string, col int) {
	if expected := Forbidden(name); expected != "" {
		r.fail(r.number, col, "the field "+ascii.Shorten(name), expected)
	}
}

// Forbidden says what is expected in place of a field that no page may set, since inlay sets it itself, or leaves it out,
// for reasons of its own; empty for all others.
func Forbidden(name string) string {
	switch name {
	case "content-length", "content-type", "content-encoding", "content-range", "accept-ranges", "transfer-encoding", "trailer",
		"connection", "keep-alive", "proxy-connection", "te", "upgrade", "etag", "last-modified", "date", "age", "vary",
		"cache-status", "server-timing", "incremental", "x-accel-buffering", "location", "retry-after", "status":
		return "others: this one is inlay's to set or to leave out"
	case "cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control", "expires", "pragma":
		return "Cache-Control, which goes onto whole pages alone: others would be stored with the skeletons of one reader"
	case "set-cookie":
		return "cookies to be set on a path that is no page: this answer is the same for everybody"
	}
	if strings.HasPrefix(name, "inlay-") {
		return "another name: fields that begin with Inlay- do not leave inlay"
	}
	return ""
}

// applyHeaders gives each page the fields of the rules whose paths its own are among.
func (d *directory) applyHeaders() {
	for i := range d.pages {
		p := &d.pages[i]
		tokens := pageTokens(p.page.Pattern)
		control, fields := "", []field.Field(nil)
		for j := range d.headers {
			rule := &d.headers[j]
			values, all := rule.covers(tokens)
			switch {
			case all:
				control, fields = d.applyRule(rule, p, values, control, fields)
			case overlap(rule.tokens, tokens) && !d.elsewhere(rule, p):
				d.errors = append(d.errors, &Error{
					File: d.headersFile, Line: rule.line, Col: 1,
					Msg: "the path " + ascii.Shorten(rule.path) + ", which is that of some requests for " + p.file + " (" + ascii.Shorten(p.page.Pattern) +
						") and not of all; expected all or none, as fields belong to a page",
				})
			}
		}
		if !p.control {
			p.page.CacheControl = control
		}
		p.page.Header = fields
	}
	for i := range d.shown {
		p := &d.shown[i]
		p.page.Header = d.headersOfShown(p)
	}
}

// headersOfShown are the fields of 404.html and its like: those of rules for all paths there are, or for its name.
func (d *directory) headersOfShown(p *filePage) (fields []field.Field) {
	for i := range d.headers {
		rule := &d.headers[i]
		values, all := rule.covers(pageTokens("/"))
		if all || rule.path == "/"+p.page.Pattern || rule.path == "/"+p.page.Pattern+".html" {
			_, fields = d.applyRule(rule, p, values, "", fields)
		}
	}
	return fields
}

// elsewhere tells whether another page, a more specific one, answers all paths of a rule.
func (d *directory) elsewhere(rule *headerRule, p *filePage) bool {
	for i := range d.pages {
		q := &d.pages[i]
		if !q.pattern.Under(&p.pattern) {
			continue
		}
		if _, all := match(pageTokens(q.page.Pattern), rule.tokens); all {
			return true
		}
	}
	return false
}

// applyRule adds a rule's fields to those that the ones before it have set.
func (d *directory) applyRule(rule *headerRule, p *filePage, values map[string]string, control string, fields []field.Field) (string, []field.Field) {
	for i := range rule.fields {
		f := &rule.fields[i]
		if f.detach {
			if f.name == "cache-control" {
				control = ""
			}
			fields = slices.DeleteFunc(fields, func(have field.Field) bool { return have.Name == f.name })
			continue
		}
		value, unknown := replacePlaceholders(f.value, rule.names, values)
		switch at := slices.IndexFunc(fields, func(have field.Field) bool { return have.Name == f.name }); {
		case unknown != "":
			d.errors = append(d.errors, &Error{
				File: d.headersFile, Line: f.line, Col: f.col,
				Msg: "the placeholder :" + unknown + " in a value, which differs from one request for " + p.file + " (" + ascii.Shorten(p.page.Pattern) +
					") to the next; expected a value that is the same for all of a page",
			})
		case f.name == "cache-control":
			control = strings.TrimPrefix(control+", "+value, ", ")
		case at >= 0:
			fields[at].Value += ", " + value
		default:
			fields = append(fields, field.Field{Name: f.name, Value: value})
		}
	}
	return control, fields
}

// replacePlaceholders puts the values of a rule's placeholders into the value of a field. unknown is one that has no value,
// since its part of the path is not the same for all of a page's requests.
func replacePlaceholders(s string, names []string, values map[string]string) (out, unknown string) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, ":")
		b.WriteString(before)
		if !found {
			return b.String(), ""
		}
		n := placeholderLength(after)
		name := after[:n]
		switch value, ok := values[name]; {
		case n == 0 || !slices.Contains(names, name):
			b.WriteString(":" + name)
		case !ok:
			return "", name
		default:
			b.WriteString(value)
		}
		s = after[n:]
	}
}

// placeholderLength is how long the name is that s begins with: a letter, and letters, digits or _.
func placeholderLength(s string) int {
	n := 0
	for n < len(s) && (ascii.IsAlpha(s[n]) || n > 0 && (ascii.IsDigit(s[n]) || s[n] == '_')) {
		n++
	}
	return n
}
