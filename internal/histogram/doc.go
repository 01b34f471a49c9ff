// Package histogram counts what each slot's fills have taken and failed of, as Prometheus' text format has it.
//
//  1. [New] takes the slots that there are: labels are theirs, and one more for all others, so their number is bounded.
//  2. [Fills.Add] counts one that has ended.
//  3. [Fills.Append] writes what was counted.
//
// What may not be in it: what a fill is, and a clock.
package histogram
