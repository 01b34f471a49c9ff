package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"inlay/internal/toml"
)

// Binding is one that inlay looks for by its name.
type Binding struct {
	Name  string
	Kind  string // the key of wrangler.toml that it belongs under
	Class string // of a Durable Object; empty otherwise
}

// Log is the binding without which those of what lies beyond an isolate are of no use.
const Log = "INLAY_LOG"

const (
	durableObjects = "durable_objects"
	kvNamespaces   = "kv_namespaces"
	datasets       = "analytics_engine_datasets"
)

// Bindings are those that inlay looks for.
func Bindings() []Binding {
	return []Binding{
		{Log, durableObjects, "PurgeLog"},
		{"INLAY_KV", kvNamespaces, ""},
		{"INLAY_REGION", durableObjects, "RegionFill"},
		{"INLAY_ANALYTICS", datasets, ""},
	}
}

// line is how the binding is written.
func (b Binding) line() string {
	if b.Class == "" {
		return b.Kind + ` = [{ binding = "` + b.Name + `" }]`
	}
	return b.Kind + `.bindings = [{ name = "` + b.Name + `", class_name = "` + b.Class + `" }]`
}

// migration is how its class is made, if it has one.
func (b Binding) migration() string {
	return `{ tag = "` + b.tag() + `", new_sqlite_classes = ["` + b.Class + `"] }`
}

func (b Binding) tag() string { return strings.ToLower(strings.ReplaceAll(b.Name, "_", "-")) }

// CheckBindings tells what is wrong with inlay's bindings, at the top level and in each environment: another name, another kind,
// another class, a class that no migration makes. A Worker that has none of them is as good.
func (w *Wrangler) CheckBindings() Problems {
	c := bindingCheck{w: w}
	c.environment(w.table, nil)
	for _, name := range slices.Sorted(maps.Keys(w.Environments)) {
		c.environment(w.table.Get("env", name).Table, w.table)
	}
	return c.problems
}

type bindingCheck struct {
	w        *Wrangler
	problems Problems
}

