package edge

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/patch"
)

// It stands in edge by its value, so that go doc shows what a policy is to have.
func TestFallbackCSPHashIsShownByItsValue(t *testing.T) {
	assert.Equal(t, patch.CSPHash, FallbackCSPHash)
	shown, err := exec.Command("go", "doc", "inlay/edge", "FallbackCSPHash").Output()
	require.NoError(t, err)
	assert.Contains(t, string(shown), FallbackCSPHash)
}
