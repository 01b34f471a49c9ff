package field

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDateIsReadInEachOfTheThreeForms(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	at := func(year int) time.Time { return time.Date(year, 11, 6, 8, 49, 37, 0, time.UTC) }
	for value, want := range map[string]time.Time{
		"Sun, 06 Nov 1994 08:49:37 GMT":  at(1994),
		"Sunday, 06-Nov-94 08:49:37 GMT": at(1994),
		"Sun Nov  6 08:49:37 1994":       at(1994),
		"Sun Nov 06 08:49:37 1994":       at(1994),
		"Sun, 16 Nov 1994 08:49:37 GMT":  at(1994).AddDate(0, 0, 10),
		"sun, 06 nov 1994 08:49:37 gmt":  at(1994), // in any case: RFC 9111, section 4.2
		"SUNDAY, 06-NOV-94 08:49:37 GMT": at(1994),
		"sUN nOV  6 08:49:37 1994":       at(1994),
		"Wed Nov 16 08:49:37 1994":       at(1994).AddDate(0, 0, 10),

		// A year of two digits is the past one if it would be more than 50 years ahead.
		"Monday, 06-Nov-26 08:49:37 GMT":   at(2026),
		"Friday, 06-Nov-75 08:49:37 GMT":   at(2075),
		"Saturday, 06-Nov-76 08:49:37 GMT": at(1976),
		"Tuesday, 06-Nov-77 08:49:37 GMT":  at(1977),
		"Monday, 06-Nov-00 08:49:37 GMT":   at(2000),
		"Saturday, 06-Nov-99 08:49:37 GMT": at(1999),

		// The names of days are not compared with dates.
		"Wednesday, 06-Nov-94 08:49:37 GMT": at(1994),
		"Thursday, 06-Nov-94 08:49:37 GMT":  at(1994),
	} {
		got, ok := ParseDate(value, now)
		require.True(t, ok, "%q", value)
		assert.Equal(t, want, got, "%q", value)
	}
}

func TestYearOfTwoDigitsIsNearNow(t *testing.T) {
	for _, year := range []int{1960, 1994, 1999, 2000, 2026, 2049, 2050, 2051, 2099, 2100, 2150} {
		now := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
		for yy := range 100 {
			value := time.Date(1900+yy, 3, 1, 0, 0, 0, 0, time.UTC).Format("Monday, 02-Jan-06 15:04:05 GMT")
			got, ok := ParseDate(value, now)
			require.True(t, ok, "%q", value)
			require.Equal(t, yy, got.Year()%100, "%q in %d", value, year)
			require.True(t, got.Year() <= year+50 && got.Year() >= year-50, "%q in %d: %d", value, year, got.Year())
		}
	}
}

func TestWhatIsNoDateIsRefused(t *testing.T) {
	for _, value := range []string{
		"", "0", "-1", "Sun", ",", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMTx",
		"Son, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunda, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06 Nov 94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 31-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 ",
		"Sun Nov   6 08:49:37 1994", "Sun Nov  0 08:49:37 1994", "Sun Nov 31 08:49:37 1994", "Sun Nov  6 08:49:37 199x", "Sunday Nov  6 08:49:37 94",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
	} {
		_, ok := ParseDate(value, dateNow)
		assert.False(t, ok, "%q", value)
	}
}

func TestLeapSecondIsADate(t *testing.T) {
	got, ok := ParseDate("Sat, 31 Dec 2016 23:59:60 GMT", dateNow)
	require.True(t, ok)
	assert.Equal(t, time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), got)
}

func FuzzHTTPDate(f *testing.F) {
	f.Add("Sun, 06 Nov 1994 08:49:37 GMT", int64(0))
	f.Add("Thu, 29 Feb 2024 00:00:00 GMT", int64(1<<40))
	f.Add("Wed, 29 Feb 2023 00:00:00 GMT", int64(-1))
	f.Add("Sunday, 06-Nov-94 08:49:37 GMT", int64(1_700_000_000))
	f.Add("Sun Nov  6 08:49:37 1994", int64(1_700_000_000))
	f.Fuzz(func(t *testing.T, value string, unix int64) {
		now := time.Unix(unix%(1<<36), 0).UTC()
		got, ok := ParseDate(value, now)
		for _, layout := range []string{http.TimeFormat, time.ANSIC, "Monday, 02-Jan-06 15:04:05 GMT"} {
			want, err := time.Parse(layout, value)
			if err != nil || want.Format(layout) != value {
				continue
			}
			require.True(t, ok, "%q", value)
			if layout[6] == ',' {
				require.Equal(t, want.Year()%100, (got.Year()%100+100)%100, "%q", value)
			} else {
				require.Equal(t, want, got, "%q", value)
			}
		}
		d := ParseRetryAfter(value, now)
		require.True(t, d >= 0 && d <= maxRetryAfter)
	})
}

var dateNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
