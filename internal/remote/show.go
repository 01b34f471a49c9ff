package remote

import (
	"fmt"
	"strconv"
	"strings"

	"inlay/internal/terminal"
)

// column is one of a table of entries: shown in lines of at least so many columns.
type column struct {
	title string
	from  int
	right bool
	value func(*Entry) string
}

// columns of a table of entries, before the key.
var columns = [...]column{
	{"state", 0, false, func(e *Entry) string { return e.State }},
	{"kind", 100, false, func(e *Entry) string { return e.Kind }},
	{"age", 80, true, func(e *Entry) string { return spanOf(e.Age) }},
	{"left", 60, true, func(e *Entry) string { return spanOf(e.Left) }},
	{"hits", 0, true, func(e *Entry) string { return grouped(e.Hits) }},
	{"bytes", 40, true, func(e *Entry) string { return Size(e.Bytes) }},
	{"took", 60, true, func(e *Entry) string { return millisOf(e.Took) }},
}

// EntryTable shows entries, a line each under their columns' names; width is how many columns a line has, 0 if they are as long as they are.
func EntryTable(entries []Entry, width int) []string {
	rows := make([][]string, len(entries)+1)
	for _, c := range columns {
		if width > 0 && width < c.from {
			continue
		}
		widest := terminal.Width(c.title)
		for i := range entries {
			widest = max(widest, terminal.Width(Plain(c.value(&entries[i]))))
		}
		rows[0] = append(rows[0], terminal.Fit(c.title, widest, c.right))
		for i := range entries {
			rows[i+1] = append(rows[i+1], terminal.Fit(Plain(c.value(&entries[i])), widest, c.right))
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		what := "key"
		if i > 0 {
			what = about(&entries[i-1])
		} else if width == 0 || width >= 60 {
			what = "key, tags"
		}
		lines[i] = cut(strings.Join(append(row, what), "  "), width)
	}
	return lines
}

// about is which entry it is, and what goes with it or why it failed.
func about(e *Entry) string {
	text := Plain(e.Key)
	if e.Reason != "" {
		return text + "  " + Plain(e.Reason) + ": " + Plain(e.Text)
	}
	if len(e.Tags) > 0 {
		text += "  " + Plain(strings.Join(e.Tags, " "))
	}
	return text
}

func cut(line string, width int) string {
	line = strings.TrimRight(line, " ")
	if width == 0 {
		return line
	}
	return terminal.Cut(line, width)
}

// spanOf are seconds as people say them; what is not known is a dash.
func spanOf(seconds *int64) string {
	if seconds == nil {
		return "-"
	}
	n, sign := *seconds, ""
	if n < 0 {
		n, sign = -n, "-"
	}
	for _, unit := range [...]struct {
		of   int64
		name string
	}{{24 * 3600, "d"}, {3600, "h"}, {60, "m"}} {
		if n >= 2*unit.of {
			return sign + strconv.FormatInt(n/unit.of, 10) + unit.name
		}
	}
	return sign + strconv.FormatInt(n, 10) + "s"
}

func millisOf(n *int64) string {
	if n == nil {
		return "-"
	}
	return millis(float64(*n))
}

func millis(n float64) string {
	switch {
	case n < 1000:
		return strconv.FormatFloat(n, 'f', 0, 64) + "ms"
	case n < 100_000:
		return strconv.FormatFloat(n/1000, 'f', 1, 64) + "s"
	}
	seconds := int64(n / 1000)
	return spanOf(&seconds)
}

// CountedEntries are so many of them.
func CountedEntries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return Grouped(n) + " entries"
}

// Grouped writes thousands apart.
func Grouped(n int) string { return grouped(int64(n)) }

// Size is a number of bytes, in three digits or four.
func Size(n int64) string {
	value, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for value >= 1000 && len(units) > 1 {
		value, units = value/1024, units[1:]
	}
	if units[0] == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}
