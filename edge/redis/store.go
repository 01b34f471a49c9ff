package redis

import (
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"inlay/edge"
)

// Options are what a [Store] may be told.
type Options struct {
	// Prefix begins the names of all keys: who shares a server with other sites gives each site its own. Default "inlay:".
	Prefix string
	// Subjects are how many the log keeps, up to 1,000,000. Of more it forgets the oldest, and processes that have not asked since
	// those were purged forget all that they have. Default 4096, which is also the most that a process remembers.
	Subjects int
}

// Store is a purge log and a tier in Redis: an [edge.PurgeLog] and an [edge.Tier]. It is safe for use by many goroutines.
type Store struct {
	client   goredis.UniversalClient
	owned    bool
	prefix   string
	subjects int
}

var (
	_ edge.PurgeLog = (*Store)(nil)
	_ edge.Tier     = (*Store)(nil)
)

// Open makes a client of the server that a URL names: redis://user:password@host:port/db, rediss:// with TLS, or
// unix://user:password@/path?db=0, with the parameters of go-redis's ParseURL. It connects when it is first used, so a server that
// is down is no error here. Errors: the URL, or [Options] that make no sense.
func Open(url string, o Options) (*Store, error) {
	c, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("inlay/edge/redis: the URL of the server: %w", err)
	}
	c.ContextTimeoutEnabled = true
	c.MaxRetries, c.DialerRetries = -1, 1 // the engine asks again, and for now does without
	if c.DialTimeout == 0 {
		c.DialTimeout = time.Second
	}
	client := goredis.NewClient(c)
	s, err := New(client, o)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	s.owned = true
	return s, nil
}

// New makes a Store of a client, which must heed the deadlines of contexts: go-redis does if ContextTimeoutEnabled is set in its
// options. Errors: a client that does not, or [Options] that make no sense.
func New(client goredis.UniversalClient, o Options) (*Store, error) {
	heeds := true
	switch c := client.(type) {
	case nil:
		return nil, errors.New("inlay/edge/redis: the client is nil")
	case *goredis.Client:
		heeds = c.Options().ContextTimeoutEnabled
	case *goredis.ClusterClient:
		heeds = c.Options().ContextTimeoutEnabled
	case *goredis.Ring:
		return nil, errors.New("inlay/edge/redis: a Ring moves keys when a server fails, and the purge log with them; take one server, Sentinel or a cluster")
	}
	switch {
	case !heeds:
		return nil, errors.New("inlay/edge/redis: the client ignores deadlines of contexts, so a server that hangs would hold things up; set ContextTimeoutEnabled in its options")
	case o.Subjects < 0 || o.Subjects > 1_000_000:
		return nil, fmt.Errorf("inlay/edge/redis: Options.Subjects is %d; from 1 to 1000000, or 0 for 4096", o.Subjects)
	case strings.ContainsAny(o.Prefix, "{}"):
		return nil, fmt.Errorf("inlay/edge/redis: Options.Prefix is %q; without { and }, which say where in a cluster a key lies", o.Prefix)
	}
	s := &Store{client: client, prefix: o.Prefix, subjects: o.Subjects}
	if s.prefix == "" {
		s.prefix = "inlay:"
	}
	if s.subjects == 0 {
		s.subjects = 4096
	}
	return s, nil
}

// Close closes the client if [Open] has made it.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	return s.client.Close()
}
