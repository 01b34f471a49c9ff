package inject

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPoliciesInAPagesHeadAllowTheClient(t *testing.T) {
	a := Allowance{Scripts: []string{"h:1/c.js"}, Hashes: []string{"'sha256-x'"}, Connects: []string{"h:1/e"}}
	for _, c := range []struct{ name, page, want string }{
		{"none", "<!doctype html><meta charset=utf-8><p>x", "<!doctype html><meta charset=utf-8><p>x"},
		{"one", `<head><meta http-equiv="Content-Security-Policy" content="script-src 'self'"><title>x</title></head><body>`,
			`<head><meta http-equiv="Content-Security-Policy" content="script-src &#39;self&#39; h:1/c.js"><title>x</title></head><body>`},
		{"the other order, single quotes, a slash, capitals", `<META CONTENT='script-src &#39;self&#39;' HTTP-EQUIV=content-security-policy />x`,
			`<META CONTENT="script-src &#39;self&#39; h:1/c.js" HTTP-EQUIV=content-security-policy />x`},
		{"two", `<meta http-equiv=content-security-policy content=script-src><i>-</i><meta http-equiv=content-security-policy content="connect-src 'none'">`,
			`<meta http-equiv=content-security-policy content="script-src h:1/c.js"><i>-</i><meta http-equiv=content-security-policy content="connect-src h:1/e">`},
		{"a body's is text for browsers", `</head><meta http-equiv=content-security-policy content=script-src>`, `</head><meta http-equiv=content-security-policy content=script-src>`},
		{"another http-equiv", `<meta http-equiv=refresh content="script-src 'self'">`, `<meta http-equiv=refresh content="script-src 'self'">`},
		{"no content", `<meta http-equiv=content-security-policy>`, `<meta http-equiv=content-security-policy>`},
		{"> in a value", `<meta http-equiv=content-security-policy content="script-src > 'self'">`, `<meta http-equiv=content-security-policy content="script-src &gt; &#39;self&#39; h:1/c.js">`},
		{"a tag without an end", `<p>x<meta http-equiv="Content-Secu`, `<p>x<meta http-equiv="Content-Secu`},
		{"ends in <", `<p>x<`, `<p>x<`},
		{"a name that goes on", `<metadata http-equiv=content-security-policy content=script-src>`, `<metadata http-equiv=content-security-policy content=script-src>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := 1; size <= len(c.page); size++ { // in pieces of every size
				f := Filter{Allow: a}
				var got strings.Builder
				for from := 0; from < len(c.page); from += size {
					got.Write(f.Next([]byte(c.page[from:min(from+size, len(c.page))])))
				}
				got.Write(f.Rest())
				assert.Equal(t, c.want, got.String(), "in pieces of %d bytes", size)
			}
		})
	}
}

func TestOnlyATagThatHasNotEndedIsHeldBack(t *testing.T) {
	f := Filter{}
	assert.Equal(t, "<!doctype html><p>Basket</p>", string(f.Next([]byte("<!doctype html><p>Basket</p><met"))))
	assert.Equal(t, "<meter>", string(f.Next([]byte("er>"))))
	assert.Equal(t, "<p>then", string(f.Next([]byte("<p>then"))))
	assert.Equal(t, "", string(f.Next([]byte("<meta content='"+strings.Repeat("x", 100)))))
	long := strings.Repeat("x", maxTag)
	assert.Equal(t, "<meta content='"+strings.Repeat("x", 100)+long, string(f.Next([]byte(long))), "no longer tag is held")
}

func FuzzMetaFilterChangesNothingElse(f *testing.F) {
	f.Add("<meta http-equiv=content-security-policy content=\"script-src 'self'\">", 7)
	f.Add("<p><met", 1)
	f.Add("<meta =\"> content", 3)
	f.Fuzz(func(t *testing.T, page string, size int) {
		if size < 1 {
			size = 1
		}
		whole := Filter{Allow: AllowanceFor("h:1", []string{"/c.js"}, nil, []string{"/e"})}
		want := string(whole.Next([]byte(page))) + string(whole.Rest())
		parts := Filter{Allow: AllowanceFor("h:1", []string{"/c.js"}, nil, []string{"/e"})}
		var got strings.Builder
		for from := 0; from < len(page); from += size {
			got.Write(parts.Next([]byte(page[from:min(from+size, len(page))])))
		}
		got.Write(parts.Rest())
		if len(page) < maxTag {
			assert.Equal(t, want, got.String())
		}
		if !strings.Contains(strings.ToLower(page), "<meta") {
			assert.Equal(t, page, got.String())
		}
	})
}
