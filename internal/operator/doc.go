// Package operator has the operator's page, which administration answers /_inlay/ with: what is held, what is being filled, what
// has failed, what was saved, and purging with a preview. It is one document of its own, with its style and script inside,
// since nothing else may be loaded by it.
//
//	operator.html  what is on the page; operator.css how it looks
//	text.js        elements and texts: strangers' keys and tags become text and never HTML
//	ask.js         what is asked of administration, with the token, and what can go wrong
//	picture.js     the picture over time; entries.js the table; purge.js preview and purge; views.js the rest
//	operator.js    the page as a whole: token, sections, looking again
//	operator.go    puts them together, with the policy that allows these very bytes and nothing else
//
// The page speaks to administration's JSON alone (docs/operating.md), so there may be no engine here and no request, and nothing of a
// site. It is the same for all of them, on Workers and natively: a Worker has it as operator.bin, which is read when somebody
// asks for the page, and not before.
package operator
