package duration

import (
	"errors"
	"math/bits"
	"time"

	"inlay/internal/ascii"
)

// Unset stands for a duration that nobody wrote.
const Unset time.Duration = -1

const (
	day = 24 * time.Hour

	// Max is past any policy that is meant, and far from where times overflow.
	Max = 3650 * day

	form = "expected a duration such as 30s, 5m, 1h30m, 500ms or 2d"
)

// units are time.ParseDuration's and the day.
var units = [...]struct {
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

// Parse reads a duration as time.ParseDuration does, with d for a day of 24 hours, without signs, up to 3650d.
// A lone 0 needs no unit.
func Parse(s string) (time.Duration, error) {
	d, wrong, unit := read(s)
	switch wrong {
	case empty:
		return 0, errors.New("an empty duration; " + form)
	case signed:
		return 0, errors.New(ascii.Shorten(s) + " has a sign; " + form)
	case none:
		return 0, errors.New(ascii.Shorten(s) + " is no duration; " + form)
	case noUnit:
		return 0, errors.New(ascii.Shorten(s) + " has a number without a unit; " + form)
	case unknownUnit:
		return 0, errors.New(ascii.Shorten(s) + " has the unknown unit " + ascii.Shorten(unit) + "; " + form)
	case tooLong:
		return 0, errors.New(ascii.Shorten(s) + " is longer than ten years; expected at most 3650d")
	}
	return d, nil
}

// Read is [Parse] without its texts, of which core.wasm has no use.
func Read(s string) (d time.Duration, ok bool) {
	d, wrong, _ := read(s)
	return d, wrong == fine
}

// fault is what is wrong with a duration; the zero value: nothing.
type fault uint8

const (
	fine fault = iota
	empty
	signed
	none
	noUnit
	unknownUnit
	tooLong
)

// read takes a duration apart; unit is the unknown one.
func read(s string) (d time.Duration, wrong fault, unit string) {
	switch {
	case s == "":
		return 0, empty, ""
	case s == "0":
		return 0, fine, ""
	case s[0] == '-' || s[0] == '+':
		return 0, signed, ""
	}
	var total time.Duration
	for rest := s; rest != ""; {
		whole, fraction, scale, after, ok := leadingNumber(rest)
		if !ok {
			return 0, none, ""
		}
		n := 0
		for n < len(after) && after[n] != '.' && !ascii.IsDigit(after[n]) {
			n++
		}
		unit := unitOf(after[:n])
		switch {
		case n == 0:
			return 0, noUnit, ""
		case unit == 0:
			return 0, unknownUnit, after[:n]
		}
		// fraction < scale, so neither Div64 nor the sum below overflows.
		hi, lo := bits.Mul64(fraction, uint64(unit))
		part, _ := bits.Div64(hi, lo, scale)
		if whole > uint64(Max/unit) {
			return 0, tooLong, ""
		}
		total += time.Duration(whole)*unit + time.Duration(part)
		if total > Max {
			return 0, tooLong, ""
		}
		rest = after[n:]
	}
	return total, fine, ""
}

func unitOf(name string) time.Duration {
	for _, u := range units {
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
	for ; i < len(s) && ascii.IsDigit(s[i]); i++ {
		if whole < full {
			whole = whole*10 + uint64(s[i]-'0')
		}
	}
	if i == 0 {
		return 0, 0, 0, s, false
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && ascii.IsDigit(s[i]); i++ {
			if scale < full {
				fraction, scale = fraction*10+uint64(s[i]-'0'), scale*10
			}
		}
	}
	return whole, fraction, scale, s[i:], true
}
