package route

import (
	"errors"
	"slices"
	"strings"

	"inlay/internal/ascii"
)

// Template is text with {params} in it: literal[0], holes[0], literal[1] … literal[len(holes)].
type Template struct {
	Literal []string
	Holes   []Hole
	Query   bool // a src that has a query of its own
}

// Hole is where a parameter goes.
type Hole struct {
	Param int  // index into the page's params
	Path  bool // in the path of a src, where the slashes of a {name...} stay
}

// ParseTemplate splits text at its {params}, which must be among params.
func ParseTemplate(text string, params []string) (Template, error) {
	var t Template
	for rest := text; ; {
		i := ascii.IndexAny(rest, "{}")
		if i < 0 {
			t.Literal = append(t.Literal, rest)
			return t, nil
		}
		end := ascii.IndexAny(rest[i+1:], "{}")
		if rest[i] == '}' || end < 0 || rest[i+1+end] == '{' {
			return t, errors.New(ascii.Shorten(text) + " has a brace without its other half; " +
				"expected {name} (a literal brace is %7B or %7D)")
		}
		name := rest[i+1 : i+1+end]
		param := slices.Index(params, name)
		if param < 0 {
			return t, errors.New("the unknown parameter " + ascii.Shorten("{"+name+"}") + "; " + expectedParam(name, params))
		}
		t.Literal = append(t.Literal, rest[:i])
		t.Holes = append(t.Holes, Hole{Param: param})
		rest = rest[i+end+2:]
	}
}

func expectedParam(name string, params []string) string {
	if len(params) == 0 {
		return "the page's pattern has no parameters"
	}
	if near := ascii.Nearest(strings.TrimSuffix(name, "..."), params); near != "" {
		return "did you mean {" + near + "}? The pattern has " + braced(params)
	}
	return "the pattern has " + braced(params)
}

func braced(params []string) string { return "{" + strings.Join(params, "}, {") + "}" }

// Expand writes the template with the parameters as they are.
func (t *Template) Expand(params []string) string {
	if len(t.Holes) == 0 {
		return t.Literal[0]
	}
	out := t.Literal[0]
	for i, h := range t.Holes {
		out += params[h.Param] + t.Literal[i+1]
	}
	return out
}

// AppendURL writes a src's template with the parameters percent-encoded. In its path a {name...} stands for any number of
// segments: where there are none, or where they end in a slash, the slash that follows is left out, since an empty segment
// is another path (and at the beginning another host).
func (t *Template) AppendURL(dst []byte, params []string) []byte {
	dst = append(dst, t.Literal[0]...)
	for i, h := range t.Holes {
		dst = AppendEncoded(dst, params[h.Param], h.Path)
		next := t.Literal[i+1]
		if h.Path && next != "" && next[0] == '/' && dst[len(dst)-1] == '/' {
			next = next[1:]
		}
		dst = append(dst, next...)
	}
	return dst
}

// Fits tells whether each hole names one of params.
func (t *Template) Fits(params []string) bool {
	for _, h := range t.Holes {
		if h.Param >= len(params) {
			return false
		}
	}
	return true
}
