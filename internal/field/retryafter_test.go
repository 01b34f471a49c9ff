package field

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRetryAfterIsSecondsOrADateAndBounded(t *testing.T) {
	now := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                0,
		"0":                               0,
		" 120 ":                           2 * time.Minute,
		"301":                             5 * time.Minute,
		"99999999999999999999":            5 * time.Minute,
		"-1":                              0,
		"1.5":                             0,
		"soon":                            0,
		"Sun, 06 Nov 1994 08:50:07 GMT":   30 * time.Second,
		"Sun, 06 Nov 1994 08:49:37 GMT":   0,
		"Sun, 06 Nov 1994 08:49:36 GMT":   0,
		"Mon, 07 Nov 1994 08:49:37 GMT":   5 * time.Minute,
		"Fri, 31 Dec 9999 23:59:59 GMT":   5 * time.Minute,
		"Sat, 01 Jan 0000 00:00:00 GMT":   0,
		"Sunday, 06-Nov-94 08:50:07 GMT":  30 * time.Second,
		"Sun Nov  6 08:50:07 1994":        30 * time.Second,
		"Sun, 06 nov 1994 08:50:07 GMT":   30 * time.Second,
		"Sun, 06 Nov 1994 08:50:07 UTC":   0,
		"Sun, 06 Nov 1994 24:00:00 GMT":   0,
		"Wed, 31 Nov 1994 08:50:07 GMT":   0,
		"Sun, 06 Nov 1994 08:50:07 GMT x": 0,
	} {
		assert.Equal(t, want, ParseRetryAfter(value, now), "%q", value)
	}
}