func (c *bindingCheck) wrong(at toml.Position, format string, args ...any) {
	p := problem(ConfigName, at.Line, at.Column, format, args...)[0]
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// bound is a binding as it is written.
type bound struct {
	name, kind, class string
	elsewhere         bool // its class is another Worker's
	at                toml.Position
}

// environment checks one of them; above is the top level, whose migrations it has unless it has its own.
func (c *bindingCheck) environment(t, above *toml.Table) {
	all := bindingsOf(t)
	has := map[string]bool{}
	for _, one := range all {
		has[one.name] = true
	}
	for _, one := range all {
		i := slices.IndexFunc(Bindings(), func(b Binding) bool { return b.Name == one.name })
		switch {
		case i >= 0:
			c.own(one, Bindings()[i], has[Log], lifecycle{t, above})
		case one.kind == durableObjects:
			for _, b := range Bindings() {
				if b.Class != "" && b.Class == one.class && !has[b.Name] {
					c.wrong(one.at, "the class %s is bound as %s; inlay looks for it as %s: name = %q", b.Class, one.name, b.Name, b.Name)
				}
			}
			fallthrough
		case one.kind == kvNamespaces, one.kind == datasets:
			if strings.HasPrefix(one.name, "INLAY_") && !isClass(one.class) {
				c.wrong(one.at, "there is no binding %s; inlay looks for %s", one.name, names(one.kind == datasets))
			}
		}
	}
}

func isClass(name string) bool {
	return name != "" && slices.ContainsFunc(Bindings(), func(b Binding) bool { return b.Class == name })
}

// names are those of the bindings: of datasets, or of all else.
func names(ofDatasets bool) string {
	var all []string
	for _, b := range Bindings() {
		if (b.Kind == datasets) == ofDatasets {
			all = append(all, b.Name)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// own checks a binding that has one of inlay's names.
func (c *bindingCheck) own(is bound, b Binding, log bool, classes lifecycle) {
	switch {
	case is.kind != b.Kind:
		c.wrong(is.at, "%s is in %s, and has to be in %s: %s", b.Name, is.kind, b.Kind, b.line())
	case is.class != b.Class && is.class == "":
		c.wrong(is.at, "%s has no class; it is %s: %s", b.Name, b.Class, b.line())
	case is.class != b.Class:
		c.wrong(is.at, "%s is of the class %s, and has to be of %s: %s", b.Name, is.class, b.Class, b.line())
	case b.Class != "" && !is.elsewhere:
		switch made, at := classes.of(b.Class); made {
		case noStorage:
			c.wrong(is.at, "no migration makes the class %s of %s; %s", b.Class, b.Name, classes.add(b))
		case otherStorage:
			if b.Name != Log {
				break // it keeps nothing
			}
			c.wrong(at, "the class %s is made without SQLite, which %s needs: %s. A class that has been deployed so cannot be changed: delete it (deleted_classes) in a migration before", b.Class, b.Name, b.migration())
		}
	}
	if b.Name != Log && b.Kind != datasets && !log {
		c.wrong(is.at, "%s is of no use without %s: %s", b.Name, Log, Bindings()[0].line())
	}
}

// bindingsOf are the bindings of a table, of whatever kind: wrangler calls their names binding, but of Durable Objects name.
func bindingsOf(t *toml.Table) (all []bound) {
	for _, key := range t.Keys {
		switch key {
		case "env", "vars", "migrations", "exports", "define", "alias", "rules":
			continue
		}
		walk(t.Get(key), func(one *toml.Value) {
			b := bound{name: stringOf(one.Table.Get("binding")), kind: key, at: one.At}
			if key == durableObjects {
				b.name, b.class = stringOf(one.Table.Get("name")), stringOf(one.Table.Get("class_name"))
				b.elsewhere = stringOf(one.Table.Get("script_name")) != ""
			}
			if b.name != "" {
				all = append(all, b)
			}
		})
	}
	return all
}

// walk visits each table in a value.
func walk(v *toml.Value, visit func(*toml.Value)) {
	if v.Table != nil {
		visit(v)
		for _, key := range v.Table.Keys {
			walk(v.Table.Get(key), visit)
		}
	}
	for _, item := range v.Items {
		walk(item, visit)
	}
}

// lifecycle is what makes and ends the classes of Durable Objects: migrations, or exports in their place. An environment has the
// top level's unless it has its own.
type lifecycle struct{ own, above *toml.Table }

func (l lifecycle) get(key string) *toml.Value {
	if v := l.own.Get(key); v != nil || l.above == nil {
		return v
	}
	return l.above.Get(key)
}

// storage is what a class keeps its data in.
type storage int

const (
	noStorage storage = iota // there is no such class
	sqlite
	otherStorage
)

// of is the storage of a class after all that is said of it, and where it was made.
func (l lifecycle) of(class string) (made storage, at toml.Position) {
	if exports := l.get("exports"); exports != nil && exports.Table != nil {
		if one := exports.Table.Get(class); one != nil && one.Table != nil {
			state := stringOf(one.Table.Get("state"))
			switch kept := stringOf(one.Table.Get("storage")); {
			case state != "" && state != "created" && state != "expecting-transfer":
			case kept == "sqlite":
				return sqlite, one.At
			default:
				return otherStorage, one.At
			}
		}
	}
	migrations := l.get("migrations")
	if migrations == nil {
		return noStorage, at
	}
	for _, m := range migrations.Items {
		if m.Table == nil {
			continue
		}
		for key, becomes := range map[string]storage{"new_sqlite_classes": sqlite, "new_classes": otherStorage, "deleted_classes": noStorage} {
			if v := m.Table.Get(key); v != nil && slices.ContainsFunc(v.Items, func(one *toml.Value) bool { return stringOf(one) == class }) {
				made, at = becomes, v.At
			}
		}
		for _, key := range []string{"renamed_classes", "transferred_classes"} {
			if v := m.Table.Get(key); v != nil {
				for _, one := range v.Items {
					switch {
					case one.Table == nil:
					case stringOf(one.Table.Get("to")) == class:
						made, at = sqlite, v.At // or the other, as it was before: wrangler knows
					case key == "renamed_classes" && stringOf(one.Table.Get("from")) == class:
						made = noStorage
					}
				}
			}
		}
	}
	return made, at
}

// add says how a class is made in addition to what there is.
func (l lifecycle) add(b Binding) string {
	switch {
	case l.get("exports") != nil:
		return fmt.Sprintf("add: exports.%s = { type = \"durable-object\", storage = \"sqlite\" }", b.Class)
	case l.get("migrations") != nil:
		return "add to the end of migrations: " + b.migration()
	}
	return "add: migrations = [" + b.migration() + "]"
}

// Classes are those of inlay's own that the Worker has to export, in any environment: what is bound and not another Worker's. With
// everywhere, what [Wrangler.Everywhere] binds too.
func (w *Wrangler) Classes(everywhere bool) (classes []string) {
	tables := []*toml.Table{w.table}
	for _, name := range slices.Sorted(maps.Keys(w.Environments)) {
		tables = append(tables, w.table.Get("env", name).Table)
	}
	for _, b := range Bindings() {
		bound := everywhere && b.Class != ""
		for _, t := range tables {
			for _, one := range bindingsOf(t) {
				bound = bound || one.class == b.Class && one.class != "" && !one.elsewhere
			}
		}
		if bound {
			classes = append(classes, b.Class)
		}
	}
	return classes
}
