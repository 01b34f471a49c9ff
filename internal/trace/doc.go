// Package trace reads the two header fields that tie a request to a trace, as W3C Trace Context has them
// (https://www.w3.org/TR/trace-context-2/).
//
// A page's visitor may bring traceparent and tracestate. The fills that he leads carry them on, so that what an origin does for him
// is in his trace, and they are in no key: what he asked for is the same without. [Passed] says what of the two goes on. What is not of
// the form does not: traceparent by itself decides, and where it is wrong tracestate means nothing. A tracestate that is wrong is
// left out alone.
//
// There may be no span here, and nothing that makes one: that is a tracer's, natively of inlay/edge/otel.
//
// worker/trace.mjs is the same for a Worker; testdata/passed.json holds both to the same answers.
package trace
