package esi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/esi/esitest"
	"inlay/internal/route"
)

// FuzzReader: however a source is cut it reads the same; ranges come in order, once, and inside of the source; what is not given
// out is a tag of ESI or stands in an element; and every include has a src that a slot could have.
func FuzzReader(f *testing.F) {
	for _, c := range esitest.Cases(f) {
		f.Add(c.Parts[c.Target], c.Target, uint16(3))
	}
	f.Fuzz(func(t *testing.T, source, base string, cut uint16) {
		if base == "" || base[0] != '/' {
			base = "/" + base
		}
		whole := read(source, base, 0)
		assert.Equal(t, whole, read(source, base, 1))
		assert.Equal(t, whole, read(source, base, 1+int(cut)%64))
		check(t, source, whole, 0)
		if !strings.Contains(source, "<esi:") && !strings.Contains(source, "</esi:") && !strings.Contains(source, "<!--esi") && source != "" {
			assert.Equal(t, []Event{{Kind: Text, To: len(source)}}, whole)
		}
	})
}

func check(t *testing.T, source string, events []Event, from int) {
	for _, e := range events {
		assert.True(t, 0 <= e.From && e.From <= e.To && e.To <= len(source), "%+v", e)
		if e.Kind == Refused {
			assert.Regexp(t, `^[0-9]+:[0-9]+: (?s:.)+; `, e.Message)
			continue
		}
		assert.GreaterOrEqual(t, e.From, from)
		from = e.To
		switch e.Kind {
		case Text:
			assert.Less(t, e.From, e.To)
		case Included:
			for _, s := range []*Source{&e.Include.Src, e.Include.Alt} {
				if s == nil {
					continue
				}
				values := make([]string, len(s.Variables))
				assert.True(t, s.Template.Fits(values))
				for i := range values {
					values[i] = "a/b ?&#x"
				}
				target := string(s.Template.AppendURL(nil, values))
				again, err := route.ParseSrc(target, nil)
				if assert.NoError(t, err, "%q", target) {
					assert.Equal(t, target, again.Literal[0])
				}
			}
		case Tried:
			check(t, source, e.Attempt, e.From)
			check(t, source, e.Except, e.From)
		}
	}
}

// Whatever a source is made of, what is kept of it does not grow, so that each byte costs the same.
func TestLittleIsKept(t *testing.T) {
	for _, piece := range []string{"<", "<!", "<!-", "-", "<esi:", "<esi:try>", "<esi:try><esi:attempt>", "<esi:include a", "<esi:when b='", "]]>", "<!--esi ", "<![CDATA[", "<esi:remove>", "\r"} {
		r := New("/")
		events := 0
		for range 1 << 12 {
			events += len(r.Write([]byte(piece)))
			assert.Less(t, len(r.tag.text)+len(r.held), 16<<10, piece)
			assert.LessOrEqual(t, len(r.tag.attributes), maxAttributes, piece)
			assert.LessOrEqual(t, len(r.stack), maxDepth, piece)
		}
		assert.LessOrEqual(t, events+len(r.End()), 4<<12+maxRefused+2*maxDepth, piece)
	}
}
