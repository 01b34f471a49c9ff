package admin

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata anew")

const token = "0123456789abcdef"

// routed is a request, and what it gets: what it asks for, or an answer.
type routed struct {
	Token, Method, Target, Authorization string
	Ask                                  string      `json:",omitempty"`
	Query                                string      `json:",omitempty"`
	Answer                               *answerCase `json:",omitempty"`
}

type answerCase struct {
	Status int
	Fields [][2]string
	Text   string
}

func caseOf(a Answer) *answerCase {
	c := &answerCase{Status: a.Status, Text: a.Text}
	for _, f := range a.Fields {
		c.Fields = append(c.Fields, [2]string{f.Name, f.Value})
	}
	return c
}

type purgeCase struct {
	Query    string
	Soft     bool
	Subjects []string    `json:",omitempty"`
	Answer   *answerCase `json:",omitempty"`
}

// cases are what testdata/requests.json has, to which worker/admin.test.mjs holds a Worker's.
type cases struct {
	Routes  []routed
	Purges  []purgeCase
	Purged  []purgedCase
	Refused []refusedCase
}

type purgedCase struct {
	Soft     bool
	Entries  int
	WithinMs int64 // 0: there is no log
	Seq      uint64
	Answer   *answerCase
}

type refusedCase struct {
	Soft   bool
	Reason string
	Answer *answerCase
}

var askNames = map[Ask]string{Page: "page", Stats: "stats", Metrics: "metrics", ListEntries: "entries", ListFlights: "flights", ListFailures: "failures", TellHistory: "history", Purge: "purge", Invalidate: "invalidate"}

