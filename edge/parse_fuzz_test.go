package edge

import (
	"strings"
	"testing"
)

// FuzzParsePage: no shell makes ParsePage panic; what it takes, written out with every slot empty, is the shell without
// its slots; and every place that it found is inside of what it says.
func FuzzParsePage(f *testing.F) {
	for _, shell := range []string{
		"<!doctype html><html><head><link rel=stylesheet href=/a></head><body><edge-slot name=a src=/a/{id}>x</edge-slot></body></html>",
		"<body><p>a<edge-slot name='a' src=\"/a\" ttl=1d swr=5m vary='cookie:a header:b query:c' tags='a:{id} b' required>" +
			"<b>…</b><edge-error><i>no</i></edge-error></edge-slot><!-- <edge-slot> --><script><!--<script></script>--></script>",
		"<body><table><tr><td><edge-slot name=a src=/></edge-slot><svg><title>&lt;</title><![CDATA[<]]></svg></table>",
		"<body><select><option><edge-slot name=&#97; src=binding:A/{id}><option>x</option></edge-slot></select></body>",
		"<head><edge-slot name=t src=/t><title>x</title></edge-slot></head><textarea></textarea><b><p></b>",
		"<noscript><p></noscript><math><mi>x</mi></math><?start name=x><template for=b></template>",
		"<body><edge-slot name=a src=/></edge-slot><edge-slot name=b src=/></edge-slot><form><div></form>",
	} {
		f.Add(shell)
	}
	f.Fuzz(func(t *testing.T, shell string) {
		p, err := ParsePage("/{id}", shell)
		if err != nil {
			at, ok := err.(*ParseError)
			if !ok || at.Line < 1 || at.Col < 1 || !strings.Contains(at.Msg, "expected ") && !strings.Contains(at.Msg, "the page's pattern has no") &&
				!strings.Contains(at.Msg, "he pattern has ") {
				t.Fatalf("%q: %v", shell, err)
			}
			return
		}
		if len(p.static) != len(p.Slots)+1 {
			t.Fatalf("%d parts around %d slots", len(p.static), len(p.Slots))
		}
		rest := shell
		for i := len(p.Slots) - 1; i >= 0; i-- {
			s := &p.Slots[i]
			source := shell[s.span.from:s.span.to]
			if !strings.EqualFold(source[:len("<edge-slot")], "<edge-slot") || !strings.HasSuffix(source, ">") ||
				!strings.Contains(lowerASCII(source), "</edge-slot") {
				t.Fatalf("slot %d is %q", i, source)
			}
			if !strings.Contains(source, s.Error) || !s.HasError && !strings.Contains(source, s.Skeleton) {
				t.Fatalf("slot %d has %q and %q of %q", i, s.Skeleton, s.Error, source)
			}
			rest = rest[:s.span.from] + rest[s.span.to:]
		}
		if empty := strings.Join(p.static, ""); empty != rest {
			t.Fatalf("with every slot empty %q, want %q", empty, rest)
		}
		if p.head.part != 0 || p.head.off > len(p.static[0]) {
			t.Fatalf("the head script goes to %v", p.head)
		}
		last := p.static[len(p.static)-1]
		if p.tail.part != len(p.static)-1 || p.tail.off > len(last) {
			t.Fatalf("patches go to %v", p.tail)
		}
		if after := last[p.tail.off:]; after != "" && !strings.HasPrefix(lowerASCII(after), "</body") {
			t.Fatalf("patches go before %q", after)
		}
		// A shell that was taken is taken again with its slots empty, and has none then.
		again, err := ParsePage("/{id}", strings.Join(p.static, ""))
		if err != nil && !joinsMarkup(&p) {
			t.Fatalf("without its slots: %v", err)
		}
		if len(again.Slots) != 0 && !joinsMarkup(&p) {
			t.Fatalf("%d slots without slots", len(again.Slots))
		}
	})
}

// joinsMarkup: an end of one part and the beginning of the next make new markup when nothing is between them.
func joinsMarkup(p *Page) bool {
	for i := range p.Slots {
		if strings.ContainsAny(p.static[i], "<") {
			after := p.static[i][strings.LastIndexByte(p.static[i], '<'):]
			if len(after) <= len("<!-") {
				return true
			}
		}
	}
	return false
}

func BenchmarkParsePage(b *testing.B) {
	const row = `<tr><td class="a">one</td><td title='<edge-slot>'>two &amp; three</td></tr>` + "\n"
	shell := "<!doctype html><html><head><title>t</title></head><body><table>" + strings.Repeat(row, 500) +
		"</table><edge-slot name=a src=/a/{id}><p>…</p></edge-slot></body></html>"
	b.SetBytes(int64(len(shell)))
	for b.Loop() {
		if _, err := ParsePage("/{id}", shell); err != nil {
			b.Fatal(err)
		}
	}
}
