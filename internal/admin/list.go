package admin

import (
	"slices"
	"strconv"
	"strings"

	"inlay/internal/purgelog"
	"inlay/internal/route"
)

// Known is a number that may not be known. The zero value is not.
type Known struct {
	N  int64
	Is bool
}

// Entry is what is told of an entry of the cache. Times are in whole seconds, but for Took, which is in milliseconds.
type Entry struct {
	Key, Kind, State string
	Tags             []string
	// Age is since when it is there, Left for how long it is fresh (negative: for how long it has not been), SWR and SIE what is left of
	// these windows after that, and Took how long its fill took.
	Age, Took            Known
	Left, SWR, SIE       int64
	Bytes, Charged, Hits int64
	// From is where a fragment is from; empty: it is none. Reason and Text are a failure's.
	From, Reason, Text string
}

func (e *Entry) write(o *object) {
	o.string("key", e.Key)
	o.string("kind", e.Kind)
	o.string("state", e.State)
	o.known("age", e.Age)
	o.number("left", e.Left)
	o.number("swr", e.SWR)
	o.number("sie", e.SIE)
	o.strings("tags", e.Tags)
	o.number("bytes", e.Bytes)
	o.number("charged", e.Charged)
	o.number("hits", e.Hits)
	o.known("took", e.Took)
	if e.From == "" {
		o.raw("from", "null")
	} else {
		o.string("from", e.From)
	}
	if e.Kind == "failure" {
		o.string("reason", e.Reason)
		o.string("text", e.Text)
	}
}

// Query is which entries are asked for.
type Query struct {
	// Tags and Keys: an entry has one of them; nil: any. Q is in its key, Kind is its kind; empty: any.
	Tags, Keys []string
	Q, Kind    string
	// Sort is by what they are sorted, Desc: the greatest first.
	Sort string
	Desc bool
	// Offset is how many are left out before the first, Limit how many there are at most.
	Limit, Offset int
}

// ParseList reads the query of a list. A parameter that is not understood is problem.
func ParseList(query string) (q Query, problem string) {
	q = Query{Sort: "bytes", Desc: true, Limit: 100}
	for _, pair := range strings.Split(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, _ = route.DecodeQuery(name)
		value, ok := route.DecodeQuery(value)
		if !ok || !q.set(name, value) {
			return q, pair
		}
	}
	return q, ""
}

func (q *Query) set(name, value string) bool {
	switch name {
	case "tag":
		q.Tags = append(q.Tags, value)
		return value != ""
	case "key":
		q.Keys = append(q.Keys, value)
		return value != ""
	case "q":
		q.Q = value
		return true
	case "kind":
		q.Kind = value
		return slices.Contains([]string{"fragment", "page", "failure"}, value)
	case "sort":
		q.Sort = value
		return slices.Contains([]string{"key", "bytes", "hits", "age", "left", "took"}, value)
	case "order":
		q.Desc = value == "desc"
		return q.Desc || value == "asc"
	case "limit":
		var ok bool
		q.Limit, ok = digits(value, 4)
		return ok && q.Limit >= 1 && q.Limit <= 1000
	case "offset":
		var ok bool
		q.Offset, ok = digits(value, 9)
		return ok
	}
	return false
}

