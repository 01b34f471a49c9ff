package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client asks one site. It may be used by several goroutines at once.
type Client struct {
	// Site is where, as [Target] gives it.
	Site *url.URL
	// Token is what [Sources.Token] gives.
	Token string
	// Timeout bounds each request with its answer. 0: 10 seconds.
	Timeout time.Duration
	// Transport carries the requests. Nil: http.DefaultTransport.
	Transport http.RoundTripper
	// Copy gets each answer to a change as it came. Nil: nobody does.
	Copy io.Writer
}

const (
	fallbackTimeout = 10 * time.Second
	// maxQuery is how many bytes of parameters go in one request, unless one parameter alone has more: half of what nginx
	// takes by default in a request's first line.
	maxQuery = 4 << 10
	// maxAnswer is how many bytes an answer may have: a hundred entries take some 30 KB, unless their keys are very long.
	maxAnswer = 16 << 20
)

// ErrNoLog is in the error of a change that the site could not tell its purge log: nobody else has heard of it. It may be asked for
// again, any number of times.
var ErrNoLog = errors.New("doing it twice does no harm")

// ErrOlder is in the error of what a site does not know yet. Its text is empty, since what stands before says it.
var ErrOlder = errors.New("")

// What a purge removes, or an invalidation ends the freshness of. At least one of them has to be set.
type What struct {
	// All is everything.
	All bool
	// Tags and Keys name fragments. A key is written as the engine has it, with a line feed before each input, not encoded
	// for a URL.
	Tags, Keys []string
}

// Change is what a purge or an invalidation has done.
type Change struct {
	// Entries is how many entries were removed, or, invalidated, were fresh.
	Entries int
	// Reach is where: "one isolate" or "one process".
	Reach string
	// Partial tells that there is more than Reach, which will not hear of the change.
	Partial bool
	// Within tells by when it holds everywhere, such as "within 5s", and Log is its number in the purge log. Empty and 0: the
	// site has none.
	Within string
	Log    int64
}

// Purge removes what is named. If it fails after a part was done, the Change is of that part.
func (c *Client) Purge(ctx context.Context, what What) (Change, error) {
	return c.change(ctx, "purge", what)
}

// Invalidate ends the freshness of what is named. If it fails after a part was done, the Change is of that part.
func (c *Client) Invalidate(ctx context.Context, what What) (Change, error) {
	return c.change(ctx, "invalidate", what)
}

// change asks in as many requests as it takes. Where isolates are many, each may reach another.
func (c *Client) change(ctx context.Context, how string, what What) (Change, error) {
	var all Change
	queries := what.queries()
	if len(queries) == 0 {
		return all, errors.New("nothing is named to " + how)
	}
	for i, query := range queries {
		one, err := c.changeOnce(ctx, how, query)
		all.Entries += one.Entries
		if one.Reach != "" {
			all.Reach, all.Partial, all.Within, all.Log = one.Reach, one.Partial, one.Within, one.Log
		}
		if err != nil {
			return all, err
		}
		if i > 0 && !Local(c.Site) && all.Reach == oneIsolate {
			all.Reach = "one isolate for each of several requests"
		}
	}
	return all, nil
}

func (w What) queries() (queries []string) {
	if w.All {
		return []string{"all=1"}
	}
	add := func(name, value string) {
		pair := name + "=" + url.QueryEscape(value)
		if last := len(queries) - 1; last >= 0 && len(queries[last])+1+len(pair) <= maxQuery {
			queries[last] += "&" + pair
			return
		}
		queries = append(queries, pair)
	}
	for _, tag := range w.Tags {
		add("tag", tag)
	}
	for _, key := range w.Keys {
		add("key", key)
	}
	return queries
}

// Stats gets the counters.
func (c *Client) Stats(ctx context.Context) (*Stats, error) {
	a, err := c.ask(ctx, http.MethodGet, "stats", "")
	if err != nil {
		return nil, err
	}
	return a.stats()
}

// ask asks for a path of the administration. The answer is one of status 200, or there is an error.
func (c *Client) ask(ctx context.Context, method, name, query string) (*answer, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = fallbackTimeout
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	target := url.URL{Scheme: c.Site.Scheme, Host: c.Site.Host, Path: "/_inlay/" + name, RawQuery: query}
	r, err := http.NewRequestWithContext(bounded, method, target.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("User-Agent", "inlay")
	client := http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, c.unreached(ctx, timeout, err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := &answer{site: c.Site, name: name, resp: resp}
	if err := a.read(); err != nil {
		return nil, c.unreached(ctx, timeout, err)
	}
	return a, a.refused()
}

// where is the site in a message.
func (c *Client) where() string { return strings.TrimSuffix(c.Site.String(), "/") }
