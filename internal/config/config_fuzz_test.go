//go:build !tinygo

package config

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseConfig(f *testing.F) {
	f.Add("https://origin.example.com/a", "48MiB", "5m", "a.example, b:1", "1", "0123456789abcdef")
	f.Add("x", "1", "-1", ",,", "maybe", "short")
	f.Fuzz(func(t *testing.T, origin, size, duration, hosts, boolean, token string) {
		c, err := Parse(vars(map[string]string{
			"INLAY_ORIGIN": origin, "INLAY_MAX_BYTES": size, "INLAY_MAX_FRAGMENT": size, "INLAY_TTL": duration, "INLAY_SWR": duration,
			"INLAY_PATIENCE": duration, "INLAY_ALLOW_HOSTS": hosts, "INLAY_DEV": boolean, "INLAY_TOKEN": token, "INLAY_SHELLS": hosts,
		}))
		if err != nil {
			require.Equal(t, Config{}, c)
			if len(strings.TrimSpace(token)) > 4 {
				for _, other := range []string{origin, size, duration, hosts, boolean} {
					if strings.Contains(other, strings.TrimSpace(token)) {
						return
					}
				}
				_, err := Parse(vars(map[string]string{"INLAY_TOKEN": token}))
				if err != nil && !strings.Contains("INLAY_TOKEN: expected printable ASCII without spaces, such as the output of: openssl rand -hex 32 16 bytes or more, found 0123456789; make one with", strings.TrimSpace(token)) {
					require.NotContains(t, err.Error(), strings.TrimSpace(token))
				}
			}
			return
		}
		require.True(t, c.MaxBytes >= 1<<20 && c.MaxBytes <= 96<<20)
		require.True(t, c.MaxFragment >= 1 && c.MaxFragment <= 8<<20)
		require.True(t, c.TTL > 0 && c.StaleWhileRevalidate >= 0 && c.Patience >= 0)
		require.True(t, c.Token == "" || len(c.Token) >= leastToken)
	})
}

// FuzzOrigin: what is taken for an origin, net/url takes for the same one.
func FuzzOrigin(f *testing.F) {
	for _, v := range []string{"http://a:1/b", "https://[::1]:8080/", "http://127.0.0.1", "http://a/%2e%2E", "http://a@b", "http://[1::2.3.4.5]/~"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		origin, problem := parseOrigin(value)
		if problem != 0 {
			require.Empty(t, origin)
			return
		}
		u, err := url.Parse(value)
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.Empty(t, u.RawQuery+u.Fragment+u.Opaque)
		require.Equal(t, strings.ToLower(u.Scheme+"://"+u.Host)+strings.TrimRight(u.EscapedPath(), "/"), origin)
		again, problem := parseOrigin(origin)
		require.Empty(t, problem)
		require.Equal(t, origin, again)
	})
}

// FuzzAddresses: IP addresses are those of net/netip.
func FuzzAddresses(f *testing.F) {
	for _, v := range []string{"::", "1::", "::1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", "1.2.3.4", "1::2::3", ":1", "1.2.3", "::1%a", "0:0:0:0:0:0:0::"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		a, err := netip.ParseAddr(strings.ToLower(value))
		require.Equal(t, err == nil && a.Is4(), isIPv4(value), "%q", value)
		require.Equal(t, err == nil && a.Is6() && a.Zone() == "", isIPv6(strings.ToLower(value)), "%q", value)
	})
}
