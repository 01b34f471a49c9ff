package esi

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/esi/esitest"
	"inlay/internal/route"
)

// read reads a source in pieces of size bytes; 0: whole.
func read(source, base string, size int) (events []Event) {
	r := New(base)
	for rest := source; rest != ""; {
		n := len(rest)
		if size > 0 {
			n = min(n, size)
		}
		piece := []byte(rest[:n])
		events = append(events, r.Write(piece)...)
		clear(piece) // nothing of it may be kept
		rest = rest[n:]
	}
	return merged(append(events, r.End()...))
}

// merged joins texts that are one, and has what was refused at the end.
func merged(events []Event) (out []Event) {
	var refused []Event
	defer func() { out = append(out, refused...) }()
	for _, e := range events {
		if e.Kind == Refused {
			refused = append(refused, e)
			continue
		}
		if n := len(out); e.Kind == Text && n > 0 && out[n-1].Kind == Text && out[n-1].To == e.From {
			out[n-1].To = e.To
			continue
		}
		out = append(out, e)
	}
	return out
}

// composer does what an engine does, without its cache.
type composer struct {
	c      *esitest.Case
	within []string // what is being included
}

func (p *composer) compose(source string, events []Event) (out string, ok bool) {
	ok = true
	for _, e := range events {
		switch e.Kind {
		case Text:
			out += source[e.From:e.To]
		case Included:
			text, fine := p.include(&e.Include.Src)
			if !fine && e.Include.Alt != nil {
				text, fine = p.include(e.Include.Alt)
			}
			if !fine && !e.Include.Continue {
				text, ok = "", false
			}
			out += text
		case Tried:
			text, fine := p.compose(source, e.Attempt)
			if !fine {
				text, fine = p.compose(source, e.Except)
			}
			out, ok = out+text, ok && fine
		}
	}
	return out, ok
}

func (p *composer) include(s *Source) (string, bool) {
	var values []string
	for _, v := range s.Variables {
		values = append(values, p.value(&v))
	}
	target := string(s.Template.AppendURL(nil, values))
	for part, body := range p.c.Parts {
		t, err := route.ParseSrc(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(part), nil)
		if err != nil || t.Literal[0] != target {
			continue
		}
		if p.c.Failed[part] || len(p.within) == 6 || slices.Contains(p.within, target) {
			return "", false
		}
		if p.c.Plain[part] {
			return body, true
		}
		p.within = append(p.within, target)
		defer func() { p.within = p.within[:len(p.within)-1] }()
		text, _ := p.compose(body, read(body, target, 0))
		return text, true
	}
	return "", false
}

// value is that of a variable, with what the visitor sent.
func (p *composer) value(v *Variable) string {
	if v.Input.Kind == route.Host {
		return "shop.example"
	}
	list, sep := p.c.Cookie, "; "
	if v.Input.Kind == route.Query {
		_, list, _ = strings.Cut(p.c.Target, "?")
		sep = "&"
	}
	for _, pair := range strings.Split(list, sep) {
		name, value, _ := strings.Cut(pair, "=")
		if name == v.Input.Name && value != "" {
			value, _ = route.UnescapePath(value)
			return value
		}
	}
	return v.Default
}

func TestPagesBecomeWhatVarnishMakesOfThem(t *testing.T) {
	for _, c := range esitest.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			source := c.Parts[c.Target]
			whole := read(source, c.Target, 0)
			p := composer{c: &c}
			got, _ := p.compose(source, whole)
			assert.Equal(t, c.Want, got)
			var log []string
			for _, e := range whole {
				if e.Kind == Refused {
					log = append(log, e.Message)
				}
			}
			require.Len(t, log, len(c.Log), "%q", log)
			for i := range log {
				assert.True(t, strings.HasPrefix(log[i], c.Log[i]), "%s\nis not\n%s", log[i], c.Log[i])
			}
			for _, size := range []int{1, 2, 3, 5, 7} {
				assert.Equal(t, whole, read(source, c.Target, size), "in pieces of %d", size)
			}
		})
	}
}
