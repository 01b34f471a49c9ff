package docs_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inlineCode = regexp.MustCompile("`[^`\n]+`")
)

func TestLinksLeadSomewhere(t *testing.T) {
	found := 0
	for _, d := range documents(t) {
		for _, link := range linkTarget.FindAllStringSubmatch(inlineCode.ReplaceAllString(d.prose, "`code`"), -1) {
			found++
			target, err := url.Parse(link[1])
			require.NoError(t, err, "%s: %s", d.path, link[1])
			if target.Scheme != "" {
				assert.Equal(t, "https", target.Scheme, "%s: %s", d.path, link[1])
				continue
			}
			to := d.path
			if target.Path != "" {
				to = filepath.Join(filepath.Dir(d.path), target.Path)
			}
			if _, err := os.Stat(to); !assert.NoError(t, err, "%s: %s", d.path, link[1]) || target.Fragment == "" {
				continue
			}
			require.Equal(t, ".md", filepath.Ext(to), "%s: %s", d.path, link[1])
			other := documentAt(t, to)
			assert.Contains(t, anchors(other), target.Fragment, "%s: %s", d.path, link[1])
		}
	}
	assert.NotZero(t, found)
}

// anchors are what a document's headings can be linked by, made as GitHub makes them.
func anchors(d document) (anchors []string) {
	seen := map[string]int{}
	for _, line := range strings.Split(d.prose, "\n") {
		h := headingLine.FindStringSubmatch(line)
		if h == nil {
			continue
		}
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, linkTarget.ReplaceAllString(h[1], "]"))
		seen[anchor]++
		if n := seen[anchor]; n > 1 {
			anchor += "-" + strconv.Itoa(n-1)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}
