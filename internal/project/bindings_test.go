package project

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	logLine = `durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog" }]` + "\n"
	logMade = `migrations = [{ tag = "inlay-log", new_sqlite_classes = ["PurgeLog"] }]` + "\n"
)

func TestBindingsThatAreRightAreLetBe(t *testing.T) {
	for name, text := range map[string]string{
		"none":             ``,
		"the log":          logLine + logMade,
		"a dataset alone":  `analytics_engine_datasets = [{ binding = "INLAY_ANALYTICS", dataset = "inlay" }]`,
		"headers":          "[[durable_objects.bindings]]\nname = \"INLAY_LOG\"\nclass_name = \"PurgeLog\"\n[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"Other\", \"PurgeLog\"]\n",
		"KV":               logLine + logMade + `kv_namespaces = [{ binding = "INLAY_KV" }, { binding = "CARTS", id = "1" }]`,
		"another Worker's": `durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog", script_name = "shop" }]`,
		"exports":          logLine + `exports.PurgeLog = { type = "durable-object", storage = "sqlite" }`,
		"a region":         strings.Replace(logLine, "}]", `}, { name = "INLAY_REGION", class_name = "RegionFill" }]`, 1) + `migrations = [{ tag = "a", new_sqlite_classes = ["PurgeLog"] }, { tag = "b", new_classes = ["RegionFill"] }]`,
		"a site's own":     `durable_objects.bindings = [{ name = "CART", class_name = "Cart" }]` + "\n" + `kv_namespaces = [{ binding = "CARTS" }]`,
		"of another name":  logLine + logMade + `services = [{ binding = "INLAY_SHOP", service = "shop" }]`, // of slots: binding:INLAY_SHOP/…
		"renamed":          logLine + `migrations = [{ tag = "a", new_sqlite_classes = ["Log"] }, { tag = "b", renamed_classes = [{ from = "Log", to = "PurgeLog" }] }]`,
		"made again":       logLine + `migrations = [{ tag = "a", new_classes = ["PurgeLog"] }, { tag = "b", deleted_classes = ["PurgeLog"] }, { tag = "c", new_sqlite_classes = ["PurgeLog"] }]`,
		"an environment with the top level's migrations": logMade + "[[env.x.durable_objects.bindings]]\nname = \"INLAY_LOG\"\nclass_name = \"PurgeLog\"\n",
		"an environment with its own":                    "[env.x]\n" + logLine + logMade,
	} {
		w, err := ParseWrangler(text)
		require.NoError(t, err, name)
		assert.Empty(t, w.CheckBindings(), name)
	}
}

