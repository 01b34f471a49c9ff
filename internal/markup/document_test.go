package markup

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readAll hands a whole page on to the tree construction. It tells whether the page ends where markup ends.
func readAll(d *Document) bool {
	for {
		switch t := d.Next(); t.Kind {
		case Text:
			d.Text(&t)
		case StartTag:
			if d.Start(&t) {
				d.BeginRaw()
				if _, ok, _ := d.Raw(); !ok {
					return false
				}
			}
		case EndTag:
			d.End(&t)
		case Doctype:
			d.Doctype(&t)
		case AtEnd, Broken:
			return t.Kind == AtEnd
		default:
			d.Comment()
		}
		if d.TooDeep() || d.TooMany() {
			return false
		}
	}
}

// leavesAlone tells whether a document goes on after a fragment as it did before it.
func leavesAlone(t *testing.T, fragment string, as Reading) {
	t.Helper()
	const around = "<!doctype html><body><div>"
	d, before := NewDocument(around+fragment, as), NewDocument(around, as)
	readAll(before)
	readAll(d)
	if d.TooDeep() {
		return
	}
	require.True(t, d.Same(before), "%q leaves a document otherwise", fragment)
}

func TestAFragmentThatIsTakenLeavesADocumentAsItWas(t *testing.T) {
	var f Fragment
	taken := 0
	for _, text := range seeds {
		for _, scripting := range []bool{true, false} {
			if found := read(&f, []byte(text), 0, scripting); found.problem == "" && found.conflicts&InBody == 0 {
				leavesAlone(t, mended(text, found.edits), Reading{NoScript: !scripting})
				taken++
			}
		}
	}
	require.Greater(t, taken, len(seeds)/2)
}

func TestNamesOfAnyLengthAreTakenInADocument(t *testing.T) {
	long := strings.Repeat("x", 2*maxName)
	d := NewDocument("<body><"+long+"Y><"+long+"z></"+long+"Z></p></"+long+"Q>", Reading{})
	readAll(d)
	require.Equal(t, long+"y", d.Top().Name)
	closers, open := Closers([]*Document{d})
	require.Nil(t, open)
	require.Equal(t, "</"+long+"y>", closers)
}

func TestADocumentIsReadOnFromACopy(t *testing.T) {
	for _, text := range seeds {
		whole := NewDocument("<body>"+text+"<p>end", Reading{})
		for whole.off < 20 && whole.Next().Kind != AtEnd {
		}
		var c Document
		c.Copy(whole)
		readAll(whole)
		readAll(&c)
		require.True(t, c.Same(whole), "%q", text)
		require.Equal(t, whole.Facts(), c.Facts(), "%q", text)
	}
}

// FuzzDocument: the tokens of a page are all of it, in order; what a fragment says of itself holds in a document; and
// after the end tags that it wants, a template is a child of body.
func FuzzDocument(f *testing.F) {
	for i, text := range seeds {
		f.Add(text, i%2 == 0, i%3 == 0)
	}
	var one Fragment
	f.Fuzz(func(t *testing.T, text string, noScript, oldSelect bool) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
		s, at := NewScanner(text), 0
		for token := s.Next(); token.Kind != AtEnd; token = s.Next() {
			require.Empty(t, strings.ReplaceAll(text[at:token.At], "</>", ""), "between the tokens of %q", text)
			require.Greater(t, token.End, token.At)
			at = token.End
		}
		require.Empty(t, strings.ReplaceAll(text[at:], "</>", ""))

		as := Reading{OldSelect: oldSelect, NoScript: noScript}
		d := NewDocument(text, as)
		if readAll(d) && !strings.HasSuffix(text, "<") && !strings.HasSuffix(text, "</") {
			if closers, open := Closers([]*Document{d}); open == nil {
				closed := NewDocument(text+closers, as)
				require.True(t, readAll(closed) && closed.atBody(), "%q after %q", closers, text)
			}
		}
		if found := read(&one, []byte(text), 0, !noScript); found.problem == "" && found.conflicts&InBody == 0 {
			leavesAlone(t, mended(text, found.edits), as)
		}
	})
}
