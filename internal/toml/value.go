package toml

import "regexp"

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	String Kind = iota
	Integer
	Float
	Boolean
	Date // a date, a time, or both
	Array
	TableKind
)

func (k Kind) String() string {
	return [...]string{"a string", "an integer", "a float", "a boolean", "a date", "an array", "a table"}[k]
}

// Position is a place in the text, both counted from 1; the column in runes.
type Position struct{ Line, Column int }

// Value is one value and where it begins.
type Value struct {
	Kind  Kind
	Text  string   // of a String, decoded; of a number, boolean or date, as it is written
	Items []*Value // of an Array
	Table *Table   // of a TableKind
	At    Position

	tables bool // an Array of [[headers]]
}

// value reads the value that begins here.
func (p *parser) value(depth int) *Value {
	at := p.position()
	if depth > maxDepth {
		p.fail(at, "values are nested more than 100 deep")
	}
	switch c := p.peek(); c {
	case '"', '\'':
		return &Value{Kind: String, Text: p.text(true), At: at}
	case '[':
		return p.array(at, depth)
	case '{':
		return p.inline(at, depth)
	case '\n', '#', 0:
		p.fail(at, "a value is missing after =")
	}
	return p.scalar(at)
}

// maxDepth is how deep values may be nested, so that no text can exhaust the stack.
const maxDepth = 100

// array reads [ … ]: values with commas between, over any number of lines.
func (p *parser) array(at Position, depth int) *Value {
	array := &Value{Kind: Array, At: at}
	p.next()
	for {
		p.blank()
		if p.peek() == ']' {
			break
		}
		array.Items = append(array.Items, p.value(depth+1))
		p.blank()
		if p.peek() == ']' {
			break
		}
		p.expect(',', at, "an array that begins here lacks a comma or its ]")
	}
	p.next()
	return array
}

// inline reads { … }: keys with values, closed for ever once it ends.
func (p *parser) inline(at Position, depth int) *Value {
	table := newTable(at)
	p.next()
	for {
		p.blank()
		if p.peek() == '}' {
			break
		}
		p.assign(table, depth+1)
		p.blank()
		if p.peek() == '}' {
			break
		}
		p.expect(',', at, "a table that begins here lacks a comma or its }")
	}
	p.next()
	table.close()
	return &Value{Kind: TableKind, Table: table, At: at}
}

var (
	integers = regexp.MustCompile(`^([+-]?(0|[1-9](_?[0-9])*)|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*)$`)
	floats   = regexp.MustCompile(`^[+-]?((0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?|inf|nan)$`)
	dates    = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?|[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)$`)
	aDay     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// scalar reads a boolean, a number or a date.
func (p *parser) scalar(at Position) *Value {
	text := p.word()
	if aDay.MatchString(text) && p.peek() == ' ' && isDigit(p.peekAt(1)) { // a space may stand for T
		p.next()
		text += " " + p.word()
	}
	kind := Integer
	switch {
	case text == "true" || text == "false":
		kind = Boolean
	case integers.MatchString(text):
	case floats.MatchString(text):
		kind = Float
	case dates.MatchString(text):
		kind = Date
	case text == "":
		p.fail(at, "a value cannot begin with "+p.shown())
	default:
		p.fail(at, quote(text)+" is no value; a string stands in quotes")
	}
	return &Value{Kind: kind, Text: text, At: at}
}

// word takes what a boolean, a number or a date may consist of.
func (p *parser) word() string {
	from := p.at
	for c := p.peek(); isBare(c) || c == '+' || c == '.' || c == ':'; c = p.peek() {
		p.next()
	}
	return p.all[from:p.at]
}
