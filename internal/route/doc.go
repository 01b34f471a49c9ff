// Package route is about the targets of requests, both ways: which page answers a path, and what a fill asks for.
//
//  1. A pattern is read: pattern.go; pattern_check.go says what is wrong with one. Patterns that would fight over a path are
//     refused: conflict.go.
//  2. The router finds the page of a path, and its parameters: router.go.
//  3. What else some reader could make of a path, so that nobody gets in by a spelling: readings.go.
//  4. A src becomes a template, src.go and template.go, and with the parameters a URL in its one form: url.go.
//  5. What a slot declares of a request, input.go, is picked out of it: varying.go; what it may not declare is in inputs.go. What
//     is derived from a request, so that few keys stand for many visitors: language.go and derived.go.
//
// What may not be in it: pages and slots (page), what an answer means, and any URL or path that is not of a request.
package route
