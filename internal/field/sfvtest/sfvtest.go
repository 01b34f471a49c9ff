// Package sfvtest reads structured fields (RFC 9651) as tests want them: by the specification's own algorithms, and with
// nothing in common with what [inlay/internal/field] has, so that each checks the other.
package sfvtest

import (
	"errors"
	"strconv"
	"strings"
)

// Item is an item of a structured field as a reader has it: a token, string, int64 or bool, with its parameters.
type Item struct {
	Value  any
	Params []Param
}

type Param struct {
	Key   string
	Value any
}

type Token string

// parser reads lists of items by the parsing algorithms of RFC 9651, section 4.2. It has nothing in common with the
// serialisation, so that each checks the other.
type parser struct{ in string }

var errForm = errors.New("no structured field")

func ParseList(in string) (list []Item, err error) {
	p := &parser{strings.TrimLeft(in, " ")}
	for p.in != "" {
		item, err := p.item()
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		p.in = strings.TrimLeft(p.in, " \t")
		if p.in == "" {
			return list, nil
		}
		if p.in[0] != ',' {
			return nil, errForm
		}
		if p.in = strings.TrimLeft(p.in[1:], " \t"); p.in == "" {
			return nil, errForm // a comma at the end
		}
	}
	return list, nil
}

func (p *parser) item() (item Item, err error) {
	if item.Value, err = p.bare(); err != nil {
		return item, err
	}
	for strings.HasPrefix(p.in, ";") {
		p.in = strings.TrimLeft(p.in[1:], " ")
		n := 0
		for n < len(p.in) && (strings.IndexByte("abcdefghijklmnopqrstuvwxyz*", p.in[n]) >= 0 || n > 0 && strings.IndexByte("0123456789_-.", p.in[n]) >= 0) {
			n++
		}
		if n == 0 {
			return item, errForm
		}
		param := Param{p.in[:n], true}
		if p.in = p.in[n:]; strings.HasPrefix(p.in, "=") {
			p.in = p.in[1:]
			if param.Value, err = p.bare(); err != nil {
				return item, err
			}
		}
		item.Params = append(item.Params, param)
	}
	return item, nil
}

func (p *parser) bare() (any, error) {
	if p.in == "" {
		return nil, errForm
	}
	switch c := p.in[0]; {
	case c == '"':
		var s strings.Builder
		for i := 1; i < len(p.in); i++ {
			switch c := p.in[i]; {
			case c == '\\':
				if i++; i == len(p.in) || p.in[i] != '"' && p.in[i] != '\\' {
					return nil, errForm
				}
				s.WriteByte(p.in[i])
			case c == '"':
				p.in = p.in[i+1:]
				return s.String(), nil
			case c < 0x20 || c >= 0x7f:
				return nil, errForm
			default:
				s.WriteByte(c)
			}
		}
		return nil, errForm
	case c == '-' || c >= '0' && c <= '9':
		n := 1
		for n < len(p.in) && p.in[n] >= '0' && p.in[n] <= '9' {
			n++
		}
		if n-strings.Count(p.in[:1], "-") > 15 {
			return nil, errForm
		}
		v, err := strconv.ParseInt(p.in[:n], 10, 64)
		p.in = p.in[n:]
		return v, err
	case c == '?':
		if len(p.in) < 2 || p.in[1] != '0' && p.in[1] != '1' {
			return nil, errForm
		}
		v := p.in[1] == '1'
		p.in = p.in[2:]
		return v, nil
	case c == '*' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		n := 1
		for n < len(p.in) && (p.in[n] > 0x20 && p.in[n] < 0x7f && strings.IndexByte(`"(),;<=>?@[\]{}`, p.in[n]) < 0) {
			n++
		}
		v := Token(p.in[:n])
		p.in = p.in[n:]
		return v, nil
	}
	return nil, errForm
}
