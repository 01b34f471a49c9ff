// Package duration reads durations as people write them into attributes and variables: 30s, 5m, 1h30m, 500ms, 2d.
//
//  1. [Read] takes a text apart and says in a word what is wrong with it.
//  2. [Parse] puts that into a sentence.
//  3. [Unset] stands for a duration that nobody wrote.
//
// What may not be in it: the fields of HTTP, whose times are seconds or dates; they are in the room field.
package duration
