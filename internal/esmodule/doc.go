// Package esmodule finds what an ECMAScript module imports, without running or
// bundling it: import and export … from, and import() of a literal.
//
//  1. lexer.go takes a module's text apart into tokens. What / means, a division
//     or the begin of a regular expression, and what { means, a block or an
//     object, depends on what stands before: context.go keeps track of that.
//  2. imports.go finds the imports among the tokens.
//
// Where modules lie, and which may be in a Worker, may not be decided here. It is
// no checker: a module with a mistake elsewhere is told its imports all
// the same, and what the mistake is, the runtime says, or node --check.
package esmodule
