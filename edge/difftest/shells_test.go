package difftest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"inlay/edge"
)

var shellCases = flag.Int("shellcases", 4000, "how many random shells TestShellsKeepTheirSlots makes")

// plain are fragments that any place takes as they are, so that what differs is the shell's doing.
var plain = []string{"<!--f-->", "<template>f</template>", ""}

// TestShellsKeepTheirSlots holds shells without anything difficult in their slots against two parsers: parse5, with the
// standard's rules, and golang.org/x/net/html, with the older ones for <select>.
func TestShellsKeepTheirSlots(t *testing.T) {
	trees := parser(t)
	l := run(t, trees, *shellCases, func(n int) Case {
		r := rand.New(rand.NewPCG(*seed+1, uint64(n)))
		c := ShellCase(r)
		for i := range c.Fragments {
			if c.Fragments[i] != Fails {
				c.Fragments[i] = pick(r, plain)
			}
		}
		return c
	})
	l.report(t, l.kind)
	l.small(t, trees)
	assert.Zero(t, l.failed, "shells are another page streamed")
}

// FuzzShell: a shell that ParsePage takes is the same page composed and streamed to golang.org/x/net/html, its markers are
// siblings, and its patches are children of body.
func FuzzShell(f *testing.F) {
	for n := range 300 {
		r := rand.New(rand.NewPCG(7, uint64(n)))
		f.Add(ShellCase(r).Shell, uint8(n))
	}
	inputs, err := HTML5Lib()
	require.NoError(f, err)
	for i, input := range inputs {
		if i%20 == 0 {
			f.Add(strings.Replace(input, "<", slotOf("s", "/0", "")+"<", 2), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, shell string, n uint8) {
		page, err := edge.ParsePage("/{$}", shell)
		if err != nil || len(page.Slots) == 0 {
			return
		}
		c := Case{Kind: "fuzz", Shell: shell, Fragments: []string{plain[int(n)%len(plain)]}}
		for i := range page.Slots {
			if page.Slots[i].Src != "/0" || strings.Trim(page.Slots[i].Name, "abcdefghijklmnopqrstuvwxyz") != "" {
				return
			}
		}
		if problem := SameInGo(c); problem != nil {
			t.Fatalf("%s\n%v", c, problem)
		}
	})
}

// TestShellsInGo is FuzzShell over random shells.
func TestShellsInGo(t *testing.T) {
	failed := 0
	for n := range *shellCases {
		r := rand.New(rand.NewPCG(*seed+2, uint64(n)))
		c := ShellCase(r)
		for i := range c.Fragments {
			if c.Fragments[i] != Fails {
				c.Fragments[i] = pick(r, plain)
			}
		}
		if SameInGo(c) == nil {
			continue
		}
		failed++
		if failed > *show {
			continue
		}
		c = Shrink(c, 2000, func(c Case) bool { return SameInGo(c) != nil })
		assert.NoError(t, SameInGo(c), "case %d of seed %d, made small: %s", n, *seed, c)
	}
	assert.Zero(t, failed)
}

// TestSlotsInRealPages puts slots behind random tags of real pages. Refused may be only what is no place.
func TestSlotsInRealPages(t *testing.T) {
	var dirs []string
	if *corpus != "" {
		dirs = []string{*corpus}
	}
	all, err := Documents(1000, dirs...)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(*seed, 3))
	tag := regexp.MustCompile(`(?s)<!--.*?-->|<(script|style|textarea|title)\b.*?</(script|style|textarea|title)\s*>|</?[a-zA-Z][^<>]*>`)
	taken := 0
	for _, document := range all {
		at := tag.FindAllStringIndex(document, -1)
		if len(at) == 0 || len(document) > 200_000 {
			continue
		}
		for range 4 {
			i := at[r.IntN(len(at))][1]
			c := Case{Kind: "real page", Shell: document[:i] + slotOf("s", "/0", "") + document[i:], Fragments: []string{plain[0]}}
			answers, err := Answer(c)
			require.NoError(t, err)
			if refused := answers.Refused; refused != nil {
				assert.Regexp(t, `<edge-slot> (in <|before the body|after the body)`, refused.Error(), "behind %q", document[max(0, i-80):i])
				continue
			}
			taken++
			assert.NoError(t, SameInGo(c), "behind %q", document[max(0, i-80):i])
		}
	}
	t.Logf("%d slots in %d pages", taken, len(all))
	assert.Greater(t, taken, len(all))
}

// SameInGo holds the case's page as it is composed against the streamed one with its patches applied, as
// golang.org/x/net/html reads them. A shell that is refused is no problem.
func SameInGo(c Case) error {
	answers, err := Answer(c)
	if err != nil || answers.Refused != nil {
		return err
	}
	return sameAnswersInGo(answers)
}

func sameAnswersInGo(answers Answers) error {
	if dropsTheRest(answers.Warm) || dropsTheRest(answers.Cold) {
		return nil
	}
	// That parser takes a doctype in upper case for one that means quirks.
	inUpper := regexp.MustCompile(`(?i)<!doctype html\b`)
	answers.Warm = inUpper.ReplaceAllString(answers.Warm, "<!doctype html")
	answers.Cold = inUpper.ReplaceAllString(answers.Cold, "<!doctype html")
	// Of all that ends a caption that parser lacks <th> (inCaptionIM): seed 9, case 14869. The end tag is ignored elsewhere.
	th := regexp.MustCompile(`(?i)<th\b`)
	answers.Warm = th.ReplaceAllString(answers.Warm, "</caption>$0")
	answers.Cold = th.ReplaceAllString(answers.Cold, "</caption>$0")
	for _, scripts := range []bool{true, false} {
		warm, err := html.ParseWithOptions(strings.NewReader(answers.Warm), html.ParseOptionEnableScripting(scripts))
		if err != nil {
			return nil // deeper than that parser goes
		}
		cold, err := html.ParseWithOptions(strings.NewReader(answers.Cold), html.ParseOptionEnableScripting(scripts))
		if err != nil {
			return nil
		}
		if answers.Cold != answers.Warm {
			if err := patchInGo(cold, answers.Unfilled); err != nil {
				return err
			}
		}
		if a, b := treeOf(cold), treeOf(warm); a != b {
			return fmt.Errorf("scripts %v: streamed\n%scomposed\n%s", scripts, a, b)
		}
	}
	return nil
}

