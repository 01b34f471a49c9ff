package patch

import "inlay/internal/field"

// Script is the text of the script element that a streamed page carries in its head, byte for byte. It does for
// browsers without the HTML standard's declarative partial updates (whatwg/html PR 11818) what the others do by
// themselves; in these it ends at its first test. docs/wire-format.md says how the two were compared.
//
// It is constant, so a content security policy allows it by [CSPHash], and no cached byte has a nonce in it. It
// makes no HTML from text, so require-trusted-types-for does not concern it.
//
// To a browser without the standard's patches a placeholder's markers are comments (HTML standard, "bogus comment
// state") and a patch is a template that stays. At each change of the document while it loads, the script takes each
// patch that is complete and has its placeholder, and puts it in place.
//
// Where a proxy takes comments out, the markers stay, which are none in the page's text, but nothing tells that a patch
// is complete: see stop. There all patches are taken when the document has ended (DOMContentLoaded).
const Script = "" +
	// f takes the list of changes, or the event of the end, which alone has type and target.
	`((d,o,f=(e,s,k=1,m={},` +
	// 128 shows comments alone. m holds them by their text, the first of each.
	`w=d.createTreeWalker(d,128),t,x)=>{for(;x=w.nextNode();m[x.data]??=x);` +
	"for(t of d.querySelectorAll(\"template\"))if(s=m[`?start name=\"${t.getAttribute(\"for\")}\"`])" +
	// A patch is complete when a comment follows among its siblings. A next sibling of any kind would not do: a page's own
	// scripts append to body while a patch is half there. At the end each is, unless commentProbe shows that comments come
	// through: then one without is cut off.
	`for(x=m.inlay?t:e.target||t;x;x=x.nextSibling)if(x.nodeType>7){` +
	// k counts the placeholders that are open in a skeleton: <?end> belongs to the nearest <?start> before it.
	`for(;k&&(x=s.nextSibling);x.remove())k+=x.nodeType>7&&/^\?start/.test(x.data)-(x.data=="?end");` +
	// A script of the patch runs in place, outside of the parser: document.write would begin a new document there.
	`d.write=d.writeln=e=>e;t.remove(s.replaceWith(t.content));delete d.write;delete d.writeln;return f(e)}` +
	// What scripts add later is no patch, as in the standard.
	`e.type&&o.disconnect()})=>` +
	// htmlFor reflects a template's for attribute: browsers that have it have patches.
	`d.createElement("template").htmlFor??` +
	`(o=new MutationObserver(f)).observe(d,{childList:1,subtree:1},addEventListener("DOMContentLoaded",f)))(document)`

// CSPHash is the source expression that allows [Script] in a Content-Security-Policy's script-src
// (CSP Level 3, section 2.3.1), with its quotes. Without it, where script-src is set, browsers with the standard's
// patches lose nothing and others stay with the skeletons.
const CSPHash = `'sha256-u73YOKpx/N19EyGwpUFkAEMG3jE5iJNLQSs5v4l++NY='`

// Element is what is written into the head of a streamed page. It stands before the first stylesheet, because a
// script after one waits for it to load, in every browser.
const Element = `<script>` + Script + `</script>` + commentProbe

// commentProbe tells [Script] whether comments come through to the browser.
const commentProbe = `<!--inlay-->`

// AllowFallback is the value of a Content-Security-Policy, or of its report-only twin, that allows [Script] too: see
// [field.AllowScript].
func AllowFallback(csp string) string { return field.AllowScript(csp, CSPHash) }
