// Package otel tells OpenTelemetry what a handler of inlay/edge does for each page, as spans. It is a module of its own, so that nobody
// needs OpenTelemetry who does not want it. What is recorded, in which share, and where spans go is set up with the SDK, as for everything else
// in a program.
//
//	handler, err := edge.NewHandler(edge.Options{Tracer: otel.New(otel.Options{}), …})
//
// # What may not be here
//
// An exporter, an SDK, or a choice of what is recorded: those are the program's.
package otel
