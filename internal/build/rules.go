package build

import (
	"regexp"
	"slices"
	"strings"

	"inlay/internal/project"
)

// rules are which files wrangler uploads as what: wrangler.toml's, and below
// them wrangler's own.
type rules struct{ all []rule }

type rule struct {
	kind  string
	globs []*regexp.Regexp
}

// wranglersRules are those that wrangler has by itself.
var wranglersRules = []project.Rule{
	{Type: "Text", Globs: []string{"**/*.txt", "**/*.html", "**/*.sql"}},
	{Type: "Data", Globs: []string{"**/*.bin"}},
	{Type: "CompiledWasm", Globs: []string{"**/*.wasm", "**/*.wasm?module"}},
}

// bundled are those that it needs no rules for where it bundles: it follows what modules import. What starts Go is no module to be
// bundled, so a site with Go has no_bundle and rules.
var bundled = []project.Rule{{Type: "ESModule", Globs: []string{"**/*.mjs", "**/*.js"}}}

// newRules puts them in order: the first of a type that does not fall through
// ends those of its type.
func newRules(p *project.Project) *rules {
	var r rules
	ended := map[string]bool{}
	all := slices.Concat(p.Wrangler.Rules, wranglersRules)
	if !p.Wrangler.NoBundle && p.Go == project.NoGo {
		all = append(all, bundled...)
	}
	for _, one := range all {
		if ended[one.Type] {
			continue
		}
		ended[one.Type] = !one.Fallthrough
		made := rule{kind: one.Type}
		for _, glob := range one.Globs {
			made.globs = append(made.globs, globPattern(glob))
		}
		r.all = append(r.all, made)
	}
	return &r
}

// kind is what a module is uploaded as; "" if no rule takes it.
func (r *rules) kind(name string) string {
	for _, one := range r.all {
		if slices.ContainsFunc(one.globs, func(g *regexp.Regexp) bool { return g.MatchString(name) }) {
			return one.kind
		}
	}
	return ""
}

// kinds are what the modules of a Worker have to be uploaded as, by the ends of their names.
var kinds = map[string]string{".mjs": "ESModule", ".js": "ESModule", ".wasm": "CompiledWasm", ".bin": "Data", ".z": "Data"}

// check says why a module would not be uploaded as what it is; "" if it is.
func (r *rules) check(name string) string {
	kind := r.kind(name)
	end := name[max(strings.LastIndexByte(name, '.'), 0):]
	want := kinds[end]
	switch {
	case kind == "":
		line := `{ type = "Data", globs = ["*` + end + `"] }`
		if want != "" {
			line = `{ type = "` + want + `", globs = ["*` + end + `"] }`
		}
		return "no rule of wrangler.toml takes such a name, so it would not be uploaded; rules may have " + line
	case want == "ESModule" && kind != want:
		return "wrangler.toml's rules upload it as " + kind + `; rules have to have { type = "ESModule", globs = ["*.mjs", "*.js"] } before that`
	}
	return ""
}

// globPattern is a glob as wrangler reads it: * is any number of characters
// but /, **/ any number of folders, and all else, ? too, stands for itself.
func globPattern(glob string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	for i := 0; i < len(glob); i++ {
		c := glob[i]
		if c != '*' {
			b.WriteString(regexp.QuoteMeta(string(c)))
			continue
		}
		from := i
		for i+1 < len(glob) && glob[i+1] == '*' {
			i++
		}
		whole := i > from && (from == 0 || glob[from-1] == '/')
		switch {
		case whole && i+1 < len(glob) && glob[i+1] == '/':
			b.WriteString(`(?:[^/]*/)*`)
			i++
		case whole && i+1 == len(glob):
			b.WriteString(`.*`)
		default:
			b.WriteString(`[^/]*`)
		}
	}
	b.WriteString("$")
	return regexp.MustCompile(b.String())
}
