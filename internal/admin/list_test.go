package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueriesOfListsAreRead(t *testing.T) {
	fallback := Query{Sort: "bytes", Desc: true, Limit: 100}
	for query, want := range map[string]func(q *Query){
		"":                               func(*Query) {},
		"&&":                             func(*Query) {},
		"tag=a&tag=b+c&key=%2Ff%0Ahost":  func(q *Query) { q.Tags, q.Keys = []string{"a", "b c"}, []string{"/f\nhost"} },
		"q=%25&kind=page":                func(q *Query) { q.Q, q.Kind = "%", "page" },
		"q=":                             func(*Query) {},
		"sort=key&order=asc":             func(q *Query) { q.Sort, q.Desc = "key", false },
		"sort=took&order=desc":           func(q *Query) { q.Sort = "took" },
		"limit=1000&offset=999999999":    func(q *Query) { q.Limit, q.Offset = 1000, 999999999 },
		"limit=1&offset=0&kind=fragment": func(q *Query) { q.Limit, q.Kind = 1, "fragment" },
	} {
		wanted := fallback
		want(&wanted)
		got, problem := ParseList(query)
		assert.Empty(t, problem, query)
		assert.Equal(t, wanted, got, query)
	}
	for _, pair := range []string{
		"tag=", "tag", "key=", "kind=", "kind=pages", "sort=size", "sort=", "order=down", "limit=0", "limit=1001", "limit=-1", "limit=1e2", "limit=+1",
		"limit=", "offset=-1", "offset=1234567890", "offset=x", "offset=", "limits=1", "=", "x", "q=%", "q=%zz", "Tag=a", "limit=00001",
	} {
		_, problem := ParseList("tag=a&" + pair + "&limit=5")
		assert.Equal(t, pair, problem)
		assert.True(t, json.Valid([]byte(NotListed(problem).Text)))
	}
	assert.Contains(t, NotListed("kind=x").Text, "the parameter kind=x was not understood; expected tag=…,")
	assert.Equal(t, 400, NotListed("x").Status)
}

func FuzzParseList(f *testing.F) {
	for _, seed := range []string{"", "tag=a&key=%2Ff&q=x", "sort=age&order=asc&limit=10&offset=7", "kind=failure", "limit=%31", "=&", "q=%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, problem := ParseList(query)
		if problem != "" {
			if !json.Valid([]byte(NotListed(problem).Text)) || !strings.Contains(query, problem) {
				t.Fatalf("%q: %q", query, problem)
			}
			return
		}
		if q.Limit < 1 || q.Limit > 1000 || q.Offset < 0 || slices.Contains(q.Tags, "") || slices.Contains(q.Keys, "") {
			t.Fatalf("%q is read as %+v", query, q)
		}
		s := Select(q)
		for i := range 3 {
			s.Offer(&Entry{Key: fmt.Sprint("/f/", i), Kind: "fragment", Tags: []string{"a"}})
		}
		if a := s.Answer("process", func(string, string) *Entry { return nil }); !json.Valid([]byte(a.Text)) {
			t.Fatalf("%q is answered with %s", query, a.Text)
		}
	})
}

