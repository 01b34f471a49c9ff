// Package remote is the client of inlay's administration: it purges, invalidates and counts in a site that runs
// somewhere, be it a deployed Worker, inlay dev or a native server.
//
// A call goes through these files:
//
//  1. target.go says which URL is meant, and refuses those that would carry the token in the clear;
//  2. token.go finds the token, which is never an argument of a command, since others on the machine see those;
//  3. client.go asks, and never follows a redirect, which would hand the token to whoever it leads to;
//  4. answer.go reads what came back: a result, or an error that says what, where and what to do;
//  5. lists.go asks for entries, fills in progress and failures, and for what a purge would reach;
//  6. table.go shows counters to a person, show.go entries, and look.go all at once.
//
// What the administration does and answers is the engine's; see docs/operating.md. Wrangler and
// projects on disk may not be known here.
package remote
