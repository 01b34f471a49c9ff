package cache_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCacheImportsNothingThatTinyGoCannotAfford(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "inlay/cache")

	banned := slices.DeleteFunc(deps, func(p string) bool {
		return p != "reflect" && p != "fmt" && p != "log" && p != "net" && p != "syscall/js" &&
			!strings.HasPrefix(p, "encoding") && !strings.HasPrefix(p, "net/")
	})

	require.Empty(t, banned)
}
