package shell_test

import (
	"inlay/internal/shell"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSourcesThatLeadElsewhereAreRefusedWhenParsed(t *testing.T) {
	for _, src := range []string{
		"//frag", `/\frag`, "/_inlay/stats", "/%5finlay/fills", "/_INLAY", "/_inlay/{id}", "/_inlay;x/{id}", "/a/../_inlay/x",
		"binding:B/_inlay/x", "http://h.example/_inlay/x", "/%2f_inlay/x", "/a/../b", "/%2e%2e/b", "/{path}.{path}/x", "/{path}../x",
		"/x%2f..%2f{id}", "/x%252f..%252f{id}", "/..;/{id}", "/x/%u002e%u002e/y", "/%ef%bc%8e%ef%bc%8e/{id}", "/x/%e0%80%ae%e0%80%ae/y",
		"binding:B/x%2f..%2fy", "http://h.example/..;a/x",
	} {
		_, err := shell.Parse("/p/{id}/{path...}", `<body><edge-slot name="a" src="`+src+`"></edge-slot></body>`)
		assert.Error(t, err, src)
	}
}
