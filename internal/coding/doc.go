// Package coding is about content codings (RFC 9110, section 8.4.1): what a client takes, and what a page is there as.
//
//  1. What Accept-Encoding says, as weights of the codings that there are: accept.go. It is the only text of a client's that counts
//     here, and no more comes of it than those few numbers.
//  2. What a coding is ([Coding]), and those that a server has ([Set]): coding.go. Gzip by the standard library: gzip.go.
//  3. A body that is kept, as it is and in codings ([Kept]): kept.go.
//  4. An answer that is coded as it goes ([Stream]): stream.go.
//
// What may not be in it: header fields but for the one, and the decision which page may be coded, which is the driver's.
package coding
