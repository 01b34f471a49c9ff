package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vars is a lookup in a map.
func vars(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

func defaultConfig() Config {
	return Config{
		MaxBytes: 48 << 20, MaxFragment: 1 << 20, TTL: 5 * time.Minute, NegativeTTL: time.Second, Early: 200, FillTimeout: 10 * time.Second,
		Lease: 5 * time.Second, LeaseSoft: time.Second, Outage: 5 * time.Second, DataCenterCache: true, Compress: CompressPages,
		MaxInstances: 8,
	}
}

func TestConfigHasItsDefaultsWhereNothingIsSet(t *testing.T) {
	empty := map[string]string{}
	for _, v := range Variables() {
		empty[v.Name] = " \t"
	}
	for _, lookup := range []func(string) (string, bool){vars(nil), vars(empty)} {
		c, err := Parse(lookup)
		require.NoError(t, err)
		assert.Equal(t, defaultConfig(), c)
	}
}

func TestVariableSetToItsDocumentedDefaultIsAsGoodAsUnset(t *testing.T) {
	m := map[string]string{}
	for _, v := range Variables() {
		m[v.Name] = v.Default
		assert.NotEmpty(t, v.Unit, v.Name)
		assert.True(t, strings.HasSuffix(v.Doc, "."), v.Name)
	}
	c, err := Parse(vars(m))
	require.NoError(t, err)
	assert.Equal(t, defaultConfig(), c)
}

func TestEveryVariableThatIsReadIsListedAndNoOther(t *testing.T) {
	read := map[string]bool{}
	_, err := Parse(func(name string) (string, bool) {
		read[name] = true
		return "", false
	})
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, v := range Variables() {
		listed[v.Name] = true
	}
	listed["INLAY_LOG"] = true // in a Worker a binding, and told of with INLAY_LOG_FORMAT
	assert.Equal(t, read, listed)
}

func TestVariablesAreRead(t *testing.T) {
	c, err := Parse(vars(map[string]string{
		"INLAY_ORIGIN": " HTTPS://Origin.Example.COM:8443/base/ ", "INLAY_MAX_BYTES": "64 MiB", "INLAY_MAX_FRAGMENT": "512kib",
		"INLAY_TTL": "1h30m", "INLAY_SWR": "90s", "INLAY_SIE": "2d", "INLAY_NEGATIVE_TTL": "0", "INLAY_FILL_TIMEOUT": "25s", "INLAY_EARLY": "1.5",
		"INLAY_PATIENCE": "15ms", "INLAY_ALLOW_HOSTS": "API.example.com, 127.0.0.1:8080  [::1]:80,api.example.com",
		"INLAY_LEASE": "10s", "INLAY_LEASE_SOFT": "1500ms", "INLAY_OUTAGE": "7d", "INLAY_DATA_CENTER_CACHE": "off",
		"INLAY_OUTLIVE_DEPLOYMENTS": "on", "INLAY_PURGE_FIELD": "Surrogate-Key",
		"INLAY_SHELLS": " /products/{id},/blog/\t/{$} ", "INLAY_COMPRESS": "Off", "INLAY_LOG_FORMAT": " JSON ", "INLAY_LOG": "text",
		"INLAY_MAX_INSTANCES": "64", "INLAY_KEEP_INSTANCES": " 8 ",
		"INLAY_DEV": "Yes", "INLAY_TOKEN": "0123456789abcdef",
	}))
	require.NoError(t, err)
	assert.Equal(t, Config{
		Origin: "https://origin.example.com:8443/base", MaxBytes: 64 << 20, MaxFragment: 512 << 10, TTL: 90 * time.Minute,
		StaleWhileRevalidate: 90 * time.Second, StaleIfError: 48 * time.Hour, NegativeTTL: 0, Early: 150, FillTimeout: 25 * time.Second,
		Patience: 15 * time.Millisecond, AllowHosts: []string{"api.example.com", "127.0.0.1:8080", "[::1]:80"},
		Lease: 10 * time.Second, LeaseSoft: 1500 * time.Millisecond, Outage: 7 * 24 * time.Hour, Outlive: true, PurgeField: "surrogate-key",
		Shells:       []string{"/products/{id}", "/blog/", "/{$}"},
		MaxInstances: 64, KeepInstances: 8, LogFormat: LogJSON,
		Dev: true, Debug: true, Overlay: true, Token: "0123456789abcdef",
	}, c)
}

func TestNumbersMayHaveTwoDigitsAfterThePoint(t *testing.T) {
	for value, want := range map[string]int64{"0": 0, "0.0": 0, "2": 200, "1.5": 150, "0.25": 25, "0.05": 5, "100": 10_000, "100.00": 10_000, "007": 700, " 3 ": 300} {
		c, err := Parse(vars(map[string]string{"INLAY_EARLY": value}))
		require.NoError(t, err)
		assert.Equal(t, want, c.Early, value)
	}
}

// TestLeasesFollowEachOther: who shortens the hard lease need not know of the others.
func TestLeasesFollowEachOther(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		soft, lease, outage string
		want                [3]time.Duration
	}{
		{"", "", "", [3]time.Duration{1000 * ms, 5000 * ms, 5000 * ms}},
		{"", "200ms", "", [3]time.Duration{200 * ms, 200 * ms, 200 * ms}},
		{"50ms", "50ms", "0", [3]time.Duration{50 * ms, 50 * ms, 0}},
		{"1h", "1h", "1d", [3]time.Duration{time.Hour, time.Hour, 24 * time.Hour}},
		{"", "20s", "", [3]time.Duration{1000 * ms, 20000 * ms, 20000 * ms}},
	} {
		got, err := Parse(vars(map[string]string{"INLAY_LEASE_SOFT": c.soft, "INLAY_LEASE": c.lease, "INLAY_OUTAGE": c.outage}))
		require.NoError(t, err)
		assert.Equal(t, c.want, [3]time.Duration{got.LeaseSoft, got.Lease, got.Outage}, "%+v", c)
	}
	_, err := Parse(vars(map[string]string{"INLAY_LEASE": "500ms", "INLAY_LEASE_SOFT": "501ms"}))
	assert.ErrorContains(t, err, `INLAY_LEASE_SOFT is "501ms": expected a duration, from 50ms to INLAY_LEASE`)
}