// many are entries in no order, some of them with the same of everything but the key.
func many(n int) (all []*Entry) {
	for i := range n {
		e := &Entry{
			Key: fmt.Sprint("/f/", i), Kind: [...]string{"fragment", "fragment", "page", "failure"}[i%4], State: "fresh", Tags: []string{fmt.Sprint("t", i%5), "all"},
			Bytes: int64(i * 31 % 997), Hits: int64(i % 7), Left: int64(i%60 - 30), Age: Known{int64(i % 60), i%11 != 0}, Took: Known{int64(i), i%3 != 0},
		}
		if !e.Age.Is {
			e.Age.N = 0
		}
		if !e.Took.Is {
			e.Took.N = 0
		}
		all = append(all, e)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// simply is what a list should have, said simply.
func simply(q Query, all []*Entry) (keys []string, matched int) {
	var matching []*Entry
	for _, e := range all {
		if q.matches(e) {
			matching = append(matching, e)
		}
	}
	known := func(k Known) int { return map[bool]int{true: 0, false: 1}[k.Is] }
	slices.SortFunc(matching, func(a, b *Entry) int {
		x, y := q.value(a), q.value(b)
		byValue, byKey := cmp.Compare(x.N, y.N), strings.Compare(a.Key, b.Key)
		if q.Desc {
			byValue = -byValue
			if q.Sort == "key" {
				byKey = -byKey
			}
		}
		return cmp.Or(cmp.Compare(known(x), known(y)), byValue, byKey)
	})
	for _, e := range matching[min(q.Offset, len(matching)):min(q.Offset+q.Limit, len(matching))] {
		keys = append(keys, e.Key)
	}
	return keys, len(matching)
}

func TestListHasWhatWasAskedForInItsOrder(t *testing.T) {
	all := many(5003)
	byKey := map[string]*Entry{}
	for _, e := range all {
		byKey[e.Key] = e
	}
	for _, sort := range []string{"key", "bytes", "hits", "age", "left", "took"} {
		for _, desc := range []bool{false, true} {
			for _, at := range [][2]int{{0, 1}, {0, 100}, {100, 100}, {1990, 1000}, {4990, 100}, {5003, 10}, {9999, 1000}} {
				for _, part := range []Query{{}, {Q: "/f/1"}, {Tags: []string{"t1", "t3"}}, {Kind: "failure"}, {Keys: []string{"/f/7", "/f/9", "none"}}} {
					q := part
					q.Sort, q.Desc, q.Offset, q.Limit = sort, desc, at[0], at[1]
					s := Select(q)
					for _, e := range all {
						s.Offer(e)
					}
					var got struct {
						Reach          string
						Total, Matched int
						Next           *int
						Entries        []struct{ Key string }
					}
					require.NoError(t, json.Unmarshal([]byte(s.Answer("process", func(key, kind string) *Entry { return byKey[key] }).Text), &got))
					keys, matched := simply(q, all)
					var listed []string
					for _, e := range got.Entries {
						listed = append(listed, e.Key)
					}
					require.Equal(t, keys, listed, "%+v", q)
					require.Equal(t, []int{len(all), matched}, []int{got.Total, got.Matched})
					if more := q.Offset + q.Limit; more < matched {
						require.Equal(t, &more, got.Next)
					} else {
						require.Nil(t, got.Next)
					}
				}
			}
		}
	}
}

func TestEntriesAreWrittenAsAWorkerWritesThem(t *testing.T) {
	s := Select(Query{Sort: "key", Limit: 10})
	s.Offer(&Entry{Key: "/a\n<\u2028\xff\"\x01\b", Kind: "fragment", State: "fresh", Left: 2, SWR: 3, SIE: 4, Tags: []string{"x"}, Bytes: 10, Charged: 20, Hits: 5, Took: Known{6, true}, From: "origin"})
	s.Offer(&Entry{Key: "/b", Kind: "failure", State: "fresh", Age: Known{1, true}, Left: 2, SWR: 3, SIE: 4, Bytes: 10, Charged: 20, Hits: 5, Reason: "status", Text: "503"})
	assert.Equal(t, `{"reach":"process","total":2,"matched":2,"bytes":20,"next":null,"entries":[`+
		`{"key":"/a\n<`+"\u2028\ufffd"+`\"\u0001\b","kind":"fragment","state":"fresh","age":null,"left":2,"swr":3,"sie":4,"tags":["x"],"bytes":10,"charged":20,"hits":5,"took":6,"from":"origin"},`+
		`{"key":"/b","kind":"failure","state":"fresh","age":1,"left":2,"swr":3,"sie":4,"tags":[],"bytes":10,"charged":20,"hits":5,"took":null,"from":null,"reason":"status","text":"503"}]}`+"\n",
		s.Answer("process", nil).Text)
}

func TestWhatHasGoneIsNotToldOf(t *testing.T) {
	s := Select(Query{Sort: "key", Offset: 2500, Limit: 3})
	for _, e := range many(5003) {
		s.Offer(e)
	}
	n := 0
	text := s.Answer("process", func(key, kind string) *Entry {
		if n++; n == 2 {
			return nil
		}
		return &Entry{Key: key, Kind: kind}
	}).Text
	assert.Equal(t, 2, strings.Count(text, `"key"`))
	assert.Contains(t, text, `"next":2503`)
}

func TestPreviewIsOfWhatSubjectsName(t *testing.T) {
	all := many(1000)
	for _, c := range []struct {
		query string
		soft  bool
		n     int
	}{
		{"all=1", false, 1000}, {"tag=t1&preview=1", true, 200}, {"tag=t1&tag=all", false, 1000}, {"key=/f/7&key=/f/8&key=none", true, 2}, {"tag=none", false, 0},
	} {
		rest, _ := IsPreview(c.query)
		subjects, problem := ParsePurge(rest, c.soft)
		require.Empty(t, problem)
		p := NewPreview(subjects)
		var bytes int64
		for _, e := range all {
			before := p.entries
			if p.Offer(e); p.entries > before {
				bytes += e.Bytes
			}
		}
		var got struct {
			Preview        bool
			Entries, Bytes int64
			Keys           []string
		}
		require.NoError(t, json.Unmarshal([]byte(p.Answer().Text), &got))
		assert.True(t, got.Preview)
		assert.EqualValues(t, c.n, got.Entries, c.query)
		assert.Equal(t, bytes, got.Bytes)
		assert.Len(t, got.Keys, min(c.n, mostPreviewed))
		assert.True(t, slices.IsSorted(got.Keys))
	}
	for query, want := range map[string]bool{"preview=1": true, "all=1&preview=1": true, "preview=0": false, "": false, "preview=1&preview=1": true, "preview": false, "xpreview=1": false} {
		rest, is := IsPreview(query)
		assert.Equal(t, want, is, query)
		assert.NotContains(t, strings.Split(rest, "&"), "preview=1")
	}
}

// TestListsAreThoseOfAWorker holds lists and previews to testdata/lists.json, to which worker/list.test.mjs holds a Worker's: of the entries in
// it, as they are written, what each query is answered with.
func TestListsAreThoseOfAWorker(t *testing.T) {
	all := many(40)
	all = append(all,
		&Entry{Key: "/f/1\nhost: ä.example", Kind: "fragment", State: "stale", Left: -3, SWR: 2, SIE: 7, Tags: []string{"a b", "ä", `"`}, Bytes: 7, Charged: 207, Hits: 3, Took: Known{12, true}, From: "kv"},
		&Entry{Key: "page:0\n7\n", Kind: "page", State: "fresh", Left: 86400, Bytes: 700, Charged: 2900, Age: Known{0, true}},
		&Entry{Key: "/f/😀", Kind: "failure", State: "fresh", Left: 9, Reason: "connect", Text: "no route\tto \\it", Age: Known{1, true}},
		&Entry{Key: "/f/\uffff", Kind: "failure", State: "expired", Left: -9, Reason: "status", Text: "503"})
	type answered struct{ Query, Answer string }
	var lists struct {
		Entries         json.RawMessage
		Lists, Previews []answered
		NotUnderstood   []string
	}
	texts := make([]string, len(all))
	for i, e := range all {
		o := object{text: []byte{'{'}}
		e.write(&o)
		texts[i] = string(o.text) + "}"
	}
	lists.Entries = json.RawMessage("[" + strings.Join(texts, ",") + "]")
	for _, query := range []string{
		"", "limit=5", "limit=5&offset=5", "sort=key&order=asc", "sort=key&limit=3", "sort=hits&order=asc&limit=7", "sort=age&limit=50", "sort=age&order=asc&limit=50",
		"sort=left", "sort=took&offset=30", "tag=t1", "tag=t1&tag=%C3%A4", "tag=a+b", "key=%2Ff%2F7&key=/f/%F0%9F%98%80", "q=/f/1", "q=%0A", "kind=failure", "kind=page&q=page",
		"offset=44", "offset=1000", "q=", "tag=none", "tag=t2&kind=fragment&q=/f/2&sort=bytes&order=asc&limit=2",
	} {
		q, problem := ParseList(query)
		require.Empty(t, problem, query)
		s := Select(q)
		for _, e := range all {
			s.Offer(e)
		}
		lists.Lists = append(lists.Lists, answered{query, s.Answer("isolate", nil).Text})
	}
	for _, query := range []string{"all=1", "tag=t1", "tag=%C3%A4&key=/f/3", "key=/none", "key=page%3A0%0A7%0A"} {
		subjects, problem := ParsePurge(query, false)
		require.Empty(t, problem, query)
		p := NewPreview(subjects)
		for _, e := range all {
			p.Offer(e)
		}
		lists.Previews = append(lists.Previews, answered{query, p.Answer().Text})
	}
	for _, query := range []string{"tag=", "kind=x", "limit=0", "limit=1001", "limit=1e2", "offset=-1", "offset=1234567890", "sort=size", "order=up", "x=1", "q=%zz", "key", "=", "limit= 5"} {
		_, problem := ParseList(query)
		require.Equal(t, query, problem)
		lists.NotUnderstood = append(lists.NotUnderstood, query)
	}
	got, err := json.MarshalIndent(&lists, "", " ")
	require.NoError(t, err)
	const path = "testdata/lists.json"
	if *update {
		require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, string(want) == string(got)+"\n", "%s is another; -update writes it anew, and git diff shows it", path)
}