// dropsTheRest tells whether golang.org/x/net/html leaves out the end of a page, as it does, and no browser, from a <template>
// inside <svg> or <math> on ("just ignore the rest of the HTML", inHeadIM). A skeleton has one in the streamed page alone, and
// its patches are gone then: seed 1301, case 20365.
func dropsTheRest(page string) bool {
	lower := strings.ToLower(page)
	if !strings.Contains(lower, "<template") || !strings.Contains(lower, "<svg") && !strings.Contains(lower, "<math") {
		return false
	}
	// A start tag that is taken anywhere but in a <select>, and ends <svg> and <math>.
	parsed, err := html.Parse(strings.NewReader(page + `</select><p title="the rest">`))
	return err == nil && !strings.Contains(treeOf(parsed), "the rest")
}

func TestWhatIsLeftOutOfPagesInGo(t *testing.T) {
	for page, want := range map[string]bool{
		"<svg><foreignObject><template>a</template>b</foreignObject></svg>c": true,
		"<math><mi><template></template>":                                    true,
		"<math><template></template></math>":                                 false,
		"<svg></svg><template>a</template>b":                                 false,
		"<template><svg></svg></template><textarea>":                         false,
		"<svg><p><template>":                                                 false,
		"<svg></svg><template></template><select>":                           false,
	} {
		assert.Equal(t, want, dropsTheRest(page), page)
	}
	c := Case{Shell: "<svg><foreignObject>" + slotOf("s", "/0", "<template></template>"), Fragments: []string{""}}
	answers, err := Answer(c)
	require.NoError(t, err)
	require.NoError(t, answers.Refused)
	assert.False(t, dropsTheRest(answers.Warm))
	assert.True(t, dropsTheRest(answers.Cold))
	assert.NoError(t, SameInGo(c))
}

// patchInGo does what the standard does with patches, and takes the fallback script out.
func patchInGo(document *html.Node, unfilled []string) error {
	var script, body *html.Node
	for n := range document.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "script" && n.FirstChild != nil && n.FirstChild.Data == edge.FallbackScript:
			script = n
		case n.Data == "body" && n.Parent.Data == "html" && body == nil:
			body = n
		}
	}
	if script == nil || body == nil {
		return errors.New("the streamed page has no fallback script, or no body")
	}
	if probe := script.NextSibling; probe != nil && probe.Type == html.CommentNode && probe.Data == "inlay" {
		script.Parent.RemoveChild(probe)
	}
	script.Parent.RemoveChild(script)
	start := func(name string) *html.Node {
		for n := range document.Descendants() {
			if n.Type == html.CommentNode && n.Data == `?start name="`+name+`"` {
				return n
			}
		}
		return nil
	}
	end := func(start *html.Node) (*html.Node, error) {
		for n := start.NextSibling; n != nil; n = n.NextSibling {
			if n.Type == html.CommentNode && n.Data == "?end" {
				return n, nil
			}
		}
		return nil, fmt.Errorf("the markers of %s are no siblings", start.Data)
	}
	var templates []*html.Node
	for n := range document.Descendants() {
		if n.Type == html.ElementNode && n.Data == "template" && len(n.Attr) == 1 && n.Attr[0].Key == "for" {
			templates = append(templates, n)
		}
	}
	for _, n := range templates {
		if n.Parent != body {
			return fmt.Errorf("a patch is in <%s>", n.Parent.Data)
		}
		from := start(n.Attr[0].Val)
		if from == nil {
			return fmt.Errorf("a patch for %s without its marker", n.Attr[0].Val)
		}
		to, err := end(from)
		if err != nil {
			return err
		}
		for from.NextSibling != to {
			from.Parent.RemoveChild(from.NextSibling)
		}
		for n.FirstChild != nil {
			child := n.FirstChild
			n.RemoveChild(child)
			from.Parent.InsertBefore(child, to)
		}
		from.Parent.RemoveChild(from)
		to.Parent.RemoveChild(to)
		if next := n.NextSibling; next == nil || next.Type != html.CommentNode || next.Data != "" {
			return errors.New("no comment follows a patch")
		}
		body.RemoveChild(n.NextSibling)
		body.RemoveChild(n)
	}
	for _, name := range unfilled {
		from := start(name)
		if from == nil {
			continue // its <edge-error> has come
		}
		to, err := end(from)
		if err != nil {
			return err
		}
		from.Parent.RemoveChild(from)
		to.Parent.RemoveChild(to)
	}
	return nil
}

// treeOf is a tree as text, with text that meets made one.
func treeOf(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		text := ""
		flush := func() {
			if text != "" {
				fmt.Fprintf(&b, "%*s%q\n", 2*depth, "", text)
			}
			text = ""
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.TextNode {
				text += c.Data
				continue
			}
			flush()
			fmt.Fprintf(&b, "%*s%d %s:%s %v\n", 2*depth, "", c.Type, c.Namespace, c.Data, c.Attr)
			walk(c, depth+1)
		}
		flush()
	}
	walk(n, 0)
	return b.String()
}
