package edge

import (
	"errors"
	"math/bits"
	"time"
)

const (
	day = 24 * time.Hour

	// maxDuration is past any policy that is meant, and far from where times overflow.
	maxDuration = 3650 * day

	durationForm = "expected a duration such as 30s, 5m, 1h30m, 500ms or 2d"
)

// durationUnits are time.ParseDuration's and the day.
var durationUnits = [...]struct {
	name string
	unit time.Duration
}{
	{"d", day},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
	{"us", time.Microsecond},
	{"µs", time.Microsecond},
	{"ns", time.Nanosecond},
}

// parseDuration reads a duration as time.ParseDuration does, with d for a day of 24 hours, without signs, up to 3650d.
// A lone 0 needs no unit.
func parseDuration(s string) (time.Duration, error) {
	d, fault, unit := readDuration(s)
	switch fault {
	case durationEmpty:
		return 0, errors.New("an empty duration; " + durationForm)
	case durationSigned:
		return 0, errors.New(shorten(s) + " has a sign; " + durationForm)
	case durationNone:
		return 0, errors.New(shorten(s) + " is no duration; " + durationForm)
	case durationNoUnit:
		return 0, errors.New(shorten(s) + " has a number without a unit; " + durationForm)
	case durationUnknownUnit:
		return 0, errors.New(shorten(s) + " has the unknown unit " + shorten(unit) + "; " + durationForm)
	case durationTooLong:
		return 0, errors.New(shorten(s) + " is longer than ten years; expected at most 3650d")
	}
	return d, nil
}

// durationFault is what is wrong with a duration; the zero value: nothing.
type durationFault uint8

const (
	durationFine durationFault = iota
	durationEmpty
	durationSigned
	durationNone
	durationNoUnit
	durationUnknownUnit
	durationTooLong
)

// readDuration is parseDuration without its texts, which the configuration does not show; unit is the unknown one.
func readDuration(s string) (d time.Duration, fault durationFault, unit string) {
	switch {
	case s == "":
		return 0, durationEmpty, ""
	case s == "0":
		return 0, durationFine, ""
	case s[0] == '-' || s[0] == '+':
		return 0, durationSigned, ""
	}
	var total time.Duration
	for rest := s; rest != ""; {
		whole, fraction, scale, after, ok := leadingNumber(rest)
		if !ok {
			return 0, durationNone, ""
		}
		n := 0
		for n < len(after) && after[n] != '.' && !isDigit(after[n]) {
			n++
		}
		unit := durationUnit(after[:n])
		switch {
		case n == 0:
			return 0, durationNoUnit, ""
		case unit == 0:
			return 0, durationUnknownUnit, after[:n]
		}
		// fraction < scale, so neither Div64 nor the sum below overflows.
		hi, lo := bits.Mul64(fraction, uint64(unit))
		part, _ := bits.Div64(hi, lo, scale)
		if whole > uint64(maxDuration/unit) {
			return 0, durationTooLong, ""
		}
		total += time.Duration(whole)*unit + time.Duration(part)
		if total > maxDuration {
			return 0, durationTooLong, ""
		}
		rest = after[n:]
	}
	return total, durationFine, ""
}

func durationUnit(name string) time.Duration {
	for _, u := range durationUnits {
		if u.name == name {
			return u.unit
		}
	}
	return 0
}

// leadingNumber reads digits, with a fraction of fraction/scale after a point. Digits that no longer fit stand for
// "too many" in the whole part and are dropped in the fraction.
func leadingNumber(s string) (whole, fraction, scale uint64, rest string, ok bool) {
	const full = 1 << 59 // times ten and a digit still fits
	scale = 1
	i := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		if whole < full {
			whole = whole*10 + uint64(s[i]-'0')
		}
	}
	if i == 0 {
		return 0, 0, 0, s, false
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			if scale < full {
				fraction, scale = fraction*10+uint64(s[i]-'0'), scale*10
			}
		}
	}
	return whole, fraction, scale, s[i:], true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// shorten makes what was found fit into a message: quoted, one line, at most 40 bytes of it.
func shorten(s string) string {
	const most = 40
	dots := ""
	if len(s) > most {
		n := most
		for n > 0 && s[n]&0xC0 == 0x80 {
			n--
		}
		s, dots = s[:n], "…"
	}
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\n':
			out = append(out, `\n`...)
		case b < 0x20 || b == 0x7F:
			out = append(out, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
		default:
			out = append(out, b)
		}
	}
	out = append(out, dots...)
	return string(append(out, '"'))
}

const hexDigits = "0123456789ABCDEF"
