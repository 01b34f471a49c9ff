package folder

import (
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/route"
)

// pathToken is a part of a path's form: one byte, some bytes without a slash, or any bytes.
type pathToken struct {
	kind tokenOfPath
	char byte
	name string // of a placeholder
}

type tokenOfPath uint8

const (
	oneByte tokenOfPath = iota
	oneSegment
	anyPath
)

// rulePath reads the path of a rule of _headers: * is any bytes, :name some without a slash. It is not ok where its
// percent-encoding is malformed. names are those of the placeholders, with splat, for *, as the last.
func rulePath(text string) (tokens []pathToken, names []string, ok bool) {
	splat := false
	for i := 0; i < len(text); {
		n := 0
		if text[i] == ':' {
			n = placeholderLength(text[i+1:])
		}
		switch c := text[i]; {
		case n > 0:
			name := text[i+1 : i+1+n]
			tokens, names = append(tokens, pathToken{kind: oneSegment, name: name}), append(names, name)
			i += n
		case c == '*':
			tokens, splat = append(tokens, pathToken{kind: anyPath, name: "splat"}), true
		case c == '%':
			if c, ok = ascii.Unhex(text, i+1); !ok {
				return nil, nil, false
			}
			tokens = append(tokens, pathToken{char: c})
			i += 2
		default:
			tokens = append(tokens, pathToken{char: c})
		}
		i++
	}
	if splat {
		names = append(names, "splat")
	}
	return tokens, names, true
}

// pageTokens is the form of the paths of a page's pattern.
func pageTokens(pattern string) []pathToken {
	var tokens []pathToken
	for segment := range strings.SplitSeq(pattern[1:], "/") {
		tokens = append(tokens, pathToken{char: '/'})
		switch {
		case segment == "" || strings.HasSuffix(segment, "...}"):
			tokens = append(tokens, pathToken{kind: anyPath})
		case segment == "{$}":
		case segment[0] == '{':
			tokens = append(tokens, pathToken{kind: oneSegment})
		default:
			literal, _ := route.UnescapePath(segment)
			for i := range len(literal) {
				tokens = append(tokens, pathToken{char: literal[i]})
			}
		}
	}
	return tokens
}

// covers tells whether all paths of a page are among a rule's, and gives the placeholders that are the same for all of them.
func (r *headerRule) covers(page []pathToken) (values map[string]string, all bool) {
	ends, all := match(r.tokens, page)
	if !all {
		return nil, false
	}
	values = map[string]string{}
	from := 0
	for i, t := range r.tokens {
		if t.name != "" {
			if value, ok := literalOf(page[from:ends[i]]); ok {
				values[t.name] = value
			}
		}
		from = ends[i]
	}
	return values, true
}

func literalOf(tokens []pathToken) (string, bool) {
	var b strings.Builder
	for _, t := range tokens {
		if t.kind != oneByte {
			return "", false
		}
		b.WriteByte(t.char)
	}
	return b.String(), true
}

// match tells whether every path of the form of is of the form whole too; ends are where, in of, what each of whole stands for
// ends. A placeholder takes as much as it can, as in a regular expression.
func match(whole, of []pathToken) (ends []int, ok bool) {
	m := matcher{whole: whole, of: of, failed: map[[2]int]bool{}, ends: make([]int, len(whole))}
	return m.ends, m.match(0, 0, false)
}

type matcher struct {
	whole, of []pathToken
	failed    map[[2]int]bool // places from which it is known not to go on
	ends      []int
}

// match goes on at whole[i:] and of[j:]; within says that whole[i] has taken something already.
func (m *matcher) match(i, j int, within bool) bool {
	if i == len(m.whole) {
		return j == len(m.of)
	}
	place := [2]int{2 * i, j}
	if within {
		place[0]++
	}
	if m.failed[place] {
		return false
	}
	t := m.whole[i]
	if j < len(m.of) && t.takes(m.of[j]) {
		if t.kind != oneByte {
			if m.match(i, j+1, true) {
				return true
			}
		} else if m.match(i+1, j+1, false) {
			m.ends[i] = j + 1
			return true
		}
	}
	if (t.kind == anyPath || t.kind == oneSegment && within) && m.match(i+1, j, false) {
		m.ends[i] = j
		return true
	}
	m.failed[place] = true
	return false
}

// takes tells whether all that the other one may be is among what this one may be.
func (t pathToken) takes(other pathToken) bool {
	switch t.kind {
	case oneByte:
		return other.kind == oneByte && other.char == t.char
	case oneSegment:
		return other.kind == oneSegment || other.kind == oneByte && other.char != '/'
	}
	return true
}

// overlap tells whether there is a path of both forms.
func overlap(a, b []pathToken) bool {
	m := overlapper{a: a, b: b, failed: map[[4]int]bool{}}
	return m.from(0, 0, 0, 0)
}

type overlapper struct {
	a, b   []pathToken
	failed map[[4]int]bool
}

// from goes on at a[i:] and b[j:]; inA and inB are 1 where a[i] or b[j] has a byte already.
func (m *overlapper) from(i, inA, j, inB int) bool {
	if i == len(m.a) && j == len(m.b) {
		return true
	}
	place := [4]int{i, inA, j, inB}
	if m.failed[place] {
		return false
	}
	m.failed[place] = true // unless this way leads there, which ends everything
	if i < len(m.a) && (m.a[i].kind == anyPath || m.a[i].kind == oneSegment && inA == 1) && m.from(i+1, 0, j, inB) {
		return true
	}
	if j < len(m.b) && (m.b[j].kind == anyPath || m.b[j].kind == oneSegment && inB == 1) && m.from(i, inA, j+1, 0) {
		return true
	}
	if i == len(m.a) || j == len(m.b) || !m.a[i].meets(m.b[j]) {
		return false
	}
	// One byte more, of both.
	nextI, nextInA, nextJ, nextInB := i, 1, j, 1
	if m.a[i].kind == oneByte {
		nextI, nextInA = i+1, 0
	}
	if m.b[j].kind == oneByte {
		nextJ, nextInB = j+1, 0
	}
	return m.from(nextI, nextInA, nextJ, nextInB)
}

// meets tells whether there is a byte that both may have.
func (t pathToken) meets(other pathToken) bool {
	switch {
	case t.kind == oneByte && other.kind == oneByte:
		return t.char == other.char
	case t.kind == oneByte && other.kind == oneSegment:
		return t.char != '/'
	case t.kind == oneSegment && other.kind == oneByte:
		return other.char != '/'
	}
	return true
}
