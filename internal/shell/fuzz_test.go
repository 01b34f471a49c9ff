package shell

import (
	"strings"
	"testing"

	"inlay/internal/ascii"
	"inlay/internal/page"
)

// FuzzParsePage: no shell makes ParsePage panic; what it takes, written out with every slot empty, is the shell without
// its slots, but for the seams; and every place that it found is inside of what it says.
func FuzzParsePage(f *testing.F) {
	for _, shell := range []string{
		"<!doctype html><html><head><link rel=stylesheet href=/a></head><body><edge-slot name=a src=/a/{id}>x</edge-slot></body></html>",
		"<body><p>a<edge-slot name='a' src=\"/a\" ttl=1d swr=5m vary='cookie:a header:b query:c' tags='a:{id} b' share=region early=off required>" +
			"<b>…</b><edge-error><i>no</i></edge-error></edge-slot><!-- <edge-slot> --><script><!--<script></script>--></script>",
		"<body><table><tr><td><edge-slot name=a src=/></edge-slot><svg><title>&lt;</title><![CDATA[<]]></svg></table>",
		"<body><select><option><edge-slot name=&#97; src=binding:A/{id}><option>x</option></edge-slot></select></body>",
		"<head><edge-slot name=t src=/t><title>x</title></edge-slot></head><textarea></textarea><b><p></b>",
		"<noscript><p></noscript><math><mi>x</mi></math><?start name=x><template for=b></template>",
		"<body><edge-slot name=a src=/></edge-slot><edge-slot name=b src=/></edge-slot><form><div></form>",
		"<!doctype html public '-//w3c//dtd html 3.2//'><table><caption><b><p></b><edge-slot name=a src=/>&co</edge-slot></table>&#1",
		"<p><i id=a>x</p><pre><edge-slot name=a src=/>\r</edge-slot>\n<select><optgroup><option><edge-slot name=b src=/></edge-slot>",
		"<title>{id}</title><body><p title='{id}' class=x>&am{id}<{id}{{id}}<pre>{id}<edge-slot name=a src=/>{id}<edge-error>{id}</edge-error></edge-slot>",
		"<noscript><img src='/{id}'></noscript><a href='?{id}'>{id}</a><textarea></{id}</textarea><script>{id}</script>",
		"<frameset><frame></frameset><noframes></noframes><svg><foreignObject><table><a><nobr><object></a></foreignObject>",
	} {
		f.Add(shell)
	}
	f.Fuzz(func(t *testing.T, shell string) {
		parsed, err := parseShell("/{id}", shell)
		if err != nil {
			at, ok := err.(*Error)
			if !ok || at.Line < 1 || at.Col < 1 || !strings.Contains(at.Msg, "expected ") && !strings.Contains(at.Msg, "the page's pattern has no") &&
				!strings.Contains(at.Msg, "he pattern has ") {
				t.Fatalf("%q: %v", shell, err)
			}
			return
		}
		p := &parsed.page
		if len(p.Static) != len(p.Slots)+1 {
			t.Fatalf("%d parts around %d slots", len(p.Static), len(p.Slots))
		}
		for i, in := range p.Inserts {
			if text := *p.Text(in.Part); in.Off > len(text) || in.Param != 0 || i > 0 && in.Part < p.Inserts[i-1].Part {
				t.Fatalf("%v of %q", p.Inserts, text)
			}
		}
		if len(p.Inserts) > 0 {
			return // edge/difftest holds these to another parser
		}
		from := 0
		for i := range p.Slots {
			s, span := &p.Slots[i], parsed.spans[i]
			if part := shell[from:span.from]; !isSeamed(part, p.Static[i]) {
				t.Fatalf("before slot %d is %q, of %q", i, p.Static[i], part)
			}
			from = span.to
			source := shell[span.from:span.to]
			if !strings.EqualFold(source[:len("<edge-slot")], "<edge-slot") || !strings.HasSuffix(source, ">") ||
				!strings.Contains(ascii.ToLower(source), "</edge-slot") {
				t.Fatalf("slot %d is %q", i, source)
			}
			if !s.HasError && !strings.Contains(source, s.Skeleton) && !strings.Contains(source, unseamed(s.Skeleton)) {
				t.Fatalf("slot %d has %q and %q of %q", i, s.Skeleton, s.Error, source)
			}
		}
		if part := shell[from:]; !isSeamed(part, p.Static[len(p.Slots)]) {
			t.Fatalf("after the last slot is %q, of %q", p.Static[len(p.Slots)], part)
		}
		if p.Head.Part != 0 || p.Head.Off > len(p.Static[0]) {
			t.Fatalf("the head script goes to %v", p.Head)
		}
		last := p.Static[len(p.Static)-1]
		if p.Tail.Part != len(p.Static)-1 || p.Tail.Off > len(last) {
			t.Fatalf("patches go to %v", p.Tail)
		}
		if after := last[p.Tail.Off:]; after != "" && !strings.HasPrefix(ascii.ToLower(after), "</body") {
			t.Fatalf("patches go before %q", after)
		}
		// A shell that was taken is taken again with its slots empty, and has none then.
		again, err := Parse("/{id}", strings.Join(p.Static, ""))
		if err != nil && !joinsMarkup(p) {
			t.Fatalf("without its slots: %v", err)
		}
		if len(again.Slots) != 0 && !joinsMarkup(p) {
			t.Fatalf("%d slots without slots", len(again.Slots))
		}
	})
}

// isSeamed: a part is as it is in the shell, but for the end of a text, or the tags of what browsers open again.
func isSeamed(part, static string) bool {
	n := 0
	for n < len(part) && n < len(static) && part[n] == static[n] {
		n++
	}
	rest := part[n:]
	return rest == "\r" || rest == "</" || strings.TrimLeft(rest, "#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// unseamed is text without what may have been written otherwise at its end.
func unseamed(text string) string {
	if i := strings.LastIndexByte(text, '&'); i >= 0 && !strings.HasSuffix(text, "\n") {
		return text[:i]
	}
	return strings.TrimSuffix(text, "\n")
}

// joinsMarkup: an end of one part and the beginning of the next make new markup when nothing is between them.
func joinsMarkup(p *page.Page) bool {
	for i := range p.Slots {
		if strings.ContainsAny(p.Static[i], "<") {
			after := p.Static[i][strings.LastIndexByte(p.Static[i], '<'):]
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
		if _, err := Parse("/{id}", shell); err != nil {
			b.Fatal(err)
		}
	}
}
