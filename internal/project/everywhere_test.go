package project

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEverywhereAddsWhatIsMissing(t *testing.T) {
	const (
		all = `"durable_objects":{"bindings":[{"class_name":"PurgeLog","name":"INLAY_LOG"},{"class_name":"RegionFill","name":"INLAY_REGION"}]},` +
			`"kv_namespaces":[{"binding":"INLAY_KV","id":"inlay_kv"}]`
		made = `"migrations":[{"tag":"inlay-log","new_sqlite_classes":["PurgeLog"]},{"tag":"inlay-region","new_sqlite_classes":["RegionFill"]}]`
	)
	for name, c := range map[string]struct{ env, text, want string }{
		"nothing there": {"", ``, `{` + all + `,` + made + `}`},
		"all there": {
			"", strings.Replace(logLine, "}]", `}, { name = "INLAY_REGION", class_name = "RegionFill" }]`, 1) + `migrations = [{ tag = "v1", new_sqlite_classes = ["PurgeLog", "RegionFill"] }]` + "\n" + `kv_namespaces = [{ binding = "INLAY_KV", id = "7" }]`,
			`{"durable_objects":{"bindings":[{"class_name":"PurgeLog","name":"INLAY_LOG"},{"class_name":"RegionFill","name":"INLAY_REGION"}]},` +
				`"kv_namespaces":[{"binding":"INLAY_KV","id":"7"}],"migrations":[{"tag":"v1","new_sqlite_classes":["PurgeLog","RegionFill"]}]}`,
		},
		"a site's own": {
			"", "durable_objects.bindings = [{ name = \"CART\", class_name = \"Cart\" }]\nkv_namespaces = [{ binding = \"CARTS\" }]\nmigrations = [{ tag = \"v1\", new_sqlite_classes = [\"Cart\"] }]",
			`{"durable_objects":{"bindings":[{"class_name":"Cart","name":"CART"},{"class_name":"PurgeLog","name":"INLAY_LOG"},{"class_name":"RegionFill","name":"INLAY_REGION"}]},` +
				`"kv_namespaces":[{"binding":"CARTS"},{"binding":"INLAY_KV","id":"inlay_kv"}],` +
				`"migrations":[{"tag":"v1","new_sqlite_classes":["Cart"]},{"tag":"inlay-log","new_sqlite_classes":["PurgeLog"]},{"tag":"inlay-region","new_sqlite_classes":["RegionFill"]}]}`,
		},
		"exports": {
			"", `exports.PurgeLog = { type = "durable-object", storage = "sqlite" }`,
			`{` + all + `,"exports":{"PurgeLog":{"type":"durable-object","storage":"sqlite"},"RegionFill":{"type":"durable-object","storage":"sqlite"}}}`,
		},
		"an environment": {"x", "[env.x]\nvars = { A = \"1\" }", `{"env":{"x":{"vars":{"A":"1"},` + all + `}},` + made + `}`},
		"an environment's migrations": {
			"x", "[[env.x.migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"PurgeLog\"]",
			`{"env":{"x":{` + all + `,"migrations":[{"tag":"v1","new_sqlite_classes":["PurgeLog"]},{"tag":"inlay-region","new_sqlite_classes":["RegionFill"]}]}}}`,
		},
		"values of each kind": {
			"", "a = [1_000, 0x1F, +5, -2, 1.5e3, +1_0.5, true, false, \"s\\n\", 2026-11-01, [[]], {}]\nb.c.\"d e\" = 1",
			`{"a":[1000,31,5,-2,1.5e3,10.5,true,false,"s\n","2026-11-01",[[]],{}],"b":{"c":{"d e":1}},` + all + `,` + made + `}`,
		},
	} {
		w, err := ParseWrangler(c.text)
		require.NoError(t, err, name)
		got, err := w.Everywhere(c.env)
		require.NoError(t, err, name)
		assert.JSONEq(t, c.want, string(got), name)
		// What it makes is right.
		again, err := ParseWrangler(c.text)
		require.NoError(t, err)
		assert.Empty(t, again.CheckBindings(), name)
	}
	w, err := ParseWrangler("")
	require.NoError(t, err)
	_, err = w.Everywhere("x")
	assert.ErrorContains(t, err, "there is no [env.x], which --env names")
}
