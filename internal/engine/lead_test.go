package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/config"
)

// Which path a slot's fill asks for, or why the request is refused.
func TestParametersCannotLeadElsewhere(t *testing.T) {
	const refused = "400"
	for _, c := range []struct{ pattern, src, target, want string }{
		{"/d/{path...}", "/{path}/frag", "/d/", "/frag"}, // was //frag, whose host is frag
		{"/d/{path...}", "/{path}/frag", "/d/a/b", "/a/b/frag"},
		{"/d/{path...}", "/{path}/frag", "/d/a/", "/a/frag"},
		{"/d/{path...}", "/x/{path}/frag", "/d/", "/x/frag"},
		{"/d/{path...}", "/x/{path}", "/d/", "/x/"},
		{"/d/{path...}", "/{path}", "/d/", "/"},
		{"/d/{path...}", "/{path}{path}/frag", "/d/", "/frag"},
		{"/d/{path...}", "/{path}?q={path}/x", "/d/", "/?q=/x"},
		{"/d/{path...}", "/{path}?q={path}/x", "/d/a/b", "/a/b?q=a%2Fb/x"},
		{"/d/{path...}", "http://h.example/{path}/x", "/d/", "http://h.example/x"},
		{"/d/{path...}", "binding:B/{path}/x", "/d/", "binding:B/x"},
		{"/d/{path...}", "/{path}/frag", "/d//", refused},
		{"/d/{path...}", "/{path}/frag", "/d//evil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2fevil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2F%2Fevil.example", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%5cevil.example", refused},
		{"/d/{path...}", "/{path}/frag", `/d/\evil.example`, refused},
		{"/d/{path...}", "/{path}/frag", "/d/a%5c..%5cb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/..%5cb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/%2e%2e", refused},
		{"/d/{path...}", "/{path}/frag", "/d/a/%2e%2e/b", refused},
		{"/d/{path...}", "/{path}/frag", "/d/a%2f..%2fb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/..%2fb", refused},
		{"/d/{path...}", "/{path}/frag", "/d/../x", refused},
		{"/d/{path...}", "/{path}/frag", "/d/_inlay", refused},
		{"/d/{path...}", "/{path}", "/d/_inlay/fills", refused},
		{"/d/{path...}", "/{path}", "/d/%5finlay/fills", refused},
		{"/d/{path...}", "/{path}", "/d/_INLAY", refused},
		{"/d/{path...}", "binding:B/{path}", "/d/_inlay/stats", refused},
		{"/d/{path...}", "http://h.example/{path}", "/d/_inlay/stats", refused},
		{"/d/{path...}", "/x/{path}", "/d/_inlay/fills", "/x/_inlay/fills"},
		{"/d/{id}", "/f/{id}", "/d/..%5cb", refused},
		{"/d/{id}", "/f/{id}", "/d/..%5Cb", refused},
		{"/d/{id}", "/f/{id}", "/d/a%5cb", refused},
		{"/d/{id}", "/f/{id}", "/d/..%2fb", refused},
		{"/d/{id}", "/f/{id}", "/d/%2e%2e", refused},
		{"/d/{id}", "/f/{id}", "/d/%2e", refused},
		{"/d/{id}", "/f/{id}", "/d/a%00b", refused},
		{"/d/{id}", "/f/{id}", "/d/a%0d%0ab", refused},
		{"/d/{id}", "/f/{id}", "/d/..;x", refused},
		{"/d/{id}", "/f/{id}", "/d/%252e%252e", refused},
		{"/d/{id}", "/f/{id}", "/d/..%252fadmin", refused},
		{"/d/{id}", "/f/{id}", "/d/%u002e%u002e", refused},
		{"/d/{id}", "/f/{id}", "/d/%25u002e.", refused},
		{"/d/{id}", "/f/{id}", "/d/%ef%bc%8e.", refused},
		{"/d/{id}", "/f/{id}", "/d/%e0%80%ae%e0%80%ae", refused},
		{"/d/{id}", "/f/{id}", "/d/..%20.", refused},
		{"/d/{id}", "/f/{id}?x", "/d/..%3f", refused},
		{"/d/{id}", "/f/{id};x", "/d/..", refused},
		{"/d/{id}", "binding:B/f/{id}", "/d/..;x", refused},
		{"/d/{id}", "http://h.example/f/{id}", "/d/%252e%252e", refused},
		{"/d/{path...}", "/{path}", "/d/%252e%252e/admin", refused},
		{"/d/{path...}", "/{path}/x", "/d/a/..;/admin", refused},
		{"/d/{path...}", "/x%2f..{path}", "/d/", refused},
		{"/d/{path...}", "/x%2f..{path}", "/d/a", "/x%2F..a"},
		{"/d/{a}/{b}", "/f/{a}{b}", "/d/%252e/%252e", refused},
		{"/d/{id}", "/f/{id}", "/d/%252f", "/f/%252f"},
		{"/d/{id}", "/f/{id}", "/d/v1..2", "/f/v1..2"},
		{"/d/{id}", "/f?q={id}", "/d/..;x", "/f?q=..%3Bx"},
		{"/d/{id}", "/f/{id}", "/d/a?b", "/f/a"},
		{"/d/{id}", "/f/{id}", "/d/a%3fb%23c", "/f/a%3Fb%23c"},
		{"/d/{id}", "/f?q={id}", "/d/a&b=c", "/f?q=a%26b%3Dc"},
		{"/d/{id}", "/{id}", "/d/@evil.example", "/%40evil.example"},
		{"/d/{id}", "/{id}", "/d/:80", "/%3A80"},
		{"/{a}/{b}", "/{a}/{b}", "/_inlay/fills", "admin"},
		{"/d/{a}/{b}", "/{a}/{b}", "/d/_inlay/fills", refused},
		{"/d/{a}/{b}", "/{b}/{a}", "/d/fills/%5Finlay", refused},
	} {
		p := pageOf(t, c.pattern, `<body><edge-slot name="a" src="`+c.src+`"></edge-slot></body>`)
		s := newScriptWith(t, func(config *config.Config) { config.AllowHosts = []string{"h.example"} }, p)
		s.get(1, c.target)
		asks := s.take()
		require.NotEmpty(t, asks)
		_, got, ok := strings.Cut(asks[0], " 1 ") // "fill 1 SRC" or "send 1 STATUS"
		if !ok {
			got, _, _ = strings.Cut(asks[0], " ")
		}
		assert.Equal(t, c.want, got, "%s of %s: %s", c.target, c.pattern, c.src)
	}
}
