package project

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestURLOfAnEnvironmentIsItsDomainOrRoute(t *testing.T) {
	for name, c := range map[string]struct{ text, env, want, err string }{
		"a custom domain":        {`routes = [{ pattern = "shop.example.com", custom_domain = true }]`, "", "https://shop.example.com", ""},
		"a route":                {`route = "shop.example.com/*"`, "", "https://shop.example.com", ""},
		"a route with a zone":    {`route = { pattern = "shop.example.com/*", zone_name = "example.com" }`, "", "https://shop.example.com", ""},
		"a table for a route":    {"[route]\npattern = \"shop.example.com/*\"\nzone_name = \"example.com\"", "", "https://shop.example.com", ""},
		"tables for routes":      {"[[routes]]\npattern = \"a.example.com/*\"\nzone_name = \"example.com\"\n[[routes]]\npattern = \"b.example.com\"\ncustom_domain = true", "", "https://b.example.com", ""},
		"with a scheme":          {`routes = ["http://shop.example.com/*", "https://www.example.com/*"]`, "", "https://www.example.com", ""},
		"a part of the paths":    {`routes = ["shop.example.com/pkg/*", "shop.example.com/_*"]`, "", "https://shop.example.com", ""},
		"its administration":     {`routes = ["shop.example.com/pkg/*", "shop.example.com/_inlay/*"]`, "", "https://shop.example.com", ""},
		"an environment's own":   {"route = \"shop.example.com/*\"\n[env.staging]\nroute = \"staging.example.com/*\"", "staging", "https://staging.example.com", ""},
		"the top level's":        {"route = \"shop.example.com/*\"\n[env.staging]", "staging", "https://shop.example.com", ""},
		"none, though there are": {"route = \"shop.example.com/*\"\n[env.staging]\nroutes = []", "staging", "", "[env.staging] of wrangler.toml has no custom domain and no route"},
		"without administration": {`routes = ["shop.example.com/pkg/*"]`, "", "", `no route in the top level of wrangler.toml leads /_inlay/* to the Worker; add "shop.example.com/_inlay/*" to its routes`},
		"one path":               {`route = "shop.example.com/_inlay/"`, "", "", `add "shop.example.com/_inlay/*"`},
		"every host":             {`routes = ["*.example.com/*", "*example.com/*"]`, "", "", "say so with --url"},
		"no routes":              {`name = "shop"`, "", "", "the top level of wrangler.toml has no custom domain"},
		"no such environment":    {"[env.b]\n[env.a]", "c", "", "wrangler.toml has no environment c; it has a, b"},
		"no environments":        {`name = "shop"`, "c", "", "wrangler.toml has no environment c; it has none"},
		"what is no route":       {"routes = [7, {}, { pattern = \"\" }, \"\", \"/*\", \"://\"]", "", "", "say so with --url"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := ParseWrangler(c.text)
			require.NoError(t, err)
			url, err := w.URL(c.env)
			if c.err != "" {
				assert.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, url)
		})
	}
}
