package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What a site tells of what it holds and does: docs/operating.md has it as JSON. Numbers that a site does not know are nil. Texts are as they
// came, and not for a terminal: [Plain].

// Query is what [Client.Entries] asks for. Its zero value: the largest hundred of all.
type Query struct {
	// Tags and Keys: those that carry any of the tags, or have any of the keys. None: all.
	Tags, Keys []string
	// Search is a part of the key.
	Search string
	// Kind is fragment, page or failure; empty: all.
	Kind string
	// Sort is key, bytes, hits, age, left or took, and Order asc or desc; empty: as the site has it, which is the largest first.
	Sort, Order string
	// Limit is how many are wanted; 0: all. Offset is how many of them come before.
	Limit, Offset int
}

// perPage is how many entries are asked for at a time.
const perPage = 500

// Entry is one entry of a cache.
type Entry struct {
	Key, Kind, State    string
	Age, Left, SWR, SIE *int64 // seconds
	Tags                []string
	Bytes, Charged      int64
	Hits                int64
	Took                *int64 // milliseconds, of its fill
	From, Reason, Text  string
}

// Entries are those that match.
type Entries struct {
	// Reach is what they are of: "one isolate" or "one process".
	Reach string
	// Total is how many entries there are, Matched how many of them match, Bytes what those take.
	Total, Matched int
	Bytes          int64
	Entries        []Entry
	// JSON is what came, of several answers as if it were one.
	JSON []byte
}

// entriesAnswer is one answer.
type entriesAnswer struct {
	Reach   string            `json:"reach"`
	Total   *int              `json:"total"`
	Matched int               `json:"matched"`
	Bytes   int64             `json:"bytes"`
	Next    *int              `json:"next"`
	Entries []json.RawMessage `json:"entries"`
}

// Entries gets entries, in as many requests as it takes. What changes in between may come twice, or not at all.
func (c *Client) Entries(ctx context.Context, q Query) (*Entries, error) {
	all := &Entries{}
	whole := entriesAnswer{Entries: []json.RawMessage{}}
	for at := q.Offset; ; {
		want := perPage
		if q.Limit > 0 {
			want = min(want, q.Limit-len(all.Entries))
		}
		query := q.at(at, want)
		if len(query) > maxQuery {
			return nil, fmt.Errorf("so many tags and keys do not fit into one question; ask for fewer of them at a time")
		}
		var one entriesAnswer
		a, err := c.askJSON(ctx, "entries", query, &one)
		if err != nil {
			return nil, err
		}
		if one.Total == nil {
			return nil, a.notInlays()
		}
		for _, raw := range one.Entries {
			var e Entry
			if json.Unmarshal(raw, &e) != nil {
				return nil, a.notInlays()
			}
			all.Entries = append(all.Entries, e)
		}
		whole.Entries = append(whole.Entries, one.Entries...)
		whole.Reach, whole.Total, whole.Matched, whole.Bytes, whole.Next = one.Reach, one.Total, one.Matched, one.Bytes, one.Next
		all.Reach, all.Total, all.Matched, all.Bytes = reachOf(one.Reach, a), *one.Total, one.Matched, one.Bytes
		if one.Next == nil || *one.Next <= at || q.Limit > 0 && len(all.Entries) >= q.Limit {
			break
		}
		at = *one.Next
	}
	text, err := json.Marshal(whole)
	all.JSON = append(text, '\n')
	return all, err
}

func (q Query) at(offset, limit int) string {
	values := url.Values{"limit": {strconv.Itoa(limit)}}
	if offset > 0 {
		values.Set("offset", strconv.Itoa(offset))
	}
	for name, value := range map[string]string{"q": q.Search, "kind": q.Kind, "sort": q.Sort, "order": q.Order} {
		if value != "" {
			values.Set(name, value)
		}
	}
	for name, all := range map[string][]string{"tag": q.Tags, "key": q.Keys} {
		if len(all) > 0 {
			values[name] = all
		}
	}
	return values.Encode()
}

