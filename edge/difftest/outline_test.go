package difftest

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/page"
	"inlay/internal/shell"
)

// originCase is a random page of an origin: a random shell that may be cut off, have something odd anywhere, or have includes in place
// of its slots and where no slot can be. What is odd makes no difference to what a page is: it is one page, composed and streamed.
func originCase(n int) (c Case, options shell.OutlineOptions, part int) {
	r := rand.New(rand.NewPCG(*seed+11, uint64(n)))
	c = ShellCase(r)
	options = shell.OutlineOptions{Document: true, EdgeSlots: true, Base: "/"}
	c.Kind = "origin"
	if r.IntN(2) == 0 {
		for i := range c.Fragments {
			if c.Fragments[i] != Fails {
				c.Fragments[i] = pick(r, plain)
			}
		}
	}
	if r.IntN(4) == 0 {
		for range 1 + r.IntN(3) {
			at := strings.IndexByte(c.Shell, '>') + 1 // not within a doctype, which parsers disagree on
			at += r.IntN(len(c.Shell) - at + 1)
			c.Shell = c.Shell[:at] + pick(r, oddities) + c.Shell[at:]
		}
		c.Kind = "odd origin"
	}
	if r.IntN(3) == 0 {
		c.Kind = "ESI"
		options.ESI, options.EdgeSlots = true, false
		for i := range c.Fragments {
			if c.Fragments[i] != Fails {
				c.Fragments[i] = pick(r, plain)
			}
		}
		c.Shell = edgeSlot.ReplaceAllString(c.Shell, `<esi:include src="$1"/>`)
		for range r.IntN(3) {
			at := strings.IndexByte(c.Shell, '>') + 1
			at += r.IntN(len(c.Shell) - at + 1)
			c.Shell = c.Shell[:at] + fmt.Sprintf(pick(r, includes), r.IntN(len(c.Fragments)), r.IntN(len(c.Fragments))) + c.Shell[at:]
		}
	}
	if r.IntN(8) == 0 {
		c.Shell = c.Shell[:r.IntN(len(c.Shell)+1)]
		c.Kind += ", cut off"
	}
	return c, options, r.IntN(40)
}

var edgeSlot = regexp.MustCompile(`(?s)<edge-slot name="s." src="(/\d+)">.*?</edge-slot>`)

// inTag is a text that ends in a tag and in no value of it in quotes.
var inTag = regexp.MustCompile(`<([!/?a-zA-Z]([^<>'"]|'[^']*'|"[^"]*")*)?$`)

var includes = []string{
	`<esi:include src="/%d" alt="/%d"/>`, `<esi:include src="/%d"/><esi:include src="/%d"/>`, `<a title='<esi:include src="/%d"/>'><esi:include src="/%d"/></a>`,
	`<esi:try><esi:attempt><p>a<esi:include src="/%d"/></p></esi:attempt><esi:except><i>e</i><esi:include src="/%d"/></esi:except></esi:try>`,
	`<!--esi <esi:include src="/%d"/><esi:include src="/%d"/>-->`, `<script>1<esi:include src="/%d"/>2</script><esi:include src="/%d"/>`,
	`<esi:remove><div><esi:include src="/%d"/><esi:include src="/%d"/></esi:remove>`,
}

var oddities = []string{
	"<edge-slot>", "</edge-slot>", "<edge-error>", "</edge-error>", "<edge-slot name=x src=/0>", "<b>", "</b>", "</p>", "<table>", "</table>", "<select>", "</select>", "<!--", "-->",
	"<script>", "</script>", "<textarea>", "<plaintext>", "<noscript>", "</noscript>", "<template>", "</template>", "</body>", "</html>", "<svg>", "&amp", "&", "<", "</", "'", "\"", ">", "<tr>", "<td>", "<form>", "</form>",
	`<edge-slot name="x" src="/0" odd>s</edge-slot>`, `<edge-slot name="y" src="/0"></edge-slot>`, "<pre>", "<option>", "<p><i id=a>x</p>", "<search>", "<frameset>", "<div>", "</div>",
}

