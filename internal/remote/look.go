package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Look is what a site does at a time, as inlay top shows it.
type Look struct {
	Site, Reach string
	At          time.Time
	Stats       *Stats
	// Before are what they were a while before; nil: they are not known, and Recent says what there is instead.
	Before *Look
	// Recent are the sums of what the site itself has noted of the last minute, and over how long; 0: nothing.
	Recent  Sample
	Over    time.Duration
	Hottest []Entry
	Largest []Entry
	Flights []Flight
	// Failures are the last, the newest first.
	Failures []Failure
	// Older: the site was built by an inlay that has nothing but counters.
	Older bool
}

// Sample is what has been in some seconds.
type Sample struct {
	// Fresh are pages that were composed anew, of fresh fragments.
	Warm, Fresh, Stale, Cold, Failed, Fills int64
	SavedFills                              int64 `json:"saved_fills"`
	SavedMS                                 int64 `json:"saved_ms"`
	SavedBytes                              int64 `json:"saved_bytes"`
}

// Look looks at a site. It has at most so many entries of each list.
func (c *Client) Look(ctx context.Context, most int) (*Look, error) {
	stats, err := c.Stats(ctx)
	if err != nil {
		return nil, err
	}
	l := &Look{Site: c.where(), Reach: stats.Reach, At: time.Now(), Stats: stats}
	for _, part := range []func() error{
		func() error { return c.recent(ctx, l) },
		func() (err error) { l.Flights, err = c.Flights(ctx); return err },
		func() (err error) { l.Failures, err = c.Failures(ctx); return err },
		func() (err error) { l.Hottest, err = c.some(ctx, "hits", most); return err },
		func() (err error) { l.Largest, err = c.some(ctx, "bytes", most); return err },
	} {
		if err := part(); errors.Is(err, ErrOlder) {
			l.Older = true
		} else if err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (c *Client) some(ctx context.Context, by string, most int) ([]Entry, error) {
	found, err := c.Entries(ctx, Query{Sort: by, Order: "desc", Limit: most})
	if err != nil {
		return nil, err
	}
	return found.Entries, nil
}

// recent adds up what the site has noted of the last minute.
func (c *Client) recent(ctx context.Context, l *Look) error {
	var answer struct {
		Every   int64
		Samples *[]json.RawMessage
	}
	a, err := c.askJSON(ctx, "history", "", &answer)
	if err != nil {
		return err
	}
	if answer.Samples == nil || answer.Every <= 0 {
		return a.notInlays()
	}
	newest := time.Time{}
	samples := *answer.Samples
	for i := len(samples) - 1; i >= 0; i-- {
		var s struct {
			At time.Time
			Sample
		}
		if json.Unmarshal(samples[i], &s) != nil {
			return a.notInlays()
		}
		if newest.IsZero() {
			newest = s.At
		}
		// By the site's own clock: it notes nothing while nobody comes.
		if s.At.Before(newest.Add(-time.Minute)) {
			break
		}
		r := &l.Recent
		r.Warm, r.Stale, r.Cold, r.Failed, r.Fills = r.Warm+s.Warm, r.Stale+s.Stale, r.Cold+s.Cold, r.Failed+s.Failed, r.Fills+s.Fills
		r.SavedFills, r.SavedMS, r.SavedBytes = r.SavedFills+s.SavedFills, r.SavedMS+s.SavedMS, r.SavedBytes+s.SavedBytes
		l.Over += time.Duration(answer.Every) * time.Second
	}
	return nil
}

// since is what has been since the look before; it reports false if that was of another isolate, or of a process that has begun anew.
func (l *Look) since() (s Sample, over time.Duration, ok bool) {
	is, was := l.Stats.Values, l.Before.Stats.Values
	for _, name := range l.Stats.Names {
		if strings.HasSuffix(name, "_total") && is[name] < was[name] {
			return s, 0, false
		}
	}
	return sampleOf(func(name string) int64 { return is[name] - was[name] }), l.At.Sub(l.Before.At), true
}

// sampleOf makes one of counters.
func sampleOf(of func(name string) int64) Sample {
	s := Sample{
		Warm: of("warm_pages_total"), Stale: of("stale_pages_total"), Cold: of("cold_pages_total"), Failed: of("failed_pages_total"), Fills: of("fills_total"),
		SavedFills: of("saved_fills_total"), SavedMS: of("saved_milliseconds_total"), SavedBytes: of("saved_bytes_total"),
	}
	s.Fresh = max(of("pages_total")-s.Stale-s.Cold-s.Failed, 0) // those in progress are none of these yet
	return s
}

// Lines are the look as text, of lines of so many columns (0: of any), and so many lines (0: of as many as there are).
func (l *Look) Lines(width, height int) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, cut(fmt.Sprintf(format, args...), width)) }

	sample, over, when := sampleOf(func(name string) int64 { return l.Stats.Values[name] }), time.Duration(0), "since it began"
	switch {
	case l.Before != nil:
		if s, span, ok := l.since(); ok {
			sample, over, when = s, span, "in the last "+seconds(span)
		} else {
			when = "since it began: another isolate, or a new process, has answered"
		}
	case l.Over > 0:
		sample, over, when = l.Recent, l.Over, "in the last "+seconds(l.Over)+" of visits"
	}
	add("%s: %s, %s, %s", l.Site, l.Reach, l.At.Format(time.TimeOnly), when)
	for _, problem := range l.Stats.Problems {
		add("problem: %s", problem)
	}
	pages := sample.Warm + sample.Fresh + sample.Stale + sample.Cold + sample.Failed
	share := func(n int64) string {
		if pages == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(pages))
	}
	if _, has := l.Stats.Values["cold_pages_total"]; has {
		add("pages %s   warm %s  fresh %s  stale %s  cold %s  failed %s", rate(pages, over), share(sample.Warm), share(sample.Fresh), share(sample.Stale), share(sample.Cold), share(sample.Failed))
	} else {
		add("pages   warm %s  others %s", grouped(l.Stats.Values["warm_pages_total"]), grouped(l.Stats.Values["pages_total"]))
	}
	fills := "fills " + rate(sample.Fills, over)
	if _, has := l.Stats.Values["saved_fills_total"]; has {
		fills += fmt.Sprintf("   saved %s fills, %s of the origin's time, %s", grouped(sample.SavedFills), millis(float64(sample.SavedMS)), Size(sample.SavedBytes))
	}
	add("%s", fills)
	of := l.Stats.Values
	add("cache %s  %s entries  evicted %s   waiting %s  in progress %s", Size(of["cache_bytes"]), grouped(of["cache_entries"]), grouped(of["cache_evictions_total"]), grouped(of["waiting"]), grouped(of["flights"]))
	if l.Older {
		add("")
		add("This site was built by an older inlay, which tells of no entries, fills and failures; deploy it again to see them.")
		return lines
	}

	flights, failures := l.flightLines(width), l.failureLines(width)
	hottest, largest := EntryTable(l.Hottest, width), EntryTable(l.Largest, width)
	if height > 0 {
		// What goes wrong comes first, and has up to five lines of each kind; the rest is for the cache.
		flights, failures = flights[:min(len(flights), 5)], failures[:min(len(failures), 5)]
		left := height - len(lines) - headed(flights) - headed(failures)
		half := (left - 4) / 2
		hottest, largest = hottest[:max(min(len(hottest), half), 0)], largest[:max(min(len(largest), left-4-min(len(hottest), half)), 0)]
	}
	section := func(title string, of []string) {
		if len(of) > 0 {
			add("")
			add("%s", title)
			lines = append(lines, of...)
		}
	}
	section("Fills in progress", flights)
	section("Failed last", failures)
	section("Asked for most", withRows(hottest))
	section("Largest", withRows(largest))
	if height > 0 && len(lines) > height {
		lines = lines[:height]
	}
	return lines
}

