package field

import (
	"time"

	"inlay/internal/ascii"
)

const (
	dayNames   = "SunMonTueWedThuFriSat"
	monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// ParseDate reads a date in any of the three forms of RFC 9110, section 5.6.7, in any case (RFC 9111, section 4.2):
//
//	Sun, 06 Nov 1994 08:49:37 GMT   IMF-fixdate, the one that may be sent
//	Sunday, 06-Nov-94 08:49:37 GMT  RFC 850: a year that would be more than 50 years ahead of now is of the century before
//	Sun Nov  6 08:49:37 1994        asctime
//
// The name of the day is not compared with the date.
func ParseDate(v string, now time.Time) (t time.Time, ok bool) {
	var d date
	comma := ascii.IndexAny(v, ",")
	switch {
	case comma == 3 && len(v) == len("Sun, 06 Nov 1994 08:49:37 GMT"):
		ok = isDay(v[:3]) && v[4] == ' ' && v[7] == ' ' && v[11] == ' ' && v[16] == ' ' && ascii.EqualFold(v[25:], " GMT") &&
			d.set(v[12:16], v[8:11], v[5:7], v[17:25])
	case comma > 3 && len(v) == comma+len(", 06-Nov-94 08:49:37 GMT"):
		name, rest := v[:comma], v[comma+1:]
		ok = isLongDay(name) && rest[0] == ' ' && rest[3] == '-' && rest[7] == '-' && rest[10] == ' ' && ascii.EqualFold(rest[19:], " GMT") &&
			d.set(rest[8:10], rest[4:7], rest[1:3], rest[11:19])
		if ok {
			d.inCentury(now)
		}
	case comma < 0 && len(v) == len("Sun Nov  6 08:49:37 1994"):
		day := v[8:10]
		if day[0] == ' ' {
			day = day[1:]
		}
		ok = isDay(v[:3]) && v[3] == ' ' && v[7] == ' ' && v[10] == ' ' && v[19] == ' ' &&
			d.set(v[20:], v[4:7], day, v[11:19])
	}
	if !ok || d.day > daysIn(d.month, d.year) {
		return t, false
	}
	return d.time(), true
}

// date is a date as it was read, in UTC.
type date struct{ year, month, day, seconds int } // seconds of the day

// set reads the parts of a date, the time in the form 08:49:37; it tells whether they are that, the day of the month aside.
func (d *date) set(year, month, day, clock string) bool {
	hour, ok1 := ascii.Digits(clock[:2])
	minute, ok2 := ascii.Digits(clock[3:5])
	second, ok3 := ascii.Digits(clock[6:])
	var ok4, ok5 bool
	d.year, ok4 = ascii.Digits(year)
	d.day, ok5 = ascii.Digits(day)
	d.month = nameIndex(monthNames, month) + 1
	d.seconds = hour*3600 + minute*60 + second
	return ok1 && ok2 && ok3 && ok4 && ok5 && clock[2] == ':' && clock[5] == ':' &&
		d.month > 0 && d.day > 0 && hour < 24 && minute < 60 && second <= 60 // 60 is a leap second
}

// inCentury completes a year of two digits.
func (d *date) inCentury(now time.Time) {
	const year = 31556952 // seconds, on the mean
	d.year += int(floorBy(now.Unix(), 100*year))*100 + 1970 - 1970%100
	for d.time().Unix()-now.Unix() > 50*year {
		d.year -= 100
	}
	for now.Unix()-d.time().Unix() > 50*year {
		d.year += 100
	}
}

// time is not time.Date, which would bring time zones into core.wasm.
func (d *date) time() time.Time {
	return time.Unix(int64(daysSince1970(d.year, d.month, d.day))*86400+int64(d.seconds), 0).UTC()
}

func floorBy(n, d int64) int64 {
	if n < 0 {
		return (n - d + 1) / d
	}
	return n / d
}

func isDay(name string) bool { return nameIndex(dayNames, name) >= 0 }

// isLongDay tells whether name is that of a day of the week in full.
func isLongDay(name string) bool {
	for _, day := range [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"} {
		if ascii.EqualFold(name, day) {
			return true
		}
	}
	return false
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
		if ascii.EqualFold(names[i:i+3], name) {
			return i / 3
		}
	}
	return -1
}
