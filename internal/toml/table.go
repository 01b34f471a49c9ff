package toml

import "strconv"

// Table is a set of keys with values, in the order of the text.
type Table struct {
	Keys []string
	At   Position

	values map[string]*Value
	keyAt  map[string]Position
	// What may still come to it: a header opens a table once, dotted keys may
	// add to what they made, and an inline table is closed.
	opened, dotted, closed bool
}

func newTable(at Position) *Table {
	return &Table{At: at, values: map[string]*Value{}, keyAt: map[string]Position{}}
}

// Get gives the value that keys lead to, each in the table of the one before;
// nil if there is none. A nil Table has no values.
func (t *Table) Get(keys ...string) *Value {
	var v *Value
	for i, key := range keys {
		if i > 0 {
			if v == nil {
				return nil
			}
			t = v.Table
		}
		if t == nil {
			return nil
		}
		v = t.values[key]
	}
	return v
}

// KeyAt is where a key of the table stands.
func (t *Table) KeyAt(key string) Position { return t.keyAt[key] }

func (t *Table) set(key string, v *Value, at Position) {
	t.Keys = append(t.Keys, key)
	t.values[key] = v
	t.keyAt[key] = at
}

// close lets nothing be added to a table, nor to those in it.
func (t *Table) close() {
	t.closed = true
	for _, v := range t.values {
		if v.Table != nil {
			v.Table.close()
		}
	}
}

// part is one of the names that make up a key, as in a.b."c d".
type part struct {
	name string
	at   Position
}

// assigned puts a value at a key that may be dotted.
func (p *parser) assigned(t *Table, key []part, v *Value) {
	for _, k := range key[:len(key)-1] {
		next := t.values[k.name]
		switch {
		case next == nil:
			made := newTable(k.at)
			made.dotted = true
			next = &Value{Kind: TableKind, Table: made, At: k.at}
			t.set(k.name, next, k.at)
		case next.Table == nil, next.Table.closed, next.Table.opened, !next.Table.dotted:
			p.twice(k, t)
		}
		t = next.Table
	}
	last := key[len(key)-1]
	if t.values[last.name] != nil {
		p.twice(last, t)
	}
	t.set(last.name, v, last.at)
}

// header opens the table of [a.b.c], or appends one to the array of [[a.b.c]].
func (p *parser) header(root *Table, key []part, array bool, at Position) *Table {
	t := root
	for _, k := range key[:len(key)-1] {
		next := t.values[k.name]
		switch {
		case next == nil:
			next = &Value{Kind: TableKind, Table: newTable(k.at), At: k.at}
			t.set(k.name, next, k.at)
		case next.tables:
			t = next.Items[len(next.Items)-1].Table
			continue
		case next.Table == nil, next.Table.closed:
			p.twice(k, t)
		}
		t = next.Table
	}
	last := key[len(key)-1]
	existing := t.values[last.name]
	if array {
		if existing == nil {
			existing = &Value{Kind: Array, At: at, tables: true}
			t.set(last.name, existing, last.at)
		}
		if !existing.tables {
			p.twice(last, t)
		}
		made := newTable(at)
		made.opened = true
		existing.Items = append(existing.Items, &Value{Kind: TableKind, Table: made, At: at})
		return made
	}
	if existing == nil {
		existing = &Value{Kind: TableKind, Table: newTable(at), At: at}
		t.set(last.name, existing, last.at)
	} else if existing.Table == nil || existing.Table.opened || existing.Table.dotted || existing.Table.closed {
		p.twice(last, t)
	}
	existing.Table.opened = true
	return existing.Table
}

// twice refuses a key that has a value already.
func (p *parser) twice(k part, t *Table) {
	p.fail(k.at, quote(k.name)+" is defined already, in line "+strconv.Itoa(t.keyAt[k.name].Line))
}
