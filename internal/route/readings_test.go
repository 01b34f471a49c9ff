package route_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/route"
	"inlay/internal/route/routetest"
)

func TestInternalPathsAreKnownInEverySpelling(t *testing.T) {
	for _, target := range routetest.Targets(t, "internal") {
		assert.True(t, route.IsInternal(routetest.PathIn(target)), target)
	}
	for _, target := range routetest.Targets(t, "open") {
		assert.False(t, route.IsInternal(routetest.PathIn(target)), target)
		assert.False(t, route.HasDotSegments(routetest.PathIn(target)), target)
	}
	for _, target := range routetest.Targets(t, "climbing") {
		assert.True(t, route.HasDotSegments(routetest.PathIn(target)), target)
	}
	for _, fine := range []string{"/", "", "/a", "/a/", "/a//b", "/...", "/.well-known/x", "/a..b", "/..a", "/a..", "/.a./x", "/a%2fb", "/v1.2/x", "/a;b/c", "/%e2%80%a6/x"} {
		assert.False(t, route.HasDotSegments(fine), fine)
	}
}

// readers are ways to read a path: what each does to it, one after another, in any order, any number of times.
var readers = []func(string) string{
	func(p string) string { // percent-decoding, once
		if decoded, err := url.PathUnescape(p); err == nil {
			return decoded
		}
		return p
	},
	func(p string) string { return strings.ReplaceAll(p, `\`, "/") },
	path.Clean, // net/http's ServeMux
	func(p string) string { // URLs of browsers and Workers
		if u, err := url.Parse("http://h" + p); err == nil {
			return u.JoinPath().EscapedPath()
		}
		return p
	},
	func(p string) string { // path parameters
		segments := strings.Split(p, "/")
		for i := range segments {
			segments[i], _, _ = strings.Cut(segments[i], ";")
		}
		return strings.Join(segments, "/")
	},
	strings.ToLower,
	func(p string) string { // control characters that are dropped
		return strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' || r == 0 {
				return -1
			}
			return r
		}, p)
	},
	func(p string) string { return strings.ReplaceAll(p, "//", "/") },
}

// FuzzReadings lets readers have their way with a path, in an order that the input says: none may come to an internal path,
// or below a ".." that leads out, without the predicates' knowing.
func FuzzReadings(f *testing.F) {
	for _, name := range []string{"internal", "open", "climbing"} {
		for _, target := range routetest.Targets(f, name) {
			f.Add(routetest.PathIn(target), []byte{0, 1, 2})
			f.Add(routetest.PathIn(target), []byte{0, 6, 5, 4, 7, 2})
		}
	}
	f.Fuzz(func(t *testing.T, p string, order []byte) {
		internal, dots := route.IsInternal(p), route.HasDotSegments(p)
		assert.Equal(t, internal, route.IsInternal(p))
		if len(order) > 8 || len(p) > 1<<10 || p == "" || p[0] != '/' {
			return
		}
		read := p
		for _, i := range order {
			read = readers[int(i)%len(readers)](read)
		}
		if read == "/_inlay" || strings.HasPrefix(read, "/_inlay/") {
			assert.True(t, internal, "%q is read as %q", p, read)
		}
		for _, segment := range strings.Split(read, "/") {
			if segment == ".." {
				assert.True(t, dots, "%q is read as %q", p, read)
			}
		}
	})
}
