package edge

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"inlay/internal/ascii"
	"inlay/internal/field"
	"inlay/internal/folder"
	"inlay/internal/page"
)

// NotFound is the pattern of the page that visitors see where there is none: where [Options].Origin answers as
// [net/http.NotFound] does, and where a fragment that a page requires is 404 or 410. It has no slots, and of its policy
// only Header counts. [ReadPages] makes it of 404.html.
const NotFound = page.NotFound

// splitNotFound gives the pages that have paths, and the one that is shown where there is none; nil if there is none.
func splitNotFound(pages []Page) (rest []Page, shown *Page) {
	i := slices.IndexFunc(pages, func(p Page) bool { return p.Pattern == NotFound })
	if i < 0 {
		return pages, nil
	}
	rest = slices.Delete(slices.Clone(pages), i, i+1)
	return rest, &pages[i]
}

// html is the text of a page without slots.
func (p *Page) html() string { return strings.Join(p.shell.Static, "") }

// shownTail is the page that is shown where there is none, as worker/not-found.mjs reads it: behind the pages, as JSON, and
// behind that its length.
type shownTail struct {
	Fields [][2]string `json:"fields"`
	HTML   string      `json:"html"`
}

const tailSize = 4 // bytes of the length, the lowest first

func appendTail(data []byte, shown *Page) []byte {
	var tail bytes.Buffer
	if shown != nil {
		t := shownTail{Fields: [][2]string{}, HTML: shown.html()}
		for _, f := range shown.Header {
			f := lowered(f)
			t.Fields = append(t.Fields, [2]string{f.Name, f.Value})
		}
		e := json.NewEncoder(&tail)
		e.SetEscapeHTML(false)
		if err := e.Encode(t); err != nil {
			panic(err) // texts always can be
		}
	}
	data = append(data, tail.Bytes()...)
	return binary.LittleEndian.AppendUint32(data, uint32(tail.Len()))
}

var errTail = errors.New("edge: these are no pages, or another build's; build again")

// cutTail takes apart what appendTail has put together.
func cutTail(data []byte) (rest []byte, shown *Page, err error) {
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
	var t shownTail
	if json.Unmarshal(tail, &t) != nil {
		return nil, nil, errTail
	}
	p, err := ParsePage(NotFound, t.HTML)
	if err != nil {
		return nil, nil, errTail
	}
	for _, f := range t.Fields {
		p.Header = append(p.Header, Field{f[0], f[1]})
	}
	return data, &p, nil
}

// checkHeader refuses fields that a page's answers cannot have.
func checkHeader(p *Page) error {
	for _, f := range p.Header {
		f := lowered(f)
		switch expected := folder.Forbidden(f.Name); {
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
