package admin

import (
	"strconv"
	"unicode/utf8"
)

// object writes an object of JSON as JSON.stringify does, which escapes as little as it must: what a Worker answers is the same.
type object struct {
	text  []byte
	comma bool
}

func (o *object) name(name string) {
	if o.comma {
		o.text = append(o.text, ',')
	}
	o.comma = true
	o.text = append(append(append(o.text, '"'), name...), `":`...)
}

func (o *object) string(name, value string) {
	o.name(name)
	o.text = appendString(o.text, value)
}

func (o *object) number(name string, value int64) {
	o.name(name)
	o.text = strconv.AppendInt(o.text, value, 10)
}

// known is a number, or null.
func (o *object) known(name string, value Known) {
	if !value.Is {
		o.raw(name, "null")
		return
	}
	o.number(name, value.N)
}

func (o *object) bool(name string, value bool) { o.raw(name, strconv.FormatBool(value)) }

func (o *object) raw(name, json string) {
	o.name(name)
	o.text = append(o.text, json...)
}

func (o *object) strings(name string, values []string) {
	o.name(name)
	o.text = append(o.text, '[')
	for i, value := range values {
		if i > 0 {
			o.text = append(o.text, ',')
		}
		o.text = appendString(o.text, value)
	}
	o.text = append(o.text, ']')
}

// objects writes a list of objects.
func (o *object) objects(name string, n int, write func(i int, o *object)) {
	o.name(name)
	o.text = append(o.text, '[')
	for i := range n {
		if i > 0 {
			o.text = append(o.text, ',')
		}
		o.text, o.comma = append(o.text, '{'), false
		write(i, o)
		o.text = append(o.text, '}')
	}
	o.text, o.comma = append(o.text, ']'), true
}

// written answers with an object.
func written(write func(o *object)) Answer {
	o := object{text: []byte{'{'}}
	write(&o)
	return JSON(200, string(append(o.text, "}\n"...)))
}

func appendString(text []byte, s string) []byte {
	text = append(text, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			text = append(text, '\\', byte(r))
		case r == '\n':
			text = append(text, `\n`...)
		case r == '\t':
			text = append(text, `\t`...)
		case r == '\r':
			text = append(text, `\r`...)
		case r == '\b':
			text = append(text, `\b`...)
		case r == '\f':
			text = append(text, `\f`...)
		case r < 0x20:
			text = append(text, `\u00`...)
			text = append(text, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			text = utf8.AppendRune(text, r) // U+FFFD for what is no UTF-8
		}
	}
	return append(text, '"')
}
