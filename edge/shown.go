package edge

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/folder"
	"inlay/internal/page"
)

// NotFound is the pattern of the page that visitors see where there is none: where [Options].Origin answers as
// [net/http.NotFound] does, and where a fragment that a page requires is 404 or 410, and its origin has no page of its own for
// that. It has no slots, and of its policy only Header counts. [ReadPages] makes it of 404.html.
//
// Pages of the patterns 5xx, 500, 502, 503 and 504 are shown in place of inlay's own texts with these statuses, where a page or
// an origin's answer cannot be shown; those of 4xx, 400 and 410 likewise. A page of its own status goes before, then that of 404
// for 410, then that of the class.
const NotFound = page.NotFound

// shownPages are the pages that are shown with a status.
type shownPages []Page

// splitShown gives the pages that have paths, and those that are shown with a status.
func splitShown(pages []Page) (rest []Page, shown shownPages) {
	isShown := func(p Page) bool { return page.IsStatus(p.Pattern) }
	if !slices.ContainsFunc(pages, isShown) {
		return pages, nil
	}
	for _, p := range pages {
		if isShown(p) {
			shown = append(shown, p)
		} else {
			rest = append(rest, p)
		}
	}
	return rest, shown
}

// of is the page for a status, nil if there is none. worker/not-found.mjs has the same order.
func (s shownPages) of(status int) *Page {
	exact := strconv.Itoa(status)
	names := []string{exact}
	if status == http.StatusGone {
		names = append(names, NotFound)
	}
	for _, name := range append(names, exact[:1]+"xx") {
		for i := range s {
			if s[i].Pattern == name {
				return &s[i]
			}
		}
	}
	return nil
}

// setOn sets what describes the page on an answer with it.
func (p *Page) setOn(header http.Header) {
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(p.html())))
	for _, f := range p.Header {
		header.Set(f.Name, f.Value)
	}
}

// fail answers a request that goes to an origin where there is no answer: with the site's page for the status, else with a text.
// While a site is being written, it says why.
func (s shownPages) fail(w http.ResponseWriter, r *http.Request, dev bool, status int, why, text string) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	body := text + "\n"
	if dev {
		body = why + "\n"
	}
	if p := s.of(status); p != nil {
		p.setOn(header)
		if body = p.html(); dev {
			body += reasonBehind(why)
			header.Set("Content-Length", strconv.Itoa(len(body)))
		}
	} else {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body) // a client that has gone needs no answer
	}
}

// reasonBehind is why something went wrong, behind the page that shows it.
func reasonBehind(text string) string {
	return "\n<!-- " + strings.ReplaceAll(strings.TrimSpace(text), "--", "- -") + " -->\n"
}

// html is the text of a page without slots.
func (p *Page) html() string { return strings.Join(p.shell.Static, "") }

// shownTail is one page that is shown with a status, as worker/not-found.mjs reads it: behind the pages all of them, as JSON, and
// behind that its length.
type shownTail struct {
	Status string      `json:"status"` // its pattern
	Fields [][2]string `json:"fields"`
	HTML   string      `json:"html"`
}

const tailSize = 4 // bytes of the length, the lowest first

func appendTail(data []byte, shown shownPages) []byte {
	var tail bytes.Buffer
	if len(shown) > 0 {
		all := make([]shownTail, len(shown))
		for i := range shown {
			p := &shown[i]
			all[i] = shownTail{Status: p.Pattern, Fields: [][2]string{}, HTML: p.html()}
			for _, f := range p.Header {
				f := lowered(f)
				all[i].Fields = append(all[i].Fields, [2]string{f.Name, f.Value})
			}
		}
		e := json.NewEncoder(&tail)
		e.SetEscapeHTML(false)
		if err := e.Encode(all); err != nil {
			panic(err) // texts always can be
		}
	}
	data = append(data, tail.Bytes()...)
	return binary.LittleEndian.AppendUint32(data, uint32(tail.Len()))
}

var errTail = errors.New("edge: these are no pages, or another build's; build again")

// cutTail takes apart what appendTail has put together.
func cutTail(data []byte) (rest []byte, shown shownPages, err error) {
	if len(data) < tailSize {
		return nil, nil, errTail
	}
	n := binary.LittleEndian.Uint32(data[len(data)-tailSize:])
	data = data[:len(data)-tailSize]
	if uint64(n) > uint64(len(data)) {
		return nil, nil, errTail
	}
	data, tail := data[:len(data)-int(n)], data[len(data)-int(n):]
	if n == 0 {
		return data, nil, nil
	}
	var all []shownTail
	if json.Unmarshal(tail, &all) != nil {
		return nil, nil, errTail
	}
	for _, t := range all {
		p, err := ParsePage(t.Status, t.HTML)
		if err != nil || !page.IsStatus(t.Status) {
			return nil, nil, errTail
		}
		for _, f := range t.Fields {
			p.Header = append(p.Header, Field{f[0], f[1]})
		}
		shown = append(shown, p)
	}
	return data, shown, nil
}

// checkHeader refuses fields that a page's answers cannot have.
func checkHeader(p *Page) error {
	for _, f := range p.Header {
		f := lowered(f)
		switch expected := folder.Forbidden(f.Name); {
		case f.Name == "cache-control": // beside inlay's own it would be a second one, on streamed pages too
			return errors.New("edge: page " + p.Pattern + " has the header field cache-control; expected Page.CacheControl in its place, which goes onto whole pages alone")
		case expected != "":
			return errors.New("edge: page " + p.Pattern + " has the header field " + ascii.Shorten(f.Name) + "; expected " + expected)
		case f.Name == "" || !ascii.Only(f.Name, field.IsTokenChar):
			return errors.New("edge: page " + p.Pattern + " has a header field of the name " + strconv.Quote(f.Name) + "; expected one such as x-frame-options")
		case !ascii.Only(f.Value, func(c byte) bool { return c >= ' ' && c <= '~' }):
			return errors.New("edge: page " + p.Pattern + " has the header field " + f.Name + " with the value " + strconv.Quote(f.Value) + "; expected printable ASCII")
		}
	}
	return nil
}
