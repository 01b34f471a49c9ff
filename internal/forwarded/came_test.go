package forwarded

import (
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/ascii"
)

type cameCase struct {
	About, Trust, Peer, Scheme, Host string
	Fields, Want                     map[string]string
}

// fields are those of a request.
type fields map[string]string

func (f fields) Field(name string) string { return f[name] }

func trusting(t testing.TB, list string) Trust {
	t.Helper()
	trust, wrong := ParseTrust(strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' }))
	require.Empty(t, wrong)
	return trust
}

func (c *cameCase) read(t testing.TB) Came {
	t.Helper()
	trust := trusting(t, c.Trust)
	return trust.Read(Request{Peer: c.Peer, Scheme: c.Scheme, Host: c.Host, Fields: fields(c.Fields)})
}

func TestWhatIsBelievedOfAVisitor(t *testing.T) {
	all := cases[cameCase](t, "came.json")
	require.Greater(t, len(all), 70)
	for _, c := range all {
		came := c.read(t)
		got := map[string]string{}
		for _, f := range came.Set(came.Authority()) {
			got[f.Name] = f.Value
		}
		assert.Equal(t, c.Want, got, c.About)
	}
}

func TestTrustedProxiesAreRead(t *testing.T) {
	for _, c := range cases[struct {
		Members []string
		Wrong   string
	}](t, "proxies.json") {
		_, wrong := ParseTrust(c.Members)
		assert.Equal(t, c.Wrong, wrong, "%v", c.Members)
	}
}

// The other end of a Unix socket is a program of the same machine.
func TestUnixSocketsAreLocal(t *testing.T) {
	for list, want := range map[string]bool{"private": true, "loopback": true, "none": false, "10.0.0.0/8": false, "all": true} {
		trust := trusting(t, list)
		for _, peer := range []string{"@", "@a", "/run/x"} {
			assert.Equal(t, want, trust.Has(peer), "%s: %s", list, peer)
		}
		assert.Equal(t, list == "all", trust.Has(""), "%s: nothing is known", list)
		assert.Equal(t, list == "all", trust.Has("localhost:80"), list)
	}
}

type vouchingCase struct {
	Name, Value, More  string
	Untrusted, Trusted bool
}

func TestFieldsThatVouch(t *testing.T) {
	visitor := netip.MustParseAddr("203.0.113.7")
	for _, c := range cases[vouchingCase](t, "vouching.json") {
		for _, name := range []string{c.Name, strings.ToUpper(c.Name), http.CanonicalHeaderKey(c.Name)} {
			untrusted, trusted := Came{visitor: visitor}, Came{visitor: visitor, Trusted: true}
			assert.Equal(t, c.Untrusted, untrusted.Vouches(name, c.Value, c.More), "%s: %s, untrusted", name, c.Value)
			assert.Equal(t, c.Trusted, trusted.Vouches(name, c.Value, c.More), "%s: %s, trusted", name, c.Value)
		}
	}
}

func TestCountries(t *testing.T) {
	for value, want := range map[string]string{
		"DE": "DE", "de": "DE", "T1": "T1", "": "", "XX": "", "xx": "", "D": "", "DEU": "", "1D": "", "D-": "", "DE, AT": "", "\u00c4": "", "..": "",
	} {
		assert.Equal(t, want, Country(value), value)
	}
}

// FuzzIsHost holds the native host's reading of a Host field against the Worker's, which is an expression.
func FuzzIsHost(f *testing.F) {
	source, err := os.ReadFile("../../worker/forwarded.mjs")
	require.NoError(f, err)
	found := regexp.MustCompile(`(?m)^export const hostForm = /(.*)/i;$`).FindSubmatch(source)
	require.NotNil(f, found)
	form := regexp.MustCompile("(?i)" + string(found[1]))
	for _, host := range []string{"", "a.example", "A_b-c.example:8080", "a:", ":80", "[::1]", "[::1]:80", "[]", "[::1", "::1", "a:evil", "1.2.3.4:123456", "[::1]:", "]", "[a]b", "K"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		ascii := ascii.Only(host, func(b byte) bool { return b < 0x80 })
		assert.Equal(t, host == "" || form.MatchString(host) && ascii, IsHost(host), "%q", host)
	})
}

// Whatever was sent, what goes on is well formed, ends with who has connected, and tells only of who is trusted.
func FuzzCame(f *testing.F) {
	for _, c := range cases[cameCase](f, "came.json") {
		f.Add(c.Peer, c.Host, c.Fields["x-forwarded-for"], c.Fields["x-forwarded-host"], c.Fields["x-forwarded-proto"], c.Fields["forwarded"], c.Fields["x-real-ip"])
	}
	f.Fuzz(func(t *testing.T, peer, host, chain, hosts, protos, forwarded, real string) {
		if !IsHost(host) {
			return
		}
		given := map[string]string{"x-forwarded-for": chain, "x-forwarded-host": hosts, "x-forwarded-proto": protos, "forwarded": forwarded, "x-real-ip": real}
		trust := trusting(t, "private")
		came := trust.Read(Request{Peer: peer, Scheme: "http", Host: host, Fields: fields(given)})
		if !trust.Has(peer) {
			assert.Equal(t, host, came.Host)
			assert.Equal(t, "http", came.Scheme)
		}
		assert.Contains(t, []string{"http", "https"}, came.Scheme)
		assert.True(t, IsHost(came.Host))
		for _, field := range came.Set(came.Authority()) {
			assert.True(t, ascii.Only(field.Value, func(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }), "%s: %q", field.Name, field.Value)
			switch field.Name {
			case "forwarded":
				all, ok := parseElements(field.Value)
				if ok = ok || len(came.chain) == maxChain; assert.True(t, ok, field.Value) && len(all) > 0 {
					last := all[len(all)-1]
					assert.Equal(t, came.Authority(), last.host)
					assert.Equal(t, came.Scheme, last.proto)
				}
			case "x-forwarded-for":
				if own := text(came.peer); own != "" {
					assert.True(t, field.Value == own || strings.HasSuffix(field.Value, ", "+own), field.Value)
				}
				again := nodes(field.Value)
				assert.LessOrEqual(t, len(again), maxChain)
				assert.True(t, strings.HasSuffix(field.Value, strings.Join(again, ", ")), "it is read as it was written")
			case "x-real-ip":
				if field.Value != "" {
					_, err := netip.ParseAddr(field.Value)
					assert.NoError(t, err)
				}
			}
		}
	})
}
