// Package toml reads TOML 1.1 as far as a configuration needs it: what stands
// where, with the line and column of each value, so that a mistake can be
// shown to who made it.
//
//  1. Parse (parse.go) goes through the lines: headers of tables, and keys with
//     values.
//  2. What a key may still set, and which table may be opened again, is decided
//     in table.go: the rules of the specification about what is defined twice.
//  3. Values are read in value.go, strings of all four kinds in text.go.
//
// Numbers and dates stay text: nobody here computes with them. What a key means
// may not be known here; that is for who asks.
package toml
