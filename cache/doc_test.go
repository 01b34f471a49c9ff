package cache

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program in the package's documentation is the body of Example.
func TestTheProgramInTheDocumentationIsAnExample(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var block strings.Builder
	for _, line := range strings.Split(string(doc), "\n") {
		code, is := strings.CutPrefix(line, "//\t")
		if !is && block.Len() > 0 {
			break
		}
		if is {
			block.WriteString("\t" + code + "\n")
		}
	}
	require.Equal(t, 10, strings.Count(block.String(), "\n"))
	examples, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	require.Contains(t, string(examples), "func Example() {\n"+block.String()+"\t// Output:")
}
