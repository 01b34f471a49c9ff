package operator

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func policyOf(t *testing.T) string {
	t.Helper()
	for _, f := range Fields() {
		if f.Name == "content-security-policy" {
			return f.Value
		}
	}
	t.Fatal("there is no policy")
	return ""
}

// Between <style> and </style>, and between <script> and </script>, are the very bytes that the policy allows.
func TestThePolicyAllowsWhatThePageHasAndNothingElse(t *testing.T) {
	body, policy := Body(), policyOf(t)
	for _, name := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+name+`(?: type="module")?>(.*?)</`+name+`>`).FindAllStringSubmatch(body, -1)
		require.Len(t, found, 1, name)
		assert.Contains(t, policy, name+"-src "+hash(found[0][1])+";")
		assert.Equal(t, 1, strings.Count(strings.ToLower(body), "</"+name), "%s ends once", name)
	}
	assert.Contains(t, policy, "default-src 'none'; ")
	assert.NotContains(t, policy, "unsafe")
	assert.NotContains(t, policy, "http")
	assert.NotContains(t, body, "STYLE*/")
	assert.NotContains(t, body, "SCRIPT*/")
}

// What would be refused by the policy, or would make HTML of a stranger's text, is not even tried.
func TestThePageHasNothingThatNeedsMore(t *testing.T) {
	markup := regexp.MustCompile(`(?s)<(style|script)[^>]*>.*?</(style|script)>`).ReplaceAllString(Body(), "")
	assert.NotRegexp(t, `(?i)\son\w+\s*=|\sstyle\s*=|javascript:|\ssrc\s*=`, markup)
	for _, m := range regexp.MustCompile(`(?:https?:)?//[^"' <>]+`).FindAllString(Body(), -1) {
		assert.True(t, strings.HasPrefix(m, "http://www.w3.org/2000/svg") || strings.HasPrefix(m, "// ") || !strings.HasPrefix(m, "http"), m)
	}
	script := strings.Join([]string{text, ask, picture, entries, purge, views, start}, "\n")
	assert.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|localStorage|sessionStorage|document\.cookie|indexedDB`, script)
}

func TestEncodedIsFieldsAndBody(t *testing.T) {
	head, body, ok := strings.Cut(string(Encode()), "\n\n")
	require.True(t, ok)
	assert.Equal(t, Body(), body)
	lines := strings.Split(head, "\n")
	require.Len(t, lines, len(Fields()))
	for i, f := range Fields() {
		assert.Equal(t, f.Name+": "+f.Value, lines[i])
		assert.NotContains(t, f.Value, "\n")
	}
}

// Every element that a script asks for by its id is there, and each id once.
func TestScriptsFindTheirElements(t *testing.T) {
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		ids[m[1]]++
	}
	for id, n := range ids {
		assert.Equal(t, 1, n, id)
	}
	ids["pick-all"]++ // entries.js makes it
	for _, script := range []string{text, ask, picture, entries, purge, views, start} {
		for _, m := range regexp.MustCompile(`\bat\("([^"]+)"\)`).FindAllStringSubmatch(script, -1) {
			assert.Contains(t, ids, m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?:for|aria-labelledby|aria-describedby)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			assert.Contains(t, ids, id)
		}
	}
}
