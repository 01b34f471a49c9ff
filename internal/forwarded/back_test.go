package forwarded

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// backCase is a case of references.json, refreshes.json or cookies.json.
type backCase struct {
	Origin, Site, Ref, Value, Line, Want string
}

func TestWhatNamesTheOriginLeadsToTheSite(t *testing.T) {
	for _, c := range cases[backCase](t, "references.json") {
		o := ParseOrigin(c.Origin)
		assert.Equal(t, c.Want, o.Reference(c.Ref, c.Site), "%q of %s", c.Ref, c.Origin)
	}
	for _, c := range cases[backCase](t, "refreshes.json") {
		o := ParseOrigin(c.Origin)
		assert.Equal(t, c.Want, o.Refresh(c.Value, c.Site), "%q of %s", c.Value, c.Origin)
	}
	for _, c := range cases[backCase](t, "cookies.json") {
		o := ParseOrigin(c.Origin)
		assert.Equal(t, c.Want, o.Cookie(c.Line, c.Site), "%q of %s for %s", c.Line, c.Origin, c.Site)
	}
}

// Whatever an origin says: a reference that is changed leads to the site, as a client reads it, and no reference leads elsewhere that
// did not before.
func FuzzReference(f *testing.F) {
	for _, c := range cases[backCase](f, "references.json") {
		f.Add(c.Ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		for _, origin := range []string{"https://o.example", "https://o.example/base", "http://o.example:9000"} {
			o := ParseOrigin(origin)
			got := o.Reference(ref, "https://shop.example")
			if got == ref {
				continue
			}
			request, _ := url.Parse("https://shop.example/x/y")
			to, err := request.Parse(strings.ReplaceAll(got, `\`, "/")) // as browsers read it
			if err == nil {
				assert.Equal(t, "shop.example", to.Host, "%q: %q", ref, got)
				assert.Nil(t, to.User)
			}
			assert.True(t, got[0] == '/' || strings.HasPrefix(got, "https://shop.example/"), "%q: %q", ref, got)
		}
	})
}

func FuzzCookie(f *testing.F) {
	for _, c := range cases[backCase](f, "cookies.json") {
		f.Add(c.Line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, origin := range []string{"https://o.example", "https://o.example/base"} {
			o := ParseOrigin(origin)
			got := o.Cookie(line, "https://shop.example")
			pair, _, _ := strings.Cut(line, ";")
			assert.True(t, got == pair || strings.HasPrefix(got, pair+";"), "%q: %q", line, got)
			assert.LessOrEqual(t, len(got), len(line)+1)
			if origin == "https://o.example" {
				assert.Equal(t, got, o.Cookie(got, "https://shop.example"), "%q", line)
			}
		}
	})
}

func FuzzRefresh(f *testing.F) {
	for _, c := range cases[backCase](f, "refreshes.json") {
		f.Add(c.Value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		o := ParseOrigin("https://o.example")
		got := o.Refresh(value, "https://shop.example")
		assert.Equal(t, got, o.Refresh(got, "https://shop.example"), "%q", value)
	})
}
