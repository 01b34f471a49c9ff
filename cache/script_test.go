package cache_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"inlay/cache/internal/script"
)

// TestBehaviour runs the tables that also run in Wasm: internal/script/cases.go.
func TestBehaviour(t *testing.T) {
	for _, c := range script.Cases {
		t.Run(c.Name, func(t *testing.T) { require.NoError(t, c.Run()) })
	}
}
