package remote

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Stats are the counters of one isolate or process, since it began.
type Stats struct {
	// Names are in the order of the site, Values theirs.
	Names  []string
	Values map[string]int64
	// Problems are what the site says is wrong with how it is set up, a line each.
	Problems []string
	// JSON is what came.
	JSON []byte
	// Reach is what they are of: "one isolate" or "one process".
	Reach string
}

// stats reads an object of numbers. What this version of the client does not know comes through too.
func (a *answer) stats() (*Stats, error) {
	s := &Stats{Values: map[string]int64{}, JSON: a.body}
	s.Reach, _ = a.reach()
	d := json.NewDecoder(bytes.NewReader(a.body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, a.notInlays()
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return nil, a.notInlays()
		}
		if name == "problems" {
			var lines []string
			if json.Unmarshal(value, &lines) == nil {
				for _, line := range lines {
					s.Problems = append(s.Problems, Plain(line))
				}
			}
		}
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && isName(name.(string)) {
			s.Names = append(s.Names, name.(string))
			s.Values[name.(string)] = n
		}
	}
	if _, err := d.Token(); err != nil || len(s.Names) == 0 {
		return nil, a.notInlays()
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, a.notInlays()
	}
	return s, nil
}

// isName tells whether a name is one of a counter, and nothing that a terminal would act on.
func isName(name string) bool {
	for _, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// of are the shares that say more than the number itself: of whose sum each is a part.
var of = map[string]struct {
	sum  []string
	text string
}{
	"warm_pages_total":         {[]string{"warm_pages_total", "pages_total"}, "of all pages"},
	"whole_pages_total":        {[]string{"pages_total"}, "of pages"},
	"stale_pages_total":        {[]string{"warm_pages_total", "pages_total"}, "of all pages"},
	"cold_pages_total":         {[]string{"warm_pages_total", "pages_total"}, "of all pages"},
	"streamed_pages_total":     {[]string{"pages_total"}, "of pages"},
	"failed_pages_total":       {[]string{"pages_total"}, "of pages"},
	"fills_failed_total":       {[]string{"fills_total"}, "of fills"},
	"fragments_unstored_total": {[]string{"fills_total"}, "of fills"},
	"polls_failed_total":       {[]string{"polls_total"}, "of polls"},
	"held_total":               {[]string{"warm_pages_total", "pages_total"}, "of all pages"},
	"cache_hits_total":         {[]string{"cache_gets_total"}, "of gets"},
	"cache_stale_hits_total":   {[]string{"cache_gets_total"}, "of gets"},
	"cache_misses_total":       {[]string{"cache_gets_total"}, "of gets"},
}

// WriteTable writes them for a person: what is wrong first, then for each a name, its number, and what share of something it
// is.
func (s *Stats) WriteTable(w io.Writer) error {
	names, numbers := 0, 0
	var b strings.Builder
	for _, problem := range s.Problems {
		b.WriteString("problem: " + problem + "\n")
	}
	if len(s.Problems) > 0 {
		b.WriteString("\n")
	}
	for _, name := range s.Names {
		names = max(names, len(label(name)))
		numbers = max(numbers, len(grouped(s.Values[name])))
	}
	for _, name := range s.Names {
		n := s.Values[name]
		line := fmt.Sprintf("%-*s  %*s", names, label(name), numbers, grouped(n))
		if share, ok := of[name]; ok {
			var sum int64
			for _, part := range share.sum {
				sum += s.Values[part]
			}
			if sum > 0 {
				line += fmt.Sprintf("  %5.1f%% %s", 100*float64(n)/float64(sum), share.text)
			}
		}
		if (strings.HasSuffix(name, "_bytes") || strings.HasSuffix(name, "_bytes_total")) && n >= 1<<20 {
			line += fmt.Sprintf("  %.1f MiB", float64(n)/(1<<20))
		}
		if strings.HasSuffix(name, "_milliseconds_total") && n >= 1000 {
			line += "  " + millis(float64(n))
		}
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// label is a name for a person.
func label(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(name, "_total"), "_", " ")
}

// grouped writes thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
