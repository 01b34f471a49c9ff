package terminal

import (
	"strings"
	"unicode"
)

// wide are the ranges whose characters take two columns: those that East Asian Width has as W or F (Unicode, UAX #11), roughly, and emoji.
var wide = [...][2]rune{
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
}

func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	for _, span := range wide {
		if r >= span[0] && r <= span[1] {
			return 2
		}
	}
	return 1
}

// Width is how many columns a text takes that has no control characters.
func Width(text string) (n int) {
	for _, r := range text {
		n += columns(r)
	}
	return n
}

// Cut is a text in at most so many columns; where something is left out it ends with an ellipsis.
func Cut(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if Width(text) <= width {
		return text
	}
	n := 0
	for i, r := range text {
		if n += columns(r); n > width-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// Fit is a text in exactly so many columns, with spaces behind it, or before it.
func Fit(text string, width int, right bool) string {
	text = Cut(text, width)
	space := strings.Repeat(" ", max(width-Width(text), 0))
	if right {
		return space + text
	}
	return text + space
}
