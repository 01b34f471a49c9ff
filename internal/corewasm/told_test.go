package corewasm

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheManualHasTheLimits(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	assert.Contains(t, strings.Join(strings.Fields(string(text)), " "), fmt.Sprintf(
		"`core.wasm` is never more than %d KiB compressed, `shell.wasm` never more than %d, and `variables.wasm` never more than %d:",
		Core().Limit>>10, Shell().Limit>>10, Variables().Limit>>10))
}
