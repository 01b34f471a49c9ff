package coding

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// named is a coding in name alone.
type named struct {
	Gzip
	name string
	held int
}

func (n named) Name() string { return n.name }
func (n named) Held() int    { return n.held }

func setOf(t testing.TB, names ...string) *Set {
	t.Helper()
	var list []Coding
	for _, name := range names {
		list = append(list, named{name: name})
	}
	s, err := New(list, func(name string, err error) { t.Errorf("%s: %v", name, err) })
	require.NoError(t, err)
	return s
}

func usable(int) bool { return true }

func TestAcceptEncoding(t *testing.T) {
	s := setOf(t, "br", "zstd") // and gzip
	for _, c := range []struct {
		field, want string
		insists     bool
	}{
		{"", "", false},
		{"gzip", "gzip", false},
		{"GZip", "gzip", false},
		{"x-gzip", "gzip", false},
		{"gzip, deflate, br, zstd", "br", false},
		{"gzip, deflate", "gzip", false},
		{"deflate", "", false},
		{"deflate;q=1, gzip;q=0.1", "gzip", false},
		{"br;q=0.5, gzip;q=0.8", "gzip", false},
		{"br;q=0.800,gzip;q=0.8", "br", false},
		{"br;q=0.001", "br", false},
		{"br;q=0, gzip;q=0.000", "", false},
		{"br;q=0., gzip;q=1.", "gzip", false},
		{" gzip \t;\t q=0.7 , br;Q=0.3", "gzip", false},
		{"*", "br", false},
		{"*;q=0.5, br;q=0", "zstd", false},
		{"*;q=0", "", true},
		{"gzip, *;q=0", "gzip", true},
		{"identity", "", false},
		{"identity;q=0", "", true},
		{"gzip, identity;q=0", "gzip", true},
		{"gzip;q=0.4, identity;q=0.5", "", false},
		{"gzip;q=0.5, identity;q=0.5", "gzip", false},
		{"gzip;q=0.5, *;q=0.6", "br", false},
		{"gzip;q=0.5, identity;q=0, *;q=0.2", "gzip", true},
		// What cannot be read says nothing.
		{"gzip;q=2", "", false},
		{"gzip;q=1.001", "", false},
		{"gzip;q=0.5555", "", false},
		{"gzip;q=-1", "", false},
		{"gzip;q=", "", false},
		{"gzip;q", "", false},
		{"gzip;q=.5", "", false},
		{"gzip;q=0,5", "", false},
		{"gzip;q = 0.5", "", false},
		{"gzip;level=9", "", false},
		{"gzip;q=0.5;level=9", "", false},
		{"gzip deflate", "", false},
		{"\x00gzip, br\xff", "", false},
		{";;;,,,", "", false},
		{",gzip,", "gzip", false},
		// Of two the lesser.
		{"gzip, gzip;q=0", "", false},
		{"gzip;q=0, x-gzip", "", false},
		{"br;q=0.2, br, gzip;q=0.5", "gzip", false},
	} {
		a := s.Parse(c.field)
		got := ""
		if i := a.Best(usable); i >= 0 {
			got = s.Name(i)
		}
		assert.Equal(t, c.want, got, "%q", c.field)
		assert.Equal(t, c.insists, a.Insists(), "%q", c.field)
	}
	a := s.Parse("br, zstd;q=0.9, gzip;q=0.8")
	assert.Equal(t, 2, a.Best(func(i int) bool { return i == 2 }), "in turn")
	assert.Equal(t, -1, a.Best(func(int) bool { return false }))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		a := s.Parse("gzip, deflate;q=0.5, br;q=0.9, zstd, *;q=0")
		a.Best(usable)
	}))
}

// FuzzAcceptEncoding holds what is chosen to what the field says.
func FuzzAcceptEncoding(f *testing.F) {
	for _, seed := range []string{"", "gzip", "gzip, br;q=0.5", "*;q=0.1, identity;q=0", "x-gzip;q=0", "GZIP ; q=1.000,,;", "br;q=0.0001"} {
		f.Add(seed)
	}
	s := setOf(f, "br", "zstd")
	f.Fuzz(func(t *testing.T, field string) {
		a := s.Parse(field)
		best := a.Best(usable)
		if best < 0 {
			if a.Insists() && a.Any() {
				t.Fatalf("%q takes a coding, and nothing else, and gets nothing", field)
			}
			return
		}
		if !a.Any() {
			t.Fatalf("%q takes none, and gets %s", field, s.Name(best))
		}
		lower := strings.ToLower(field)
		if !strings.Contains(lower, s.Name(best)) && !strings.Contains(field, "*") {
			t.Fatalf("%q does not name %s", field, s.Name(best))
		}
		// A refusal behind it holds, whatever stands before.
		refused := s.Parse(field + ", " + s.Name(best) + ";q=0")
		if refused.Best(usable) == best {
			t.Fatalf("%q refuses %s", field+", …;q=0", s.Name(best))
		}
		// What nobody knows changes nothing.
		if more := s.Parse("unknown;q=0.3, " + field); more != a {
			t.Fatalf("%q: %+v, with a coding that is not known %+v", field, a, more)
		}
	})
}
