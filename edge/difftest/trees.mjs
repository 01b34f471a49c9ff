// Reads pages with parse5 and tells where their trees differ. A line of JSON comes in, one goes out; trees.go is at the
// other end. Nothing of inlay's is used here but what a page has on the wire: the fallback script's text and the comment
// behind it, which are taken out, and the comment after each patch.

import { createInterface } from "node:readline"
import { parse, html } from "parse5"

const { NS } = html

/** An element's kind, or "" for what is no element. */
const is = (node, name) => node.tagName === name && node.namespaceURI === NS.HTML

/** All nodes in tree order, without what is in templates. */
function* nodes(parent) {
	for (const child of parent.childNodes ?? []) {
		yield child
		yield* nodes(child)
	}
}

function remove(node) {
	const siblings = node.parentNode.childNodes
	siblings.splice(siblings.indexOf(node), 1)
	node.parentNode = null
}

/** Whether a comment is one of the markers, as a parser without processing instructions reads them. */
const isStart = (node) => node.nodeName === "#comment" && /^\?start(?=[\s?]|$)/.test(node.data)
const isEnd = (node) => node.nodeName === "#comment" && /^\?end(?=[\s?]|$)/.test(node.data)

/** What a marker begins: from it to the end marker that belongs to it, or to the end of its parent. */
function range(start) {
	const siblings = start.parentNode.childNodes
	const from = siblings.indexOf(start)
	let open = 1
	for (let to = from + 1; to < siblings.length; to++) {
		if (isStart(siblings[to])) open++
		if (isEnd(siblings[to]) && --open === 0) return siblings.slice(from, to + 1)
	}
	return siblings.slice(from)
}

const startOf = (document, name) => [...nodes(document)].find((node) => isStart(node) && node.data === `?start name="${name}"`)

/**
 * Does to a streamed page what the HTML standard does at each patch: a template with a for attribute that is a child of
 * body (where the engine puts them) replaces what the first marker of its name begins.
 */
function patch(document, unfilled, script) {
	const scripts = [...nodes(document)].filter((node) => is(node, "script") && node.childNodes[0]?.value === script)
	if (scripts.length !== 1) return `the page has the fallback script ${scripts.length} times`
	const probe = scripts[0].parentNode.childNodes[scripts[0].parentNode.childNodes.indexOf(scripts[0]) + 1]
	if (probe?.nodeName === "#comment" && probe.data === "inlay") remove(probe)
	remove(scripts[0])
	const body = [...nodes(document)].find((node) => is(node, "body"))
	if (!body) return "a streamed page has no body"
	for (const template of [...body.childNodes]) {
		const name = is(template, "template") && template.attrs.find((attribute) => attribute.name === "for")?.value
		// A patch is one by the comment that follows it. What a fragment in body has of the kind follows later.
		const next = template.parentNode?.childNodes[template.parentNode.childNodes.indexOf(template) + 1]
		if (!name || next?.nodeName !== "#comment" || next.data !== "") continue
		const start = startOf(document, name)
		if (!start) continue
		const parent = start.parentNode
		const old = range(start)
		const at = parent.childNodes.indexOf(start)
		const content = template.content.childNodes
		for (const node of content) node.parentNode = parent
		parent.childNodes.splice(at, old.length, ...content)
		remove(template)
		remove(next)
	}
	// A slot that nothing came for keeps its skeleton; the composed page has that too, without the markers.
	for (const name of unfilled ?? []) {
		const start = startOf(document, name)
		if (!start) continue // its <edge-error> has come
		const all = range(start)
		if (isEnd(all.at(-1))) remove(all.at(-1))
		remove(start)
	}
	return ""
}

/** A page's tree as text: a line for each node, text that meets made one, white space at the end of body left out. */
function lines(document) {
	const out = [document.mode]
	// Text that is not written yet, at its depth.
	let text = ""
	function walk(parent, depth) {
		const flush = () => {
			if (text) out.push("  ".repeat(depth) + JSON.stringify(text))
			text = ""
		}
		for (const node of parent.childNodes) {
			if (node.nodeName === "#text") {
				text += node.value
				continue
			}
			flush()
			const indent = "  ".repeat(depth)
			if (node.nodeName === "#comment") out.push(`${indent}<!--${node.data}-->`)
			else if (node.nodeName === "#documentType") out.push(`${indent}<!doctype ${node.name} ${JSON.stringify([node.publicId, node.systemId])}>`)
			else {
				const space = { [NS.HTML]: "", [NS.SVG]: "svg ", [NS.MATHML]: "math " }[node.namespaceURI]
				const attributes = node.attrs.map((a) => ` ${a.prefix ? a.prefix + ":" : ""}${a.name}=${JSON.stringify(a.value)}`).sort()
				out.push(`${indent}<${space}${node.tagName}${attributes.join("")}>`)
				if (is(node, "template") && node.content) {
					out.push(`${indent}  content`)
					walk(node.content, depth + 2)
				}
				walk(node, depth + 1)
			}
		}
		flush()
	}
	const html = document.childNodes.find((node) => node.tagName === "html")
	const body = html?.childNodes.find((node) => is(node, "body"))
	if (body) trimEnd(body)
	walk(document, 0)
	return out
}

