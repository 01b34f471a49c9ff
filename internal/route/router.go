package route

import (
	"strings"
	"unicode/utf8"

	"inlay/internal/ascii"
	"inlay/internal/wording"
)

// MaxParam is how long a decoded parameter may be, in bytes.
const MaxParam = 2 << 10

// RequestError is why a request that a page would answer gets 400. Its text holds nothing of the request.
type RequestError struct {
	// Reason is what is wrong with the request, for its sender.
	Reason string
}

// Error is the reason.
func (e *RequestError) Error() string { return "edge: " + e.Reason }

func refuse(why wording.ID, in ...string) *RequestError { return &RequestError{wording.Of(why, in...)} }

// Router finds the page of a path: a tree by segment, as net/http's ServeMux has it. Literal segments go before {name},
// {name} before {name...}; that the most specific pattern wins follows from there being no conflicts.
type Router struct {
	root  routeNode
	pages []Pattern
}

// routeNode is where the paths are that have begun with the same segments of patterns. Pages are numbered from 1 here,
// 0 is none.
type routeNode struct {
	literals []literalEdge // by text
	single   *routeNode    // {name}
	ends     int           // the path ends here
	slash    int           // one slash more, and it ends ({$})
	subtree  int           // a slash, and anything after it
	multi    bool          // subtree is {name...}
}

type literalEdge struct {
	text string
	node *routeNode
}

// Add has the router find one more page: the first is number 0. A pattern that the same path would match as one that was
// added before, neither of them more specific, is an error.
func (r *Router) Add(text string) error {
	p, err := routable(text, r.pages)
	if err != nil {
		return err
	}
	r.pages = append(r.pages, p)
	r.root.add(&p, len(r.pages))
	return nil
}

func (n *routeNode) add(p *Pattern, page int) {
	for _, s := range p.segments {
		if !s.wild {
			n = n.addLiteral(s.literal)
			continue
		}
		if n.single == nil {
			n.single = new(routeNode)
		}
		n = n.single
	}
	switch p.tail {
	case tailNone:
		n.ends = page
	case tailSlash:
		n.slash = page
	default:
		n.subtree, n.multi = page, p.tail == tailMulti
	}
}

func (n *routeNode) addLiteral(text string) *routeNode {
	i, found := n.search(text)
	if !found {
		n.literals = append(n.literals, literalEdge{})
		copy(n.literals[i+1:], n.literals[i:])
		n.literals[i] = literalEdge{text, new(routeNode)}
	}
	return n.literals[i].node
}

// search finds where text is, or belongs, among the literals.
func (n *routeNode) search(text string) (int, bool) {
	lo, hi := 0, len(n.literals)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if n.literals[mid].text < text {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(n.literals) && n.literals[lo].text == text
}

// Match finds the page of path, the still percent-encoded path of a request's target, and appends the decoded values of
// its parameters to params. page is -1 where no page matches. Without percent-encoding it allocates nothing, if params
// has room.
//
// The path is taken as it stands, and nothing is redirected: not to a cleaned path, and not from /a to /a/. A path that does match a
// page is refused with a *RequestError where it could be read in two ways, or would do harm inside a src: malformed
// percent-encoding; a segment that is "." or ".." (encoded or not) or empty; an encoded slash in {name}; a backslash
// (encoded or not), which is a slash to some; control characters; bytes that are not UTF-8; a parameter longer than 2 KiB.
func (r *Router) Match(path string, params []string) (page int, out []string, err error) {
	if path == "" || path[0] != '/' {
		return -1, params, nil
	}
	page, out = r.root.walk(path, params)
	if page == 0 {
		return -1, params, nil
	}
	page--
	if !isPlainPath(path) {
		if err := r.pages[page].settle(path, out[len(params):]); err != nil {
			return page, params, err
		}
	}
	return page, out, nil
}

// walk matches path, which begins with a slash, below n, and appends the parameters as they stand. It looks at each node
// once at most.
func (n *routeNode) walk(path string, params []string) (page int, out []string) {
	end, escaped := 1, false
	for ; end < len(path) && path[end] != '/'; end++ {
		escaped = escaped || path[end] == '%'
	}
	seg, rest := path[1:end], path[end:]
	if seg != "" {
		literal := seg
		if escaped {
			literal, _ = UnescapePath(seg)
		}
		if i, found := n.search(literal); found {
			if page, out := n.literals[i].node.after(rest, params); page != 0 {
				return page, out
			}
		}
		if n.single != nil {
			if page, out := n.single.after(rest, append(params, seg)); page != 0 {
				return page, out
			}
		}
	} else if rest == "" && n.slash != 0 {
		return n.slash, params
	}
	if n.multi {
		params = append(params, path[1:])
	}
	return n.subtree, params
}

// after goes on behind the segment that led to n.
func (n *routeNode) after(rest string, params []string) (page int, out []string) {
	if rest == "" {
		return n.ends, params
	}
	return n.walk(rest, params)
}

// isPlainPath tells whether a path needs neither decoding nor a closer look.
func isPlainPath(path string) bool {
	if len(path) > MaxParam {
		return false
	}
	slash := false
	for i := 0; i < len(path); i++ {
		b := path[i]
		if b <= 0x20 || b >= 0x7F || b == '%' || b == '\\' || slash && (b == '.' || b == '/') {
			return false
		}
		slash = b == '/'
	}
	return true
}

// settle decodes the parameters of a path that matched p, or says why the request is refused.
func (p *Pattern) settle(path string, params []string) error {
	decoded, ok := UnescapePath(path)
	switch {
	case !ok:
		return refuse(wording.BadEscape)
	case ascii.HasControl(decoded):
		return refuse(wording.HasControl)
	case !utf8.ValidString(decoded):
		return refuse(wording.NotUTF8)
	case ascii.InSet('\\', decoded):
		return refuse(wording.HasBackslash)
	}
	for i, raw := range params {
		value, _ := UnescapePath(raw)
		switch {
		case len(value) > MaxParam:
			return refuse(wording.LongParameter, p.Params[i])
		case strings.IndexByte(value, '/') >= 0 && !(p.tail == tailMulti && i == len(params)-1):
			return refuse(wording.SlashInParameter, p.Params[i])
		}
		params[i] = value
	}
	// Decoded, so that a slash that a subtree's path hides as %2F does not hide a ".." either.
	for rest := decoded[1:]; rest != ""; {
		seg, after, more := ascii.Cut(rest, "/")
		switch {
		case IsDots(seg):
			return refuse(wording.HasDots, seg)
		case seg == "" && more:
			return refuse(wording.EmptySegment)
		}
		rest = after
	}
	return nil
}
