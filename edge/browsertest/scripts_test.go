package browsertest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/edge"
)

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}

func TestFallbackScriptAloneIsAllowedByItsHash(t *testing.T) {
	for _, policy := range []string{
		"script-src " + edge.FallbackCSPHash,
		"default-src 'none'; style-src 'unsafe-inline'; script-src " + edge.FallbackCSPHash + "; require-trusted-types-for 'script'; trusted-types 'none'",
	} {
		t.Run(policy, func(t *testing.T) {
			// given a browser without the standard's patches, and a policy that allows the fallback script and nothing else
			b, s := reader{kind: fallback, policy: policy}.visit(t)
			s.send(head + `<p>` + placeholder("a", skeleton) + `</p><script>document.title="other script"</script>`)
			b.sees(placeholder("a", skeleton))

			// when a patch comes that has a script in it
			s.send(patch("a", fragment+`<script>document.title="fragment's script"</script>`))

			// then it takes its place, and no other script has run
			b.sees(`<p>` + fragment + `<script>`)
			assert.Equal(t, "page", b.evaluate("document.title"))
			s.end()
		})
	}
}

func TestWithoutScriptsTheFallbackLeavesTheSkeletonToBeSeen(t *testing.T) {
	for _, r := range []reader{
		{name: "JavaScript off", kind: fallback, noJS: true},
		{name: "script-src none", kind: fallback, policy: "script-src 'none'"},
	} {
		t.Run(r.name, func(t *testing.T) {
			b, s := r.visit(t)
			s.send(head + `<p>` + placeholder("a", skeleton) + `</p>` + patch("a", fragment) + `<u></u></body></html>`)
			s.end()

			assert.Contains(t, b.sees("<u></u>"), `<p>`+placeholder("a", skeleton)+`</p>`+patch("a", fragment))
			b.shows("end", true, false)
		})
	}
}

func TestFallbackScriptObservesNothingWhereTheStandardsPatchesAre(t *testing.T) {
	for k, observers := range map[kind]string{native: "0", fallback: "1", firefox: "1", webkit: "1"} {
		t.Run(string(k), func(t *testing.T) {
			b, s := reader{kind: k}.visit(t)
			s.send(`<!doctype html><script>made=0;MutationObserver=class extends MutationObserver{constructor(f){super(f);made++}}</script>` +
				`<script>` + edge.FallbackScript + `</script><body>` + placeholder("a", skeleton) + patch("a", fragment) + `<u></u>`)
			s.end()

			b.sees(fragment)
			assert.Equal(t, observers, b.evaluate("made"))
		})
	}
}

// The parser is past a patch when the script puts it in place: written there, document.write would begin a new document.
func TestAPatchThatWritesLeavesThePageThere(t *testing.T) {
	for _, k := range []kind{fallback, firefox, webkit} {
		t.Run(string(k), func(t *testing.T) {
			b, s := reader{kind: k}.visit(t)
			s.send(`<!doctype html><title>page</title><script>` + edge.FallbackScript + `</script><body><p>` + placeholder("a", skeleton) + `</p>` +
				patch("a", fragment+`<script>document.write("<i>written</i>");document.writeln("and this")</script>`) + `<u></u>`)
			s.end()

			b.sees(`<p>` + fragment + `<script>`)
			assert.Equal(t, "CSS1Compat", b.evaluate("document.compatMode"))
			assert.Equal(t, "function", b.evaluate("typeof document.write"))
			assert.Equal(t, "false", b.evaluate(`document.hasOwnProperty("write")`))
		})
	}
}

func TestFallbackScriptLeavesNoGlobalNames(t *testing.T) {
	b, s := reader{kind: fallback}.visit(t)
	s.send(`<!doctype html><script>before=Object.getOwnPropertyNames(self)</script><script>` + edge.FallbackScript +
		`</script><body>` + placeholder("a", skeleton) + patch("a", fragment) + `<u></u>`)
	s.end()

	b.sees(fragment)
	assert.Equal(t, "before", b.evaluate(`Object.getOwnPropertyNames(self).filter(n=>!before.includes(n))`))
}

func TestScriptsOfAFragmentRunOnceInItsPlace(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b, s := reader{kind: k}.visit(t)
			s.send(head + `<script>log=[]</script><main>` + placeholder("a", skeleton) + `</main>`)
			b.sees(placeholder("a", skeleton))

			// when a patch comes in pieces, cut inside its script
			s.send(`<template for="a"><i>i</i><script>log.push(document.curr`)
			s.send(`entScript.parentNode.localName);log.push(document.querySelectorAll("main i").length)</script>`)
			s.send(`<script>log.push("second")</script></template><!----><script>log.push("after")</script><u></u>`)

			b.sees(`<u></u>`)
			assert.Equal(t, "main,1,second,after", b.evaluate("log"))
			s.end()
		})
	}
}

func TestCustomElementsOfAFragmentAreConnectedOnce(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b, s := reader{kind: k}.visit(t)
			s.send(head + `<script>log=[];customElements.define("x-a",class extends HTMLElement{` +
				`connectedCallback(){log.push("+"+this.parentNode.localName)}disconnectedCallback(){log.push("-")}})</script><main>` +
				placeholder("a", skeleton) + `</main>`)

			s.send(patch("a", `<x-a>k</x-a>`) + `<u></u>`)

			b.sees(`<main><x-a>k</x-a></main>`)
			assert.Equal(t, "+main", b.evaluate("log"))
			s.end()
		})
	}
}

func TestShadowRootsOfAFragmentAreMade(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			b, s := reader{kind: k}.visit(t)
			s.send(head + `<main>` + placeholder("a", skeleton) + `</main>`)

			s.send(patch("a", `<section><template shadowrootmode="open"><i>shadow</i></template>light</section>`) + `<u></u>`)

			b.sees(`<u></u>`)
			assert.Equal(t, "<i>shadow</i>", b.evaluate(`document.querySelector("main section").shadowRoot.innerHTML`))
			s.end()
		})
	}
}

func TestPatchIsTakenWholeThoughScriptsAppendToBodyMeanwhile(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			// given a patch of which half has come
			b, s := reader{kind: k}.visit(t)
			s.send(head + `<main>` + placeholder("a", skeleton) + `</main><template for="a"><i>one</i><i>tw`)
			b.waits("the patch's first half", func(string) bool {
				return b.evaluate(`(document.querySelector("template")?.content||document).querySelectorAll("i").length`) == "2"
			})

			// when a script of the page appends to body
			b.evaluate(`document.body.insertAdjacentHTML("beforeend", "\n<aside>appended</aside>\n")`)
			s.send(`o</i></template><!----><u></u>`)

			// then the patch is put into place whole
			b.sees(`<main><i>one</i><i>two</i></main>`)
			s.end()
		})
	}
}

func TestTemplatesThatScriptsAddLaterAreNoPatches(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			// given a page that has loaded with a slot left open
			b, s := reader{kind: k}.visit(t)
			s.send(head + `<main>` + placeholder("a", skeleton) + placeholder("b", "") + `</main>` + patch("b", "b"))
			s.end()
			b.waits("complete", func(string) bool { return b.evaluate("document.readyState") == "complete" })
			b.evaluate(`document.body.append("text")`)

			// when a script adds what looks like a patch
			b.evaluate(`(async()=>{let t=document.createElement("template");t.setAttribute("for","a");document.body.append(t,document.createComment(""));await 0})()`)

			// then it stays where it is
			assert.Contains(t, b.html(), `<main>`+placeholder("a", skeleton)+`b</main>`)
			assert.Contains(t, b.html(), `text<template for="a"></template><!---->`)
		})
	}
}
