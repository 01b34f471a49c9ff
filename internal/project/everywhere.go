package project

import (
	"encoding/json"
	"strconv"
	"strings"

	"inlay/internal/toml"
)

// Everywhere is wrangler.toml as JSON, which wrangler reads as well, with the bindings of inlay's that an environment lacks, and
// the classes that they need: what inlay dev runs with when it is to be as if all had been written there. env "" is the top level.
func (w *Wrangler) Everywhere(env string) ([]byte, error) {
	root := plain(w.table)
	own := root
	if env != "" {
		if w.Environments[env] == nil {
			return nil, Problems{{File: ConfigName, Msg: "there is no [env." + env + "], which --env names"}}
		}
		own = root["env"].(map[string]any)[env].(map[string]any)
	}
	in, above := w.table, (*toml.Table)(nil)
	if env != "" {
		in, above = w.table.Get("env", env).Table, w.table
	}
	has := map[string]bool{}
	for _, one := range bindingsOf(in) {
		has[one.name] = true
	}
	classes := lifecycle{in, above}
	for _, b := range Bindings() {
		if has[b.Name] || b.Kind == datasets { // which lies beyond nothing, and keeps nothing here
			continue
		}
		if b.Class == "" {
			own[b.Kind] = append(list(own[b.Kind]), map[string]any{"binding": b.Name, "id": strings.ToLower(b.Name)})
			continue
		}
		objects, _ := own[b.Kind].(map[string]any)
		if objects == nil {
			objects = map[string]any{}
		}
		objects["bindings"] = append(list(objects["bindings"]), map[string]any{"name": b.Name, "class_name": b.Class})
		own[b.Kind] = objects
		if made, _ := classes.of(b.Class); made != noStorage {
			continue
		}
		holder := root // what an environment takes over, unless it has its own
		if env != "" && (own["migrations"] != nil || own["exports"] != nil) {
			holder = own
		}
		if exports, ok := holder["exports"].(map[string]any); ok {
			exports[b.Class] = map[string]any{"type": "durable-object", "storage": "sqlite"}
			continue
		}
		holder["migrations"] = append(list(holder["migrations"]), map[string]any{"tag": b.tag(), "new_sqlite_classes": []any{b.Class}})
	}
	return json.MarshalIndent(root, "", "  ")
}

func list(v any) []any {
	items, _ := v.([]any)
	return items
}

// plain is a table as encoding/json takes it.
func plain(t *toml.Table) map[string]any {
	m := map[string]any{}
	for _, key := range t.Keys {
		m[key] = plainValue(t.Get(key))
	}
	return m
}

func plainValue(v *toml.Value) any {
	switch v.Kind {
	case toml.TableKind:
		return plain(v.Table)
	case toml.Array:
		items := []any{}
		for _, item := range v.Items {
			items = append(items, plainValue(item))
		}
		return items
	case toml.Boolean:
		return v.Text == "true"
	case toml.Integer:
		if n, err := strconv.ParseInt(v.Text, 0, 64); err == nil {
			return n
		}
	case toml.Float:
		number := json.Number(strings.TrimPrefix(strings.ReplaceAll(v.Text, "_", ""), "+"))
		if _, err := json.Marshal(number); err == nil { // not nan, not inf
			return number
		}
	}
	return v.Text
}
