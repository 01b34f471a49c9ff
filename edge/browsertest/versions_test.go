package browsertest

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seenIn are the engines that the documentation names, as it names them. A test that runs with an older one shows less than
// what is promised; newer ones are welcome.
var seenIn = map[kind]string{
	native:  "Chromium 156",
	firefox: "Firefox 153",
	webkit:  "WebKitGTK 2.50",
}

func TestPromisesNameTheEnginesThatTheyWereSeenIn(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/wire-format.md"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range seenIn {
			assert.Contains(t, string(text), name, path)
		}
	}
	for k, name := range seenIn {
		ctx, stop := bounded()
		version, err := browserOf(t, k).version(ctx)
		stop()
		require.NoError(t, err)
		t.Logf("%s: %s", k, version)
		assert.False(t, older(version, regexp.MustCompile(`[\d.]+`).FindString(name)), "%s is older than %s", version, name)
	}
}

// older tells of two versions whether a's numbers are below b's, as far as b has any.
func older(a, b string) bool {
	have := regexp.MustCompile(`\d+`).FindAllString(a, -1)
	for i, want := range strings.Split(b, ".") {
		if i >= len(have) {
			return true
		}
		x, _ := strconv.Atoi(have[i])
		y, _ := strconv.Atoi(want)
		if x != y {
			return x < y
		}
	}
	return false
}