// TestOriginsPagesKeepTheirSlots holds pages of an origin against the parsers: streamed they are the page that they are composed, and with
// ESI that is, byte for byte, what Varnish makes of them.
func TestOriginsPagesKeepTheirSlots(t *testing.T) {
	trees := parser(t)
	kinds := map[string]int{}
	streamed, failed := 0, 0
	for n := range *shellCases {
		c, options, part := originCase(n)
		kinds[c.Kind]++
		a := Outlined(c, options, part)
		if a.Cold != a.Warm {
			streamed++
		}
		problem := outlineProblem(trees, c, options, part)
		if problem == "" {
			continue
		}
		if failed++; failed > *show {
			continue
		}
		c = Shrink(c, 1000, func(c Case) bool { return outlineProblem(trees, c, options, part) != "" })
		t.Errorf("case %d of seed %d, made small: %s\n%s", n, *seed, c, outlineProblem(trees, c, options, part))
	}
	t.Logf("%v, %d streamed", kinds, streamed)
	assert.Zero(t, failed)
	assert.Greater(t, streamed, *shellCases/2)
}

// outlineProblem says what is wrong with the answers of a case; empty: nothing.
func outlineProblem(trees *Trees, c Case, options shell.OutlineOptions, part int) string {
	a := Outlined(c, options, part)
	if options.ESI && slices.ContainsFunc(c.Fragments, func(f string) bool { return f != Fails && !slices.Contains(plain, f) }) || noPatches(c, options) {
		return ""
	}
	if options.ESI && a.Warm != a.Ordered && a.Warm != strings.TrimSuffix(a.Ordered, "</")+"&lt;/" {
		return fmt.Sprintf("composed  %q\ninstead of %q", a.Warm, a.Ordered)
	}
	if a.Cold == a.Warm {
		return ""
	}
	difference, err := "", error(nil)
	if trees != nil {
		difference, err = trees.Difference(a)
	}
	if err != nil {
		return err.Error()
	}
	if difference != "" {
		return fmt.Sprintf("%s\nwarm %q\ncold %q", difference, a.Warm, a.Cold)
	}
	return ""
}

// TestOriginsPagesInGo is the same by golang.org/x/net/html, which has the older rules for <select>.
func TestOriginsPagesInGo(t *testing.T) {
	failed := 0
	for n := range *shellCases {
		c, options, part := originCase(n)
		if sameOriginInGo(c, options, part) == nil {
			continue
		}
		if failed++; failed > *show {
			continue
		}
		c = Shrink(c, 1000, func(c Case) bool { return sameOriginInGo(c, options, part) != nil })
		a := Outlined(c, options, part)
		assert.NoError(t, sameOriginInGo(c, options, part), "case %d of seed %d, made small: %s\n%q\n%q", n, *seed, c, a.Warm, a.Cold)
	}
	assert.Zero(t, failed)
}

// noPatches tells whether a page is one that patches cannot be put into, as is known only at its end, or whose end would be an unclosed
// script: what it has there stands in body then.
func noPatches(c Case, options shell.OutlineOptions) bool {
	o, refused, _ := shell.Outline([]byte(c.Shell), options)
	for _, line := range refused {
		if strings.Contains(line, "no patch can go there") || strings.Contains(line, "leaves no body for patches") {
			return true
		}
	}
	before := 0
	for _, p := range o.Pieces {
		if p.Kind == page.TextPiece {
			before = p.To
		}
		if p.Kind == page.SlotPiece && o.Slots[p.Slot].InPlace && inTag.MatchString(c.Shell[:before]) {
			return true // what it brings is read as a part of the tag
		}
	}
	for i, p := range o.Pieces {
		if p.Kind == page.TailPiece && p.Text != "" {
			rest := ""
			if i+1 < len(o.Pieces) {
				rest = strings.ToLower(c.Shell[o.Pieces[i+1].From:])
			}
			// What parse5 8 makes of a template that the page does not end is not the standard's.
			return strings.HasPrefix(rest, "<script") || strings.HasPrefix(rest, "<plaintext") || strings.Contains(p.Text, "</template>")
		}
	}
	return false
}

func sameOriginInGo(c Case, options shell.OutlineOptions, part int) error {
	if noPatches(c, options) {
		return nil
	}
	return sameAnswersInGo(Outlined(c, options, part))
}
