package project

import "inlay/internal/toml"

// Builds tells whether wrangler.toml has wrangler itself build the Worker, at
// its top level or for an environment, and where it says so.
func (w *Wrangler) Builds() (at toml.Position, ok bool) {
	tables := []*toml.Table{w.table}
	if all := w.table.Get("env"); all != nil && all.Table != nil {
		for _, name := range all.Table.Keys {
			if one := all.Table.Get(name); one.Table != nil {
				tables = append(tables, one.Table)
			}
		}
	}
	for _, t := range tables {
		if v := t.Get("build", "command"); v != nil && v.Text != "" {
			return v.At, true
		}
	}
	return toml.Position{}, false
}
