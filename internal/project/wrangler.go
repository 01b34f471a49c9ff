package project

import (
	"errors"
	"os"
	"strings"

	"inlay/internal/toml"
)

// Wrangler is what wrangler.toml says of the Worker, as far as inlay has to do
// with it. wrangler itself reads the rest.
type Wrangler struct {
	Name               string
	Main               string // as it is written; "" if it is missing
	MainAt             toml.Position
	CompatibilityDate  string
	CompatibilityFlags []string
	Assets             string // the folder of static files, as it is written; "" if there is none
	Files              Files  // what else [assets] says
	Rules              []Rule
	NoBundle           bool
	// Vars are those of the top level; an environment does not inherit them.
	Vars map[string]string
	// Environments are those of [env.NAME], by name.
	Environments map[string]*Environment

	table *toml.Table
}

// VarAt is where a variable stands that the environment sets, or the top level
// for the environment "".
func (w *Wrangler) VarAt(env, name string) toml.Position {
	t := w.table
	if env != "" {
		t = t.Get("env", env).Table
	}
	return t.Get("vars").Table.KeyAt(name)
}

// Secrets are the names that [secrets] lists as required, of an environment or of the top level for "".
func (w *Wrangler) Secrets(env string) []string {
	t := w.table
	if env != "" {
		t = t.Get("env", env).Table
	}
	v := t.Get("secrets", "required")
	if v == nil {
		return nil
	}
	var names []string
	for _, one := range v.Items {
		names = append(names, one.Text)
	}
	return names
}

// Rule says which of the files in the folder of Main are uploaded, and as what.
type Rule struct {
	Type        string // ESModule, CommonJS, CompiledWasm, Text, Data, …
	Globs       []string
	Fallthrough bool
	At          toml.Position
}

// Environment is what [env.NAME] says; what it leaves out is the top level's,
// but for Vars and bindings.
type Environment struct {
	Name               string // of its Worker: the top level's and the environment's, unless it says otherwise
	Main               string
	CompatibilityDate  string
	CompatibilityFlags []string
	Vars               map[string]string
}

// readWrangler reads wrangler.toml. Its mistakes are Problems.
func readWrangler(path string) (*Wrangler, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseWrangler(string(text))
}

// ParseWrangler reads the text of a wrangler.toml. Its mistakes are Problems.
func ParseWrangler(text string) (*Wrangler, error) {
	root, err := toml.Parse(text)
	var mistake *toml.Error
	if errors.As(err, &mistake) {
		return nil, problem(ConfigName, mistake.Line, mistake.Column, "%s", mistake.Msg)
	}
	if err != nil {
		return nil, err
	}
	r := &reader{}
	w := &Wrangler{table: root, Environments: map[string]*Environment{}}
	w.Name = r.text(root, "name", "")
	w.Main = r.text(root, "main", "")
	if v := root.Get("main"); v != nil {
		w.MainAt = v.At
	}
	w.CompatibilityDate = r.text(root, "compatibility_date", "")
	w.CompatibilityFlags = r.texts(root, "compatibility_flags", nil)
	w.NoBundle = r.boolean(root, "no_bundle")
	w.Vars = r.vars(root)
	w.Rules = r.rules(root)
	if assets := r.table(root, "assets"); assets != nil {
		w.Assets = r.text(assets, "directory", "")
		w.Files = r.files(assets)
	}
	if all := r.table(root, "env"); all != nil {
		for _, name := range all.Keys {
			one := r.table(all, name)
			if one == nil {
				continue
			}
			w.Environments[name] = &Environment{
				Name:               r.text(one, "name", strings.TrimSuffix(w.Name+"-"+name, "-")),
				Main:               r.text(one, "main", w.Main),
				CompatibilityDate:  r.text(one, "compatibility_date", w.CompatibilityDate),
				CompatibilityFlags: r.texts(one, "compatibility_flags", w.CompatibilityFlags),
				Vars:               r.vars(one),
			}
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return w, nil
}

// reader takes values of a kind out of tables, and notes those of another.
type reader struct{ problems Problems }

func (r *reader) wrong(v *toml.Value, key string, want toml.Kind) {
	r.problems = append(r.problems, Problem{ConfigName, v.At.Line, v.At.Column, key + " has to be " + want.String() + ", and is " + v.Kind.String()})
}

func (r *reader) get(t *toml.Table, key string, kind toml.Kind) *toml.Value {
	v := t.Get(key)
	if v != nil && v.Kind != kind {
		r.wrong(v, key, kind)
		return nil
	}
	return v
}

func (r *reader) text(t *toml.Table, key, otherwise string) string {
	if v := r.get(t, key, toml.String); v != nil {
		return v.Text
	}
	return otherwise
}

func (r *reader) boolean(t *toml.Table, key string) bool {
	v := r.get(t, key, toml.Boolean)
	return v != nil && v.Text == "true"
}

func (r *reader) table(t *toml.Table, key string) *toml.Table {
	if v := r.get(t, key, toml.TableKind); v != nil {
		return v.Table
	}
	return nil
}

func (r *reader) texts(t *toml.Table, key string, otherwise []string) []string {
	v := r.get(t, key, toml.Array)
	if v == nil {
		return otherwise
	}
	texts := []string{}
	for _, item := range v.Items {
		if item.Kind != toml.String {
			r.wrong(item, "each of "+key, toml.String)
			continue
		}
		texts = append(texts, item.Text)
	}
	return texts
}

// vars are variables as a Worker gets them: what is no string it gets as JSON,
// which for inlay is text as well.
func (r *reader) vars(t *toml.Table) map[string]string {
	vars := map[string]string{}
	table := r.table(t, "vars")
	if table == nil {
		return vars
	}
	for _, name := range table.Keys {
		vars[name] = table.Get(name).Text
	}
	return vars
}

func (r *reader) rules(t *toml.Table) (rules []Rule) {
	v := r.get(t, "rules", toml.Array)
	if v == nil {
		return nil
	}
	for _, item := range v.Items {
		if item.Kind != toml.TableKind {
			r.wrong(item, "each of rules", toml.TableKind)
			continue
		}
		rules = append(rules, Rule{
			Type:        r.text(item.Table, "type", ""),
			Globs:       r.texts(item.Table, "globs", nil),
			Fallthrough: r.boolean(item.Table, "fallthrough"),
			At:          item.At,
		})
	}
	return rules
}
