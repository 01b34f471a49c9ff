// Package recorder keeps what a handler of net/http answers to a fill, in process or in a batch, and reads an answer's header
// for the storing rules.
//
//  1. [Writer] is the http.ResponseWriter of a fill. It does what net/http's server would, and keeps the answer: writer.go.
//  2. [Read] is an [answer.Answer] of any status, header and body, whatever the case of the field names: read.go.
//
// What may not be in it: whether the answer is good (answer), and running handlers. It is not part of core.wasm.
package recorder