func TestOverlayFollowsDevAndIsNotWithoutIt(t *testing.T) {
	for _, c := range []struct {
		dev, overlay string
		want         bool
	}{{"", "", false}, {"0", "1", false}, {"1", "", true}, {"1", "1", true}, {"1", "0", false}} {
		got, err := Parse(vars(map[string]string{"INLAY_DEV": c.dev, "INLAY_OVERLAY": c.overlay}))
		require.NoError(t, err)
		assert.Equal(t, c.want, got.Overlay, "%+v", c)
	}
}

func TestDebugFollowsDevUnlessItIsSet(t *testing.T) {
	for _, c := range []struct {
		dev, debug string
		want       bool
	}{{"", "", false}, {"1", "", true}, {"1", "0", false}, {"0", "1", true}, {"on", "off", false}} {
		got, err := Parse(vars(map[string]string{"INLAY_DEV": c.dev, "INLAY_DEBUG": c.debug}))
		require.NoError(t, err)
		assert.Equal(t, c.want, got.Debug, "%+v", c)
	}
}

func TestValueThatCannotBeUsedIsNamedWithWhatIsExpected(t *testing.T) {
	for _, c := range []struct{ name, value, text string }{
		{"INLAY_LOG_FORMAT", "logfmt", `INLAY_LOG_FORMAT is "logfmt": expected json, which logs each line as an object, or text`},
		{"INLAY_COMPRESS", "gzip", `INLAY_COMPRESS is "gzip": expected pages, which compresses the pages that are composed here, or off`},
		{"INLAY_MAX_BYTES", "lots", `INLAY_MAX_BYTES is "lots": expected bytes, from 1MiB to 96MiB, such as`},
		{"INLAY_MAX_BYTES", "1023KiB", "from 1MiB to 96MiB"},
		{"INLAY_MAX_BYTES", "97MiB", "from 1MiB to 96MiB"},
		{"INLAY_MAX_BYTES", "48MB", "such as 512KiB, 8MiB or 1048576"},
		{"INLAY_MAX_BYTES", "-1", "expected bytes"},
		{"INLAY_MAX_BYTES", "+2097152", "expected bytes"},
		{"INLAY_MAX_BYTES", "2_097_152", "expected bytes"},
		{"INLAY_MAX_BYTES", "1.5MiB", "expected bytes"},
		{"INLAY_MAX_BYTES", "MiB", "expected bytes"},
		{"INLAY_MAX_BYTES", "99999999999999999999999MiB", "expected bytes"},
		{"INLAY_MAX_BYTES", "4398046511104MiB", "expected bytes"},
		{"INLAY_MAX_FRAGMENT", "0", "expected bytes, from 1 to 8MiB"},
		{"INLAY_MAX_FRAGMENT", "9MiB", "expected bytes, from 1 to 8MiB"},
		{"INLAY_TTL", "0", "expected a duration, 1ms or more"},
		{"INLAY_TTL", "5", "expected a duration"},
		{"INLAY_TTL", "-5s", "expected a duration"},
		{"INLAY_SWR", "soon", `INLAY_SWR is "soon": expected a duration, 0s or more, such as`},
		{"INLAY_SIE", "10000000h", "expected a duration"},
		{"INLAY_NEGATIVE_TTL", "6m", "from 0s to 5m"},
		{"INLAY_EARLY", "100.01", `INLAY_EARLY is "100.01": expected a number from 0 to 100 with at most two digits after the point, such as 2 or 1.5; 0 is never`},
		{"INLAY_EARLY", "-1", "expected a number from 0 to 100"},
		{"INLAY_EARLY", "off", "0 is never"},
		{"INLAY_EARLY", "2s", "expected a number from 0 to 100"},
		{"INLAY_EARLY", "1e1", "expected a number from 0 to 100"},
		{"INLAY_EARLY", "1KiB", "expected a number from 0 to 100"},
		{"INLAY_EARLY", "0.125", "two digits"},
		{"INLAY_EARLY", ".5", "expected a number"},
		{"INLAY_EARLY", "5.", "expected a number"},
		{"INLAY_EARLY", "1.5.2", "expected a number"},
		{"INLAY_EARLY", "1,5", "expected a number"},
		{"INLAY_FILL_TIMEOUT", "9ms", "from 10ms to 25s"},
		{"INLAY_FILL_TIMEOUT", "26s", "from 10ms to 25s"},
		{"INLAY_PATIENCE", "1001ms", "from 0s to 1s"},
		{"INLAY_LEASE", "49ms", "from 50ms to 1h"},
		{"INLAY_LEASE", "61m", "from 50ms to 1h"},
		{"INLAY_LEASE_SOFT", "49ms", "from 50ms to INLAY_LEASE"},
		{"INLAY_LEASE_SOFT", "6s", "from 50ms to INLAY_LEASE"},
		{"INLAY_OUTAGE", "8d", "from 0s to 7d"},
		{"INLAY_DATA_CENTER_CACHE", "never", "expected 1 or 0"},
		{"INLAY_OUTLIVE_DEPLOYMENTS", "x", "expected 1 or 0"},
		{"INLAY_PURGE_FIELD", "Cache-Tag, Surrogate-Key", "expected the name of one header field, such as Cache-Tag"},
		{"INLAY_PURGE_FIELD", "Cache-Tag:", "expected the name of one header field"},
		{"INLAY_SHELLS", "blog/", `INLAY_SHELLS is "blog/": pattern "blog/" does not begin with a slash; expected a path`},
		{"INLAY_SHELLS", "/a /{x", `pattern "/{x" has braces that are not a whole segment`},
		{"INLAY_SHELLS", "/a?b", "expected path patterns with spaces or commas between, such as /products/{id} /blog/"},
		{"INLAY_MAX_INSTANCES", "0", `INLAY_MAX_INSTANCES is "0": expected a whole number, from 1 to 64`},
		{"INLAY_MAX_INSTANCES", "65", "expected a whole number, from 1 to 64"},
		{"INLAY_MAX_INSTANCES", "many", "expected a whole number, from 1 to 64"},
		{"INLAY_KEEP_INSTANCES", "9", `INLAY_KEEP_INSTANCES is "9": expected a whole number, from 0 to 8`},
		{"INLAY_KEEP_INSTANCES", "-1", "expected a whole number, from 0 to 8"},
		{"INLAY_KEEP_INSTANCES", "1.5", "expected a whole number"},
		{"INLAY_KEEP_INSTANCES", "99999999999999999999", "expected a whole number"},
		{"INLAY_KEEP_INSTANCES", "yes", "expected a whole number"},
		{"INLAY_DEV", "maybe", "expected 1 or 0"},
		{"INLAY_DEBUG", "2", "expected 1 or 0"},
		{"INLAY_ORIGIN", "origin.example.com", "does not begin with http:// or https://; expected an absolute URL such as"},
		{"INLAY_ALLOW_HOSTS", "a.example, https://b.example", `INLAY_ALLOW_HOSTS is "https://b.example"`},
		{"INLAY_TTL", "\x1b[31m" + strings.Repeat("x", 200), "..."},
	} {
		config, err := Parse(vars(map[string]string{c.name: c.value}))
		var problem *Error
		require.True(t, errors.As(err, &problem), "%s=%s", c.name, c.value)
		assert.Equal(t, c.name, problem.Name)
		assert.Contains(t, err.Error(), c.text, "%s=%s", c.name, c.value)
		assert.NotContains(t, err.Error(), "\x1b")
		assert.Equal(t, Config{}, config)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := Parse(vars(map[string]string{"INLAY_TTL": "x", "INLAY_DEV": "x", "INLAY_ALLOW_HOSTS": "a/b c:d", "INLAY_ORIGIN": "x"}))
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	assert.Len(t, lines, 5)
	for _, name := range []string{"INLAY_TTL", "INLAY_DEV", `INLAY_ALLOW_HOSTS is "a/b"`, `INLAY_ALLOW_HOSTS is "c:d"`, "INLAY_ORIGIN"} {
		assert.Contains(t, err.Error(), name)
	}
}

func TestFragmentMayNotBeLargerThanTheBudget(t *testing.T) {
	_, err := Parse(vars(map[string]string{"INLAY_MAX_BYTES": "1MiB", "INLAY_MAX_FRAGMENT": "2MiB"}))
	assert.ErrorContains(t, err, "INLAY_MAX_FRAGMENT")
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	for name, values := range map[string][]string{
		"INLAY_TOKEN":  {"sesame-too", "sesame with spaces in", "sesame-sesame-\x00-sesame", "sésame-sesame-sesame"},
		"INLAY_ORIGIN": {"https://user:sesame@example.com", "https://sesame@example.com/", "ftp://user:sesame@example.com"},
	} {
		for _, value := range values {
			_, err := Parse(vars(map[string]string{name: value}))
			require.ErrorContains(t, err, name)
			assert.NotContains(t, err.Error(), "same")
		}
	}
}

func TestOriginIsAStrictAbsoluteURL(t *testing.T) {
	for value, want := range map[string]string{
		"http://a":                           "http://a",
		"https://a.b-c.d_e/":                 "https://a.b-c.d_e",
		"https://A:1/%7Ex/y;z=(1)//":         "https://a:1/%7Ex/y;z=(1)",
		"http://127.0.0.1:65535/a/b":         "http://127.0.0.1:65535/a/b",
		"http://[::1]":                       "http://[::1]",
		"http://[2001:DB8::192.0.2.1]:8080/": "http://[2001:db8::192.0.2.1]:8080",
		"http://[1:2:3:4:5:6:7:8]":           "http://[1:2:3:4:5:6:7:8]",
		"http://xn--caf-dma.example":         "http://xn--caf-dma.example",
	} {
		got, problem := parseOrigin(value)
		assert.Empty(t, problem, value)
		assert.Equal(t, want, got)
	}
	for _, value := range []string{
		"", "a", "//a", "/a", "http:/a", "http:a", "http://", "http:///a", "ftp://a", "javascript://a", "http s://a",
		"http://a?", "http://a?b", "http://a#", "http://a/#b", "http://a@b", "http://@b", "http://a:b@c", "http://a/b?c",
		"http://a:", "http://a:0", "http://a:65536", "http://a:08", "http://a:+1", "http://a:1x", "http://a:1:2", "http://a:999999999999999999999",
		"http://a b", "http://a\tb", "http://a\\b", "http://a/\\b", "http://a/ b", "http://a/\"b", "http://a/%", "http://a/%4", "http://a/%zz",
		"http://a/é", "http://é", "http://a/../b", "http://a/%2E%2e/b", "http://a/./", "http://a/..",
		"http://a..b", "http://.a", "http://a.", "http://-a", "http://a-", "http://a*", "http://%61",
		"http://" + strings.Repeat("a", 64), "http://" + strings.Repeat("a.", 130) + "a",
		"http://1", "http://1.2.3", "http://1.2.3.256", "http://01.2.3.4", "http://0x7f.1", "http://127.1", "http://a.0x1", "http://1.2.3.4.5",
		"http://[::1", "http://[]", "http://[1:2:3]", "http://[1::2::3]", "http://[12345::]", "http://[::g]", "http://[fe80::1%25eth0]",
		"http://[::1]x", "http://[::1]8080", "http://[1:2:3:4:5:6:7:8::]", "http://[::1.2.3]", "http://[1.2.3.4::]", "http://[:1::2]", "http://[1:2:3:4:5:6:7::8:]",
	} {
		_, problem := parseOrigin(value)
		assert.NotEmpty(t, problem, value)
	}
}

func TestShellsAreThePathsOfTheirPatterns(t *testing.T) {
	c := Config{Shells: []string{"/products/{id}", "/blog/"}}
	paths, err := c.ShellPaths()
	require.NoError(t, err)
	assert.True(t, paths.Has("/blog/a") && paths.Has("/products/7"))
	assert.False(t, paths.Has("/") || paths.Has("/products/"))
	c.Shells = append(c.Shells, "{id}") // by hand: Parse would have refused it
	_, err = c.ShellPaths()
	var problem *Error
	require.ErrorAs(t, err, &problem)
	assert.ErrorContains(t, err, `INLAY_SHELLS is "{id}": pattern "{id}" does not begin with a slash`)
}

func TestWhatLookupGivesForAnUnsetVariableIsNotRead(t *testing.T) {
	c, err := Parse(func(name string) (string, bool) { return "25s", name == "INLAY_FILL_TIMEOUT" })
	require.NoError(t, err)
	assert.Equal(t, 25*time.Second, c.FillTimeout)
	assert.Empty(t, c.Origin)
}
