package e2e

import (
	"testing"

	"inlay/worker/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