// Flight is a fill in progress.
type Flight struct {
	Key, Page, Slot string
	Age             int64 // milliseconds
	Waiting         int
	Attempts        int
	Looking         bool // it asks nobody yet, but looks for the fragment below
}

// Flights gets the fills in progress.
func (c *Client) Flights(ctx context.Context) ([]Flight, error) {
	var answer struct{ Flights *[]Flight }
	a, err := c.askJSON(ctx, "flights", "", &answer)
	if err == nil && answer.Flights == nil {
		err = a.notInlays()
	}
	if err != nil {
		return nil, err
	}
	return *answer.Flights, nil
}

// Failure is a fill that has failed.
type Failure struct {
	At, Key, Page, Slot, Reason, Text, Remedy string
	Status                                    int
}

// Failures gets the last that there were, the newest first.
func (c *Client) Failures(ctx context.Context) ([]Failure, error) {
	var answer struct{ Failures *[]Failure }
	a, err := c.askJSON(ctx, "failures", "", &answer)
	if err == nil && answer.Failures == nil {
		err = a.notInlays()
	}
	if err != nil {
		return nil, err
	}
	return *answer.Failures, nil
}

// Preview is what a purge or an invalidation would reach.
type Preview struct {
	// Entries is how many entries, Bytes what they take. Of what is asked for in several requests some may be counted twice.
	Entries int
	Bytes   int64
	// Keys are of the first hundred.
	Keys []string
	// Reach is as that of a Change.
	Reach   string
	Partial bool
	// JSON is what came, a line for each request.
	JSON []byte
}

// Preview asks what a purge would remove, or with soft an invalidation would reach. It changes nothing: a site that knows no previews
// refuses it.
func (c *Client) Preview(ctx context.Context, soft bool, what What) (all Preview, err error) {
	how := "purge"
	if soft {
		how = "invalidate"
	}
	for _, query := range what.queries() {
		a, err := c.ask(ctx, http.MethodPost, how, "preview=1&"+query)
		var one struct {
			Preview *bool
			Entries *int
			Bytes   int64
			Keys    []string
			Error   string
		}
		if a == nil || json.Unmarshal(a.body, &one) != nil {
			if err == nil {
				err = a.notInlays()
			}
			return all, err
		}
		switch {
		case isOlder(one.Error):
			return all, fmt.Errorf("%s was built by an older inlay, which has no previews; nothing was changed. Deploy it again to have them", c.where())
		case one.Error != "":
			return all, fmt.Errorf("%s: %s", c.where(), Plain(one.Error))
		case err != nil:
			return all, err
		case one.Preview == nil || !*one.Preview || one.Entries == nil:
			return all, a.notInlays()
		}
		all.Entries += *one.Entries
		all.Bytes += one.Bytes
		all.Keys = append(all.Keys, one.Keys...)
		all.JSON = append(all.JSON, a.body...)
		all.Reach, all.Partial = a.reach()
	}
	if all.Reach == "" {
		return all, errors.New("nothing is named to " + how)
	}
	return all, nil
}

// isOlder tells whether a site has said that it does not know the parameter preview.
func isOlder(text string) bool {
	return strings.Contains(text, "preview=1") && strings.Contains(text, "was not understood")
}

// askJSON asks for what is told as an object.
func (c *Client) askJSON(ctx context.Context, name, query string, into any) (*answer, error) {
	a, err := c.ask(ctx, http.MethodGet, name, query)
	if a != nil && a.resp.StatusCode == http.StatusBadRequest {
		var wrong struct{ Error string }
		if json.Unmarshal(a.body, &wrong) == nil && wrong.Error != "" {
			return a, fmt.Errorf("%s: %s", c.where(), Plain(wrong.Error))
		}
	}
	if err != nil {
		return a, err
	}
	if json.Unmarshal(a.body, into) != nil {
		return a, a.notInlays()
	}
	return a, nil
}

// reachOf is what an answer says that it is of.
func reachOf(reach string, a *answer) string {
	switch reach {
	case "process":
		return "one process"
	case "isolate":
		return oneIsolate
	}
	text, _ := a.reach()
	return text
}
