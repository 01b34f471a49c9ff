// Package content is the page that every contestant serves: a shell of 10 KiB with five fragments of 2 KiB in it, all
// ASCII, the same bytes on every machine.
package content

import (
	"strconv"
	"strings"
)

// Sizes of the page, in bytes.
const (
	Slots        = 5
	FragmentSize = 2 << 10
	ShellSize    = 10 << 10
	PageSize     = ShellSize + Slots*FragmentSize
)

// Delays are how long the slow origin takes for each fragment, in milliseconds, in the order of the shell: neither
// sorted way, so that a page in order waits at its first slots for what comes late.
var Delays = [Slots]int{100, 20, 400, 50, 200}

// Parts are the shell's text before, between and behind its slots.
func Parts() [Slots + 1]string {
	var parts [Slots + 1]string
	parts[0] = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>A page of the benchmark</title>\n</head>\n<body>\n"
	const last = "</body>\n</html>\n"
	w := words{seed: 1}
	rest := ShellSize - len(parts[0]) - len(last)
	for i := range parts {
		share := rest / (len(parts) - i)
		rest -= share
		parts[i] += w.paragraphs("<h2>Part "+strconv.Itoa(i+1)+"</h2>\n", share)
	}
	parts[Slots] += last
	return parts
}

// Fragment is the fragment of slot i, from zero. Its last bytes are End of i.
func Fragment(i int) string {
	end := End(i)
	w := words{seed: uint32(i + 2)}
	return w.paragraphs("<h3>Fragment "+strconv.Itoa(i+1)+"</h3>\n", FragmentSize-len(end)) + end
}

// End ends the fragment of slot i and is found nowhere else in a page.
func End(i int) string { return "<p>end of " + strconv.Itoa(i+1) + "</p>\n" }

// IsWhole reports whether an answer has every fragment and the page's end.
func IsWhole(answer string) bool {
	for i := range Slots {
		if !strings.Contains(answer, End(i)) {
			return false
		}
	}
	return strings.HasSuffix(strings.TrimSpace(answer), "</html>")
}

// Page is the whole page.
func Page() string {
	parts := Parts()
	var b strings.Builder
	b.WriteString(parts[0])
	for i := range Slots {
		b.WriteString(Fragment(i))
		b.WriteString(parts[i+1])
	}
	return b.String()
}

// Shell is the page as inlay takes it, its fragments at origin followed by the slot's number and the page's {id}.
func Shell(origin string) string {
	parts := Parts()
	var b strings.Builder
	b.WriteString(parts[0])
	for i := range Slots {
		n := strconv.Itoa(i)
		b.WriteString(`<edge-slot name="part` + n + `" src="` + origin + n + `/{id}" ttl="1h"><p>...</p></edge-slot>`)
		b.WriteString(parts[i+1])
	}
	return b.String()
}

// words makes text from a seed.
type words struct{ seed uint32 }

var vocabulary = strings.Fields(`the of and a to in is that it for was on are as with his they at be this from have or by
one had not but what all were when we there can an your which their said if do will each about how up out them then she
many some so these would other into has more her two like him see time could no make than first been its who now people
my made over did down only way find use may water long little very after words called just where most know`)

// paragraphs are size bytes of HTML that begin with head.
func (w *words) paragraphs(head string, size int) string {
	const open, end = "<p>", "</p>\n"
	var b strings.Builder
	b.WriteString(head + open)
	for line := 0; ; line++ {
		w.seed = w.seed*1664525 + 1013904223
		word := vocabulary[w.seed>>16%uint32(len(vocabulary))]
		if b.Len()+len(word)+1+len(end+open)+len(end) > size {
			break
		}
		b.WriteString(word)
		if line%80 == 79 {
			b.WriteString(end + open)
		} else {
			b.WriteByte(' ')
		}
	}
	b.WriteString(strings.Repeat(".", size-b.Len()-len(end)))
	b.WriteString(end)
	return b.String()
}