// headed is how many lines a section takes.
func headed(lines []string) int {
	if len(lines) == 0 {
		return 0
	}
	return len(lines) + 2
}

// withRows is a table, unless it has no more than its columns' names.
func withRows(table []string) []string {
	if len(table) < 2 {
		return nil
	}
	return table
}

func (l *Look) flightLines(width int) (lines []string) {
	for _, f := range l.Flights {
		what := fmt.Sprintf("%s wait", grouped(int64(f.Waiting)))
		if f.Attempts > 1 {
			what += fmt.Sprintf(", attempt %d", f.Attempts)
		}
		if f.Looking {
			what += ", looks below"
		}
		lines = append(lines, cut(fmt.Sprintf("%7s  %s  %s  %s", millis(float64(f.Age)), what, Plain(f.Key), Plain(f.Page+" "+f.Slot)), width))
	}
	return lines
}

func (l *Look) failureLines(width int) (lines []string) {
	for _, f := range l.Failures {
		at := Plain(f.At)
		if t, err := time.Parse(time.RFC3339, f.At); err == nil {
			at = t.Local().Format(time.TimeOnly)
		}
		lines = append(lines, cut(fmt.Sprintf("%s  %s  %s  %s", at, Plain(f.Reason), Plain(f.Key), Plain(f.Text)), width))
	}
	return lines
}

// rate is how many a second, or how many where it is not known in how long.
func rate(n int64, over time.Duration) string {
	if over <= 0 {
		return grouped(n)
	}
	return fmt.Sprintf("%.1f/s", float64(n)/over.Seconds())
}

func seconds(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + "s"
}
