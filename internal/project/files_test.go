package project

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPagesThatNoRequestWouldReachAreTold(t *testing.T) {
	t.Parallel()
	patterns := []string{"/{$}", "/about", "/pkg/{path...}", "/docs/{$}", "/products/{id}"}
	const all = `not_found_handling = "404-page"
run_worker_first = ["/", "/about", "/pkg/*", "/docs/", "/products/*", "/_inlay/*"]
`
	for _, c := range []struct{ assets, says string }{
		{"", ""},
		{"run_worker_first = false", ""},
		{`run_worker_first = ["/account/*"]`, ""},
		{`not_found_handling = "none"`, ""},
		{all, ""},
		{strings.Replace(all, `"/", "/about", "/pkg/*"`, `"/*", "!/fonts/*"`, 1), ""},
		{"run_worker_first = true", "wrangler.toml:3:20: run_worker_first = true gives all requests to the Worker, and no file would be served"},
		{`not_found_handling = "404-page"`, `wrangler.toml:3:22: not_found_handling = "404-page" answers browsers in place of the Worker`},
		{`not_found_handling = "single-page-application"`, `not_found_handling = "single-page-application" answers browsers`},
		{strings.Replace(all, `"/", `, "", 1), `wrangler.toml:4:20: no pattern of run_worker_first takes the page /{$}, and with not_found_handling = "404-page" it would answer 404; add "/"`},
		{strings.Replace(all, `"/pkg/*"`, `"/pkg"`, 1), `takes the page /pkg/{path...}, and with not_found_handling = "404-page" it would answer 404; add "/pkg/*"`},
		{strings.Replace(all, `, "/products/*"`, "", 1), `takes the page /products/{id}, and`},
		{strings.Replace(all, `, "/_inlay/*"`, "", 1), `takes administration, /_inlay/*, and with not_found_handling = "404-page" it would answer 404; add "/_inlay/*"`},
		{strings.Replace(all, `"/_inlay/*"`, `"/*", "!/about"`, 1), `takes the page /about, and`},
	} {
		w, err := ParseWrangler("[assets]\ndirectory = \"public\"\n" + c.assets)
		require.NoError(t, err)
		problems := w.CheckFiles(patterns)
		if c.says == "" {
			assert.Empty(t, problems, c.assets)
			continue
		}
		require.Len(t, problems, 1, c.assets)
		assert.Contains(t, problems.Error(), c.says, c.assets)
	}
	w, err := ParseWrangler("[assets]\nrun_worker_first = 3")
	require.Error(t, err, "%v", w)
}
