// Package worker has what every Worker of inlay runs: the glue, core.wasm, variables.wasm and
// shell.wasm.
//
// The glue is the modules of this folder; worker.mjs is their entry. The Wasm
// modules are committed, so that a site needs no TinyGo; core.record,
// variables.record and shell.record say what they were made of, by which tools, and what they weigh.
// core/, variables/ and shell/ are their main packages, app/ what a site's main calls, e2e/
// the tests in a real workerd.
package worker

import "embed"

// Glue are the modules of this folder that are written by hand, tests left out.
//
//go:embed admin.mjs analytics.mjs app-instances.mjs app-pool.mjs asks.mjs back.mjs bindings.mjs core.mjs exchange.mjs figures.mjs fills.mjs forwarded.mjs frames.mjs front.mjs go.mjs hops.mjs isolate.mjs list.mjs listed.mjs log.mjs no-app.mjs not-found.mjs open-page.mjs pass.mjs purge-log.mjs purge.mjs reading.mjs records.mjs redirect.mjs rehearsal.mjs remedies.mjs region.mjs region-call.mjs region-frames.mjs repeats.mjs say.mjs shell.mjs tiers.mjs timing.mjs trace.mjs variables.mjs view.mjs worker.mjs
var Glue embed.FS

// Dev is what inlay dev puts in place of worker.mjs. It is no glue, so that no
// Worker that is built has it.
//
//go:embed dev.mjs
var Dev []byte

// Core is core.wasm: the cache and the engine, as TinyGo compiles worker/core.
//
//go:embed core.wasm
var Core []byte

// Record is core.record, the text that internal/corewasm reads.
//
//go:embed core.record
var Record string

// Shell is shell.wasm, which finds the slots in pages of the origin, as TinyGo
// compiles worker/shell.
//
//go:embed shell.wasm
var Shell []byte

// Variables is variables.wasm, which reads a Worker's variables, as TinyGo
// compiles worker/variables.
//
//go:embed variables.wasm
var Variables []byte

// VariablesRecord is variables.record.
//
//go:embed variables.record
var VariablesRecord string

// ShellRecord is shell.record.
//
//go:embed shell.record
var ShellRecord string
