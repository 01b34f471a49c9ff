package edge

import "time"

// maxRetryAfter bounds how long an origin can have a slot left alone.
const maxRetryAfter = 5 * time.Minute

// parseRetryAfter reads a Retry-After field (RFC 9110, section 10.2.3): seconds, or a date, from which now is taken. What
// is neither, or past, is 0.
func parseRetryAfter(v string, now time.Time) time.Duration {
	v = trimOWS(v)
	if d, ok := parseDeltaSeconds(v); ok {
		return min(d, maxRetryAfter)
	}
	if t, ok := parseHTTPDate(v); ok {
		return min(max(0, t.Sub(now)), maxRetryAfter)
	}
	return 0
}

// parseHTTPDate reads an IMF-fixdate, such as "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7): the only form
// that may be sent. Of the two obsolete forms, which recipients are to accept too, nothing is read: all that hangs on it is
// how soon a failed fill is tried again. The name of the day is not compared with the date.
func parseHTTPDate(v string) (t time.Time, ok bool) {
	const form = "Sun, 06 Nov 1994 08:49:37 GMT"
	if len(v) != len(form) || v[3:5] != ", " || v[7] != ' ' || v[11] != ' ' || v[16] != ' ' ||
		v[19] != ':' || v[22] != ':' || v[25:] != " GMT" || nameIndex("SunMonTueWedThuFriSat", v[:3]) < 0 {
		return t, false
	}
	month := nameIndex("JanFebMarAprMayJunJulAugSepOctNovDec", v[8:11]) + 1
	day, ok1 := digits(v[5:7])
	year, ok2 := digits(v[12:16])
	hour, ok3 := digits(v[17:19])
	minute, ok4 := digits(v[20:22])
	second, ok5 := digits(v[23:25])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || month == 0 || day == 0 || day > daysIn(month, year) ||
		hour > 23 || minute > 59 || second > 60 { // 60 is a leap second
		return t, false
	}
	// Not time.Date, which would bring time zones into core.wasm.
	return time.Unix(int64(daysSince1970(year, month, day))*86400+int64(hour*3600+minute*60+second), 0).UTC(), true
}

// daysIn is how many days a month has.
func daysIn(month, year int) int {
	switch {
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	case month != 2:
		return 31
	case year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	}
	return 28
}

// daysSince1970 counts days in the Gregorian calendar. The year begins in March, so that the leap day is its last; five
// months then always have 153 days.
func daysSince1970(year, month, day int) int {
	if month < 3 {
		year, month = year-1, month+12
	}
	return 365*year + floor(year, 4) - floor(year, 100) + floor(year, 400) + (153*(month-3)+2)/5 + day - 719469
}

// floor is n/d rounded down.
func floor(n, d int) int {
	if n < 0 {
		return (n - d + 1) / d
	}
	return n / d
}

// nameIndex is the place of a three-letter name in a list of such names, or -1.
func nameIndex(names, name string) int {
	for i := 0; i+3 <= len(names); i += 3 {
		if names[i:i+3] == name {
			return i / 3
		}
	}
	return -1
}

// digits reads a number that is nothing but decimal digits.
func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
