package varnishtest

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"inlay/internal/esi/esitest"
)

// The cases say what Varnish makes of each; Varnish is asked.
func TestVarnishMakesOfThemWhatTheCasesSay(t *testing.T) {
	cases := esitest.Cases(t)
	varnish := Start(t, NewOrigin(t, cases).URL)
	for i, c := range cases {
		if c.Alone {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			want := c.Want
			if c.Differs {
				want = c.Varnish
			}
			assert.Equal(t, want, Get(t, varnish.URL, c.Target, "Host", Host(i)))
		})
	}
}
