// Package compress has the content codings that the standard library lacks, for [edge.Options].Codings: zstd (RFC 8878) and br
// (RFC 7932), and a gzip that is quicker than its own. It is a module of its own, so that nobody else depends on what implements them.
//
//	handler, err := edge.NewHandler(edge.Options{
//		Pages:   pages,
//		Origin:  mux,
//		Config:  config,
//		Codings: []edge.Coding{compress.Brotli(), compress.Zstd(), compress.Gzip()},
//	})
//
// The order is that of preference, where a client takes several alike, as browsers do. A page of 17 KB of HTML, the beginning of the Go
// specification, on 2 cores of an EPYC, the least of several runs (go test -bench Codings; compress/gzip is Go 1.26's):
//
//	           as it is kept        for one answer       what a writer holds while it waits
//	edge.Gzip  5,858 bytes 0.27 ms  6,577 bytes 0.07 ms  nothing
//	Gzip       5,987 bytes 0.05 ms  as edge.Gzip         nothing
//	Zstd       6,068 bytes 0.07 ms  6,513 bytes 0.04 ms  1 MB
//	Brotli     5,494 bytes 0.6 ms   6,086 bytes 0.3 ms   1.2 MB
//
// The files are brotli.go, zstd.go and gzip.go, one each, and pool.go: what is used again.
//
// What may not be in it: when a page is compressed, which edge decides.
package compress