// digits reads a number of so many digits at most.
func digits(s string, most int) (n int, ok bool) {
	if len(s) == 0 || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// NotListed answers a query that was not understood.
func NotListed(problem string) Answer {
	return JSON(400, `{"error":"the parameter `+quoted(problem)+" was not understood; expected tag=…, key=…, q=…, kind=fragment|page|failure, "+
		`sort=key|bytes|hits|age|left|took, order=asc|desc, limit=1 to 1000, offset=…"}`+"\n")
}

func (q *Query) matches(e *Entry) bool {
	return (q.Kind == "" || e.Kind == q.Kind) && strings.Contains(e.Key, q.Q) && (q.Keys == nil || slices.Contains(q.Keys, e.Key)) &&
		(q.Tags == nil || slices.ContainsFunc(e.Tags, func(tag string) bool { return slices.Contains(q.Tags, tag) }))
}

// value is what a query sorts by.
func (q *Query) value(e *Entry) Known {
	switch q.Sort {
	case "bytes":
		return Known{e.Bytes, true}
	case "hits":
		return Known{e.Hits, true}
	case "age":
		return e.Age
	case "left":
		return Known{e.Left, true}
	case "took":
		return e.Took
	}
	return Known{} // by key
}

// before tells whether a row comes before another: what is not known comes last in either order, and of what is the same the key decides.
func (q *Query) before(a, b *row) bool {
	if a.value != b.value {
		switch {
		case !a.value.Is || !b.value.Is:
			return a.value.Is
		case q.Desc:
			return a.value.N > b.value.N
		}
		return a.value.N < b.value.N
	}
	if a.key != b.key {
		return (a.key < b.key) != (q.Sort == "key" && q.Desc)
	}
	return a.kind < b.kind
}

// row is an entry of a list. Of one that may lie before what was asked for, entry is nil: it is looked up again if it does not.
type row struct {
	value     Known
	key, kind string
	entry     *Entry
}

// mostWhole is up to how many rows are kept whole.
const mostWhole = 2000

// Selection is the entries that a query asks for, among those that it is offered.
type Selection struct {
	query                 Query
	first                 first
	total, matched, bytes int64
}

// Select begins a selection.
func Select(q Query) *Selection {
	s := &Selection{query: q}
	s.first = first{size: q.Offset + q.Limit, before: s.query.before}
	return s
}

// Offer looks at an entry. It keeps e.
func (s *Selection) Offer(e *Entry) {
	s.total++
	if !s.query.matches(e) {
		return
	}
	s.matched++
	s.bytes += e.Bytes
	r := row{s.query.value(e), e.Key, e.Kind, e}
	if s.first.size > mostWhole {
		r.entry = nil
	}
	s.first.offer(r)
}

// Answer is the list. find looks up an entry by its key and kind again, nil if it has gone: that is not told of.
func (s *Selection) Answer(reach string, find func(key, kind string) *Entry) Answer {
	rows := s.first.from(s.query.Offset)
	var entries []*Entry
	for _, r := range rows {
		if r.entry == nil {
			r.entry = find(r.key, r.kind)
		}
		if r.entry != nil {
			entries = append(entries, r.entry)
		}
	}
	end := int64(s.query.Offset + len(rows))
	return written(func(o *object) {
		o.string("reach", reach)
		o.number("total", s.total)
		o.number("matched", s.matched)
		o.number("bytes", s.bytes)
		o.known("next", Known{end, len(rows) > 0 && end < s.matched})
		o.objects("entries", len(entries), func(i int, o *object) { entries[i].write(o) })
	})
}

// first is the first of many rows: a heap with the last of them on top.
type first struct {
	size   int
	before func(a, b *row) bool
	rows   []row
}

func (f *first) offer(r row) {
	if len(f.rows) == f.size {
		if f.before(&r, &f.rows[0]) {
			f.rows[0] = r
			f.sink()
		}
		return
	}
	f.rows = append(f.rows, r)
	for i := len(f.rows) - 1; i > 0; {
		up := (i - 1) / 2
		if !f.before(&f.rows[up], &f.rows[i]) {
			return
		}
		f.rows[up], f.rows[i] = f.rows[i], f.rows[up]
		i = up
	}
}

func (f *first) sink() {
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(f.rows) {
			return
		}
		if down+1 < len(f.rows) && f.before(&f.rows[down], &f.rows[down+1]) {
			down++
		}
		if !f.before(&f.rows[i], &f.rows[down]) {
			return
		}
		f.rows[i], f.rows[down] = f.rows[down], f.rows[i]
		i = down
	}
}

// from are the rows from a place on, in their order. The rest is gone.
func (f *first) from(offset int) (rows []row) {
	for len(f.rows) > offset {
		rows = append(rows, f.rows[0])
		last := len(f.rows) - 1
		f.rows[0] = f.rows[last]
		f.rows = f.rows[:last]
		f.sink()
	}
	slices.Reverse(rows)
	return rows
}

// mostPreviewed is of how many entries that would be purged the keys are told.
const mostPreviewed = 100

// Preview is what a purge would reach, among the entries that it is offered.
type Preview struct {
	all            bool
	keys, tags     map[string]bool
	first          first
	entries, bytes int64
}

// IsPreview tells whether the query of a purge asks what it would reach, and what it has besides.
func IsPreview(query string) (rest string, preview bool) {
	pairs := strings.Split(query, "&")
	others := slices.DeleteFunc(slices.Clone(pairs), func(pair string) bool { return pair == "preview=1" })
	return strings.Join(others, "&"), len(others) < len(pairs)
}

// NewPreview begins a preview of what subjects name.
func NewPreview(subjects []string) *Preview {
	p := &Preview{keys: map[string]bool{}, tags: map[string]bool{}}
	byKey := Query{Sort: "key"}
	p.first = first{size: mostPreviewed, before: byKey.before}
	for _, subject := range subjects {
		switch kind, name, _ := purgelog.Read(subject); kind {
		case purgelog.KindAll:
			p.all = true
		case purgelog.KindKey:
			p.keys[name] = true
		case purgelog.KindTag:
			p.tags[name] = true
		}
	}
	return p
}

// Offer looks at an entry.
func (p *Preview) Offer(e *Entry) {
	if !p.all && !p.keys[e.Key] && !slices.ContainsFunc(e.Tags, func(tag string) bool { return p.tags[tag] }) {
		return
	}
	p.entries++
	p.bytes += e.Bytes
	p.first.offer(row{key: e.Key, kind: e.Kind})
}

// Answer tells of what was found.
func (p *Preview) Answer() Answer {
	var keys []string
	for _, r := range p.first.from(0) {
		keys = append(keys, r.key)
	}
	return written(func(o *object) {
		o.bool("preview", true)
		o.number("entries", p.entries)
		o.number("bytes", p.bytes)
		o.strings("keys", keys)
	})
}