/**
 * Takes white space from the end of body, however deep. Where a page has white space after </body>, a parser puts it into
 * whatever body has left open; the streamed page closes that before its patches, so it goes into body there.
 */
function trimEnd(node) {
	for (let last; (last = node.childNodes.at(-1)); ) {
		if (last.nodeName !== "#text") {
			if (last.childNodes && last.namespaceURI === NS.HTML && last.tagName !== "template") trimEnd(last)
			return
		}
		last.value = last.value.replace(/[\t\n\f\r ]+$/, "")
		if (last.value) return
		remove(last)
	}
}

const hosts = new Set("article aside blockquote body div footer h1 h2 h3 h4 h5 h6 header main nav p section span".split(" "))

/**
 * Makes shadow roots of the templates that say so, as a browser does while it reads (HTML standard, section 13.2.6.4.4):
 * parse5 leaves that out. In a patch the outermost elements have no parent to be the host.
 */
function shadows(parent) {
	for (const node of parent.childNodes ?? []) {
		if (is(node, "template")) {
			const mode = node.attrs.find((attribute) => attribute.name === "shadowrootmode")?.value.toLowerCase()
			const host = parent.namespaceURI === NS.HTML && (hosts.has(parent.tagName) || /^[a-z][^A-Z]*-/.test(parent.tagName)) && !parent.shadow
			if (host && (mode === "open" || mode === "closed")) {
				parent.shadow = node
				node.nodeName = node.tagName = "shadow root"
				node.childNodes = node.content.childNodes
				node.content = undefined
			} else shadows(node.content)
		}
		shadows(node)
	}
	return parent
}

function difference(a, b) {
	if (a.length === b.length && a.every((line, i) => line === b[i])) return ""
	let from = 0
	while (from < a.length && a[from] === b[from]) from++
	const some = (all) => all.slice(Math.max(0, from - 3), from + 6).map((line) => "    " + line).join("\n")
	return `${some(a)}\n  instead of\n${some(b)}`
}

function compare({ warm, cold, ordered, unfilled, script }) {
	for (const scriptingEnabled of /<noscript/i.test(warm + cold) ? [true, false] : [true]) {
		const read = (text) => shadows(parse(text, { scriptingEnabled }))
		const off = scriptingEnabled ? "" : ", scripts off"
		const want = lines(read(warm))
		if (ordered !== warm) {
			const d = difference(lines(read(ordered)), want)
			if (d) return `in order${off}:\n${d}`
		}
		if (cold === warm) continue // a shell without slots
		const streamed = read(cold)
		const problem = patch(streamed, unfilled, script)
		const d = problem || difference(lines(streamed), want)
		if (d) return `streamed${off}:\n${d}`
	}
	return ""
}

/** The elements of a page, each with where it stands in the source and the tags that are open around it. */
function subtrees({ warm }) {
	const found = []
	const around = []
	function walk(parent) {
		for (const node of parent.childNodes ?? []) {
			const where = node.sourceCodeLocation
			if (!node.tagName) continue
			if (where?.startTag && where.endTag && around.length && node.namespaceURI === NS.HTML && !["html", "head", "body"].includes(node.tagName)) {
				found.push({ from: where.startOffset, to: where.endOffset, around: [...around] })
			}
			// Foreign elements are no places.
			if (node.namespaceURI === NS.HTML) {
				around.push(node.tagName)
				walk(node)
				around.pop()
			}
		}
	}
	walk(parse(warm, { sourceCodeLocationInfo: true }))
	return found
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
	const asked = JSON.parse(line)
	let answer
	try {
		answer = asked.subtrees ? { subtrees: subtrees(asked) } : { difference: compare(asked) }
	} catch (problem) {
		answer = { difference: String(problem?.stack ?? problem) }
	}
	process.stdout.write(JSON.stringify(answer) + "\n")
}
