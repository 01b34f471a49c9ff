package inject

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPoliciesAllowTheClientAndNothingElse(t *testing.T) {
	a := Allowance{Scripts: []string{"h:1/c.js"}, Hashes: []string{"'sha256-x'"}, Connects: []string{"h:1/e"}}
	for _, c := range []struct{ name, policy, want string }{
		{"nothing that concerns it", "img-src 'self'; frame-ancestors 'none'", "img-src 'self'; frame-ancestors 'none'"},
		{"script-src", "script-src 'self'", "script-src 'self' h:1/c.js"},
		{"script-src-elem goes before", "script-src-elem 'self'; script-src https:", "script-src-elem 'self' h:1/c.js; script-src https:"},
		{"default-src stays", "default-src 'self'", "default-src 'self'; script-src-elem 'self' h:1/c.js; connect-src 'self' h:1/e"},
		{"'none' cannot stand beside a source", "default-src 'none'", "default-src 'none'; script-src-elem h:1/c.js; connect-src h:1/e"},
		{"script-src 'NONE'", "script-src 'NONE'", "script-src h:1/c.js"},
		{"no sources", "connect-src", "connect-src h:1/e"},
		{"'unsafe-inline' goes on", "script-src 'unsafe-inline'", "script-src 'unsafe-inline' h:1/c.js"},
		{"nonces", "script-src 'nonce-abc'", "script-src 'nonce-abc' h:1/c.js"},
		{"'strict-dynamic' heeds hashes alone", "script-src 'strict-dynamic' 'nonce-abc'", "script-src 'strict-dynamic' 'nonce-abc' 'sha256-x'"},
		{"'Strict-Dynamic' of default-src", "default-src 'Strict-Dynamic' 'nonce-a'; connect-src x.example",
			"default-src 'Strict-Dynamic' 'nonce-a'; connect-src x.example h:1/e; script-src-elem 'Strict-Dynamic' 'nonce-a' 'sha256-x'"},
		{"connect-src", "connect-src api.example", "connect-src api.example h:1/e"},
		{"names in any case, the first counts", "Script-Src a; script-src b", "script-src a h:1/c.js; script-src b"},
		{"two policies", "script-src 'self', connect-src 'none'", "script-src 'self' h:1/c.js,connect-src h:1/e"},
		{"spaces and empty directives", " ;; script-src\t'self' ; ", "script-src 'self' h:1/c.js"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, a.Policy(c.policy)) })
	}
}

func TestAllowanceNamesTheHostThatThePageWasAskedOf(t *testing.T) {
	of := func(host string) Allowance {
		return AllowanceFor(host, []string{"/a.js", "/b.js"}, []string{"sha256-x"}, []string{"/e"})
	}
	assert.Equal(t, []string{"localhost:8787/a.js", "localhost:8787/b.js"}, of("localhost:8787").Scripts)
	assert.Equal(t, []string{"localhost:8787/e"}, of("localhost:8787").Connects)
	assert.Equal(t, []string{"'self'"}, of("[::1]:8787").Scripts, "CSP has no form for an IPv6 address")
	assert.Equal(t, []string{"'self'"}, of("").Connects)
	assert.Equal(t, []string{"'sha256-x'"}, of("").Hashes)
	assert.Equal(t, "script-src h/a.js h/b.js; connect-src h/e", of("h").Policy("script-src 'none'; connect-src 'none'"))
}
