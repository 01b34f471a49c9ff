package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/worker/e2e/harness"
)

// What is about the repository's example alone; its curl lines are tested in docs.

func TestVariableThatIsNotSetHasItsDefault(t *testing.T) {
	server := harness.StartExample(t)
	page := read(t, browse(t, server.URL+"/pkg/net/http"))
	assert.Contains(t, page, "simulated to take 800 ms")
}