func TestBindingsThatAreWrongAreTold(t *testing.T) {
	for text, want := range map[string]string{
		logLine: `wrangler.toml:1:29: no migration makes the class PurgeLog of INLAY_LOG; add: migrations = [{ tag = "inlay-log", new_sqlite_classes = ["PurgeLog"] }]`,
		logLine + `migrations = [{ tag = "v1", new_sqlite_classes = ["Cart"] }]`:                                                                            `add to the end of migrations: { tag = "inlay-log", new_sqlite_classes = ["PurgeLog"] }`,
		logLine + `exports.Cart = { type = "durable-object", storage = "sqlite" }`:                                                                          `add: exports.PurgeLog = { type = "durable-object", storage = "sqlite" }`,
		logLine + `exports.PurgeLog = { type = "durable-object", state = "deleted" }`:                                                                       `no migration makes the class PurgeLog`,
		logLine + `migrations = [{ tag = "v1", new_classes = ["PurgeLog"] }]`:                                                                               `wrangler.toml:2:43: the class PurgeLog is made without SQLite, which INLAY_LOG needs: { tag = "inlay-log", new_sqlite_classes`,
		logLine + `migrations = [{ tag = "v1", new_sqlite_classes = ["PurgeLog"] }, { tag = "v2", deleted_classes = ["PurgeLog"] }]`:                        `no migration makes the class PurgeLog`,
		logLine + `migrations = [{ tag = "v1", new_sqlite_classes = ["PurgeLog"] }, { tag = "v2", renamed_classes = [{ from = "PurgeLog", to = "Log" }] }]`: `no migration makes the class PurgeLog`,
		logMade + `durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "Log" }]`:                                                                 `wrangler.toml:2:29: INLAY_LOG is of the class Log, and has to be of PurgeLog: durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog" }]`,
		logMade + `durable_objects.bindings = [{ name = "INLAY_LOG" }]`:                                                                                     `INLAY_LOG has no class; it is PurgeLog`,
		logMade + `durable_objects.bindings = [{ name = "LOG", class_name = "PurgeLog" }]`:                                                                  `the class PurgeLog is bound as LOG; inlay looks for it as INLAY_LOG: name = "INLAY_LOG"`,
		logMade + `durable_objects.bindings = [{ name = "INLAY_LOGS", class_name = "PurgeLog" }]`:                                                           `the class PurgeLog is bound as INLAY_LOGS; inlay looks for it as INLAY_LOG`,
		logMade + `durable_objects.bindings = [{ name = "INLAY_CART", class_name = "Cart" }]`:                                                               `there is no binding INLAY_CART; inlay looks for INLAY_LOG, INLAY_KV and INLAY_REGION`,
		`kv_namespaces = [{ binding = "INLAY_LOG", id = "1" }]`:                                                                                             `wrangler.toml:1:18: INLAY_LOG is in kv_namespaces, and has to be in durable_objects: durable_objects.bindings = [`,
		"[[services]]\nbinding = \"INLAY_LOG\"\nservice = \"log\"":                                                                                          `wrangler.toml:1:1: INLAY_LOG is in services, and has to be in durable_objects`,
		"[[queues.producers]]\nbinding = \"INLAY_LOG\"\nqueue = \"log\"":                                                                                    `INLAY_LOG is in queues, and has to be in durable_objects`,
		logLine + logMade + `r2_buckets = [{ binding = "INLAY_KV", bucket_name = "b" }]`:                                                                    `INLAY_KV is in r2_buckets, and has to be in kv_namespaces: kv_namespaces = [{ binding = "INLAY_KV" }]`,
		`kv_namespaces = [{ binding = "INLAY_KV", id = "1" }]`:                                                                                              `INLAY_KV is of no use without INLAY_LOG: durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog" }]`,
		`kv_namespaces = [{ binding = "INLAY_VK", id = "1" }]`:                                                                                              `there is no binding INLAY_VK`,
		`analytics_engine_datasets = [{ binding = "INLAY_ANALYTIC", dataset = "inlay" }]`:                                                                   `there is no binding INLAY_ANALYTIC; inlay looks for INLAY_ANALYTICS`,
		`kv_namespaces = [{ binding = "INLAY_ANALYTICS", id = "1" }]`:                                                                                       `INLAY_ANALYTICS is in kv_namespaces, and has to be in analytics_engine_datasets: analytics_engine_datasets = [{ binding = "INLAY_ANALYTICS" }]`,
		logLine + logMade + "[[env.x.kv_namespaces]]\nbinding = \"INLAY_KV\"\n":                                                                             `wrangler.toml:3:1: INLAY_KV is of no use without INLAY_LOG`, // which is not inherited
	} {
		w, err := ParseWrangler(text)
		require.NoError(t, err, text)
		got := w.CheckBindings()
		require.Len(t, got, 1, text)
		assert.Contains(t, got.Error(), want, text)
	}
	// What is wrong in several environments through one line is told once.
	w, err := ParseWrangler(strings.Replace(logMade, "sqlite_", "", 1) + logLine + "[[env.x.durable_objects.bindings]]\nname = \"INLAY_LOG\"\nclass_name = \"PurgeLog\"\n")
	require.NoError(t, err)
	assert.Len(t, w.CheckBindings(), 1)
}

func TestRegionNeedsItsClassAndTheLog(t *testing.T) {
	const both = `durable_objects.bindings = [{ name = "INLAY_LOG", class_name = "PurgeLog" }, { name = "INLAY_REGION", class_name = "RegionFill" }]` + "\n"
	for text, want := range map[string]string{
		both + logMade: `no migration makes the class RegionFill of INLAY_REGION; add to the end of migrations: { tag = "inlay-region", new_sqlite_classes = ["RegionFill"] }`,
		`durable_objects.bindings = [{ name = "INLAY_REGION", class_name = "RegionFill" }]` + "\n" + `migrations = [{ tag = "b", new_sqlite_classes = ["RegionFill"] }]`: `INLAY_REGION is of no use without INLAY_LOG`,
	} {
		w, err := ParseWrangler(text)
		require.NoError(t, err, text)
		got := w.CheckBindings()
		require.Len(t, got, 1, text)
		assert.Contains(t, got.Error(), want, text)
	}
}
