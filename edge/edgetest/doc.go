// Package edgetest holds what is given to [edge.Options].Log and [edge.Options].Lower to what edge relies on, and has one of
// each in memory, for the tests of a site.
//
//   - Whoever writes a purge log over a database or a queue of their own calls [TestPurgeLog] in a test, and [TestTier] for a
//     store of fragments.
//   - [TestBound] runs a whole site in several handlers that share them, with purges and faults, and holds each answer to what edge
//     promises: [Site] is that site.
//   - [Log] and [Tier] are in memory, of as many handlers as share them in one process, and can be made to fail.
//
// What may not be in it: anything that a program needs which is no test.
package edgetest