func made() (c cases) {
	bearer := "Bearer " + token
	c.Routes = append(c.Routes, []routed{
		{Token: "", Method: "GET", Target: "/_inlay/stats"},
		{Token: "", Method: "POST", Target: "/_inlay/purge?all=1", Authorization: "Bearer "},
		{Token: "", Method: "GET", Target: "/_inlay/"},
		{Token: token, Method: "GET", Target: "/_inlay/"},
		{Token: token, Method: "GET", Target: "/_inlay/?x=y"},
		{Token: token, Method: "HEAD", Target: "/_inlay/"},
		{Token: token, Method: "POST", Target: "/_inlay/", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/%5finlay/stats", Authorization: bearer},
		{Token: token, Method: "GET", Target: "//_inlay/stats", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/stats/", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/toString", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/other", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/purge?all=1", Authorization: bearer},
		{Token: token, Method: "HEAD", Target: "/_inlay/stats", Authorization: bearer},
		{Token: token, Method: "POST", Target: "/_inlay/metrics", Authorization: bearer},
		{Token: token, Method: "OTHER", Target: "/_inlay/invalidate", Authorization: bearer},
		{Token: token, Method: "POST", Target: "/_inlay/purge?tag=a&key=b", Authorization: bearer},
		{Token: token, Method: "POST", Target: "/_inlay/invalidate", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/stats?", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/metrics?a?b", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/entries?tag=a", Authorization: bearer},
		{Token: token, Method: "POST", Target: "/_inlay/entries", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/entries"},
		{Token: token, Method: "GET", Target: "/_inlay/flights", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/failures", Authorization: bearer},
		{Token: token, Method: "GET", Target: "/_inlay/history", Authorization: bearer},
	}...)
	for _, field := range []string{
		"Bearer " + token, "bearer  " + token, "BEARER\t" + token, "Bearer " + token + "\t ", "", token, "Basic " + token, "Bearer",
		"Bearer " + token[1:], "Bearer " + token + "x", "Bearer X" + token[1:], "Bearer " + token + ", Bearer " + token, "Bearer ä" + token[2:],
	} {
		c.Routes = append(c.Routes, routed{Token: token, Method: "GET", Target: "/_inlay/stats", Authorization: field})
	}
	for i := range c.Routes {
		r := &c.Routes[i]
		ask, query, refused := Route(Call{Method: r.Method, Target: r.Target, Authorization: r.Authorization}, r.Token)
		if r.Ask, r.Query = askNames[ask], query; ask == Nothing {
			r.Answer, r.Query = caseOf(refused), ""
		}
	}
	for _, soft := range []bool{false, true} {
		for _, query := range []string{
			"", "&", "tag=a", "tag=a&tag=b&key=%2Ff%2F1&all=1", "tag=a+b%2Bc", "key=/f%0Acookie: c%3D1", "tag=%C3%A4ä", "a%6cl=1&", "t%61g=x",
			"all=yes", "all", "all=", "tag=", "tag", "kye=x", "tag=a&what=b", "tag=x%00all&tag=all", "tag=%", "tag=%4", "tag=%zz", "=x", "tag==",
			`a"b=\x`, "ä=ö", "what=" + strings.Repeat("long", 30), "tag=" + strings.Repeat("x", maxSubject+1), "all=1&all=1&tag=constructor",
			"preview=2&all=1",
		} {
			if strings.HasPrefix(query, "tag=xx") && soft {
				continue
			}
			p := purgeCase{Query: query, Soft: soft}
			var problem string
			if p.Subjects, problem = ParsePurge(query, soft); problem != "" {
				p.Answer = caseOf(NothingPurged(soft, problem))
			}
			c.Purges = append(c.Purges, p)
		}
		for _, p := range []purgedCase{{Entries: 0}, {Entries: 12}, {Entries: 1, WithinMs: 5000, Seq: 12}, {WithinMs: 60_000, Seq: 1 << 52}, {WithinMs: 200, Seq: 1}, {WithinMs: 1500, Seq: 2}} {
			p.Soft = soft
			if p.WithinMs == 0 {
				p.Answer = caseOf(Purged(soft, p.Entries))
			} else {
				p.Answer = caseOf(PurgedWithin(soft, p.Entries, time.Duration(p.WithinMs)*time.Millisecond, p.Seq))
			}
			c.Purged = append(c.Purged, p)
		}
		for _, reason := range []string{"", "no answer", `it said "no"`, "back\\slash\nand ä", strings.Repeat("long ", 20)} {
			c.Refused = append(c.Refused, refusedCase{soft, reason, caseOf(NotPurged(soft, reason))})
		}
	}
	return c
}

// TestAnswersAreThoseOfAWorker holds what is read and said to testdata/requests.json, to which worker/admin.test.mjs holds a Worker's.
func TestAnswersAreThoseOfAWorker(t *testing.T) {
	got, err := json.MarshalIndent(made(), "", " ")
	require.NoError(t, err)
	const path = "testdata/requests.json"
	if *update {
		require.NoError(t, os.WriteFile(path, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, string(want) == string(got)+"\n", "%s is another; -update writes it anew, and git diff shows it", path)
}

// Whatever is quoted, an answer of JSON is JSON.
func TestAnswersOfJSONAreJSON(t *testing.T) {
	c := made()
	var all []*answerCase
	for _, p := range c.Purges {
		if p.Answer != nil {
			all = append(all, p.Answer)
		}
	}
	for _, p := range c.Purged {
		all = append(all, p.Answer)
	}
	for _, p := range c.Refused {
		all = append(all, p.Answer)
	}
	for _, a := range all {
		assert.True(t, json.Valid([]byte(a.Text)), a.Text)
	}
}

func TestTokenIsTakenAndNothingNearIt(t *testing.T) {
	for field, want := range map[string]Ask{
		"Bearer " + token: Stats, "bearer  " + token: Stats, "": Nothing, token: Nothing, "Basic " + token: Nothing,
		"Bearer": Nothing, "Bearer " + token[1:]: Nothing, "Bearer " + token + "x": Nothing, "Bearer X" + token[1:]: Nothing,
	} {
		ask, _, refused := Route(Call{Method: "GET", Target: "/_inlay/stats", Authorization: field}, token)
		assert.Equal(t, want, ask, field)
		if want == Nothing {
			assert.Equal(t, 401, refused.Status, field)
		}
	}
}

func FuzzParsePurge(f *testing.F) {
	for _, seed := range []string{"", "tag=a&key=%2Ff&all=1", "all=1&=", "tag=%00", "tag=%zz&", `"=\`} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, query string, soft bool) {
		subjects, problem := ParsePurge(query, soft)
		if (problem == "") == (subjects == nil) {
			t.Fatalf("%q names %q, and there is %q", query, subjects, problem)
		}
		for _, s := range subjects {
			if strings.Contains(s, "\x00") || strings.HasPrefix(s, "~") != soft || len(s) > 8<<10 {
				t.Fatalf("%q names %q", query, s)
			}
		}
		if problem != "" && !json.Valid([]byte(NothingPurged(soft, problem).Text)) {
			t.Fatalf("%q is answered with what is no JSON: %s", query, problem)
		}
	})
}
