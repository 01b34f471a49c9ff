package redis

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/edgetest"
)

func TestStoreIsAPurgeLog(t *testing.T) {
	s := startServer(t)
	for name, subjects := range map[string]int{"as many subjects as usual": 0, "few": 300} {
		t.Run(name, func(t *testing.T) {
			edgetest.TestPurgeLog(t, func(t *testing.T) (edge.PurgeLog, edge.PurgeLog, int) {
				o := Options{Prefix: rand.Text() + ":", Subjects: subjects}
				a, b := s.open(t, o), s.open(t, o)
				return a, b, a.subjects
			})
		})
	}
}

func TestStoreIsATier(t *testing.T) {
	s := startServer(t)
	edgetest.TestTier(t, func(t *testing.T) (edge.Tier, edge.Tier) {
		o := Options{Prefix: rand.Text() + ":"}
		return s.open(t, o), s.open(t, o)
	})
}

func TestSitesOfOneServerAreApart(t *testing.T) {
	s := startServer(t)
	a, b := s.open(t, Options{Prefix: "a:"}), s.open(t, Options{Prefix: "b:"})
	first, err := a.Purge(soon(t), "", 0, []string{"all"})
	require.NoError(t, err)
	other, err := b.Since(soon(t), "", 0)
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, other.ID)
	assert.Zero(t, other.Seq)
	require.NoError(t, a.Put(soon(t), "x", []byte("of a"), time.Minute))
	got, _, err := b.Get(soon(t), "x")
	require.NoError(t, err)
	assert.Nil(t, got)
}

// What a Redis may go through, and how the log notices.
func TestLogThatMayHaveLostSomethingIsAnother(t *testing.T) {
	do := func(t *testing.T, s *server, args ...any) {
		t.Helper()
		store := s.open(t, Options{})
		require.NoError(t, store.client.Do(soon(t), args...).Err())
	}
	for name, c := range map[string]struct {
		args []string
		lose func(t *testing.T, s *server)
	}{
		"killed and started with its data": {lose: func(t *testing.T, s *server) {
			require.NoError(t, s.kill())
			require.NoError(t, s.start())
		}},
		"killed and started without its data": {lose: func(t *testing.T, s *server) {
			require.NoError(t, s.kill())
			s.forget()
			require.NoError(t, s.start())
		}},
		"stopped in order and started": {lose: func(t *testing.T, s *server) {
			s.signal(syscall.SIGTERM)
			require.NoError(t, s.cmd.Wait())
			require.NoError(t, s.start())
		}},
		"flushed": {lose: func(t *testing.T, s *server) { do(t, s, "FLUSHALL") }},
		"without its state, as an eviction leaves it": {lose: func(t *testing.T, s *server) { do(t, s, "DEL", "inlay:{log}:state") }},
		"without its marks":                           {lose: func(t *testing.T, s *server) { do(t, s, "DEL", "inlay:{log}:marks") }},
		"restored from an older snapshot": {
			args: []string{"--appendonly", "no"},
			lose: func(t *testing.T, s *server) {
				do(t, s, "SAVE")
				old, err := os.ReadFile(filepath.Join(s.dir, "dump.rdb"))
				require.NoError(t, err)
				_, err = s.open(t, Options{}).Purge(soon(t), "", 0, []string{"tag:late"})
				require.NoError(t, err)
				require.NoError(t, s.kill())
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "dump.rdb"), old, 0o600))
				require.NoError(t, s.start())
			},
		},
		"a replica that has taken over": {lose: func(t *testing.T, s *server) {
			replica := startServer(t, "--replicaof", "127.0.0.1 "+s.port)
			copied := replica.open(t, Options{})
			for deadline := time.Now().Add(30 * time.Second); ; {
				n, err := copied.client.Exists(soon(t), "inlay:{log}:state", "inlay:{log}:marks").Result()
				require.NoError(t, err)
				if n == 2 {
					break
				}
				require.True(t, time.Now().Before(deadline), "the replica has no copy")
			}
			_, err := copied.Since(soon(t), "", 0)
			require.Error(t, err, "a replica is no log: it would answer with what is old")
			do(t, replica, "REPLICAOF", "NO", "ONE")
			require.NoError(t, s.kill())
			s.port, replica.port = replica.port, s.port
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, c.args...)
			before, err := s.open(t, Options{}).Purge(soon(t), "", 0, []string{"tag:a"})
			require.NoError(t, err)
			again, err := s.open(t, Options{}).Since(soon(t), before.ID, before.Seq)
			require.NoError(t, err)
			require.Equal(t, before.ID, again.ID)

			c.lose(t, s)

			after, err := s.open(t, Options{}).Since(soon(t), before.ID, before.Seq)
			require.NoError(t, err)
			assert.NotEqual(t, before.ID, after.ID)
			again, err = s.open(t, Options{}).Since(soon(t), "", 0)
			require.NoError(t, err)
			assert.Equal(t, after.ID, again.ID, "and stays that")
		})
	}
}

func TestServerThatHangsIsAnErrorInTime(t *testing.T) {
	s := startServer(t)
	store := s.open(t, Options{})
	_, err := store.Since(soon(t), "", 0)
	require.NoError(t, err)
	s.signal(syscall.SIGSTOP)
	defer s.signal(syscall.SIGCONT)
	for name, call := range map[string]func(context.Context) error{
		"Since": func(ctx context.Context) error { _, err := store.Since(ctx, "", 0); return err },
		"Purge": func(ctx context.Context) error { _, err := store.Purge(ctx, "", 0, []string{"all"}); return err },
		"Get":   func(ctx context.Context) error { _, _, err := store.Get(ctx, "x"); return err },
		"Put":   func(ctx context.Context) error { return store.Put(ctx, "x", []byte("x"), time.Minute) },
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		began := time.Now()
		err := call(ctx)
		cancel()
		assert.Error(t, err, name)
		assert.Less(t, time.Since(began), 5*time.Second, name)
	}
}

func TestServerThatIsNotThereIsAClearError(t *testing.T) {
	s := startServer(t)
	store := s.open(t, Options{})
	require.NoError(t, s.kill())
	_, err := store.Since(soon(t), "", 0)
	assert.ErrorContains(t, err, "inlay/edge/redis: the purge log: ")
	_, _, err = store.Get(soon(t), "x")
	assert.ErrorContains(t, err, "inlay/edge/redis: a fragment could not be got: ")
	assert.ErrorContains(t, store.Put(soon(t), "x", nil, time.Minute), "inlay/edge/redis: a fragment could not be put: ")
	require.NoError(t, s.start())
	_, err = store.Since(soon(t), "", 0)
	assert.NoError(t, err, "it is there again")
}

func TestWhatIsNotInlaysIsNotTaken(t *testing.T) {
	s := startServer(t)
	store := s.open(t, Options{})
	require.NoError(t, store.client.Set(soon(t), "inlay:{log}:state", "mine", 0).Err())
	_, err := store.Since(soon(t), "", 0)
	assert.ErrorContains(t, err, "WRONGTYPE")
	require.NoError(t, store.client.Set(soon(t), "inlay:f:x", "short", 0).Err())
	got, _, err := store.Get(soon(t), "x")
	assert.NoError(t, err)
	assert.Nil(t, got)
	require.NoError(t, store.Put(soon(t), "y", []byte("for ever"), time.Minute))
	require.NoError(t, store.client.Persist(soon(t), "inlay:f:y").Err())
	got, age, err := store.Get(soon(t), "y")
	assert.NoError(t, err)
	assert.Equal(t, "for ever", string(got))
	assert.Negative(t, age, "nothing tells how old it is")
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	heeding := goredis.NewClient(&goredis.Options{ContextTimeoutEnabled: true})
	deaf, cluster := goredis.NewClient(&goredis.Options{}), goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	ring := goredis.NewRing(&goredis.RingOptions{})
	for _, c := range []io.Closer{heeding, deaf, cluster, ring} {
		defer c.Close()
	}
	for _, c := range []struct {
		client goredis.UniversalClient
		o      Options
		says   string
	}{
		{deaf, Options{}, "ContextTimeoutEnabled"},
		{cluster, Options{}, "ContextTimeoutEnabled"},
		{ring, Options{}, "a Ring"},
		{nil, Options{}, "nil"},
		{heeding, Options{Subjects: -1}, "Options.Subjects is -1"},
		{heeding, Options{Prefix: "{x}"}, `Options.Prefix is "{x}"`},
	} {
		_, err := New(c.client, c.o)
		assert.ErrorContains(t, err, c.says)
	}
	_, err := Open("http://127.0.0.1", Options{})
	assert.ErrorContains(t, err, "the URL of the server")
	s, err := New(heeding, Options{})
	require.NoError(t, err)
	assert.NoError(t, s.Close())
	assert.NotErrorIs(t, heeding.Ping(soon(t)).Err(), goredis.ErrClosed, "the client is the program's")
}

// FuzzRead: an answer that is none of the script's is an error, and never a log without a name.
func FuzzRead(f *testing.F) {
	f.Add("id", "1", "0", "tag:a", "1")
	f.Add("", "1", "0", "tag:a", "1")
	f.Add("id", "-1", "1e3", "tag:a", "x")
	f.Fuzz(func(t *testing.T, id, seq, floor, subject, mark string) {
		for n := range 6 {
			a, err := read([]string{id, seq, floor, subject, mark}[:min(n, 5)])
			if err == nil && (a.ID == "" || len(a.Changes) != (min(n, 5)-3)/2) {
				t.Fatalf("%+v", a)
			}
		}
	})
}

// BenchmarkSince is what a poll takes when nothing has changed.
func BenchmarkSince(b *testing.B) {
	store := startServer(b).open(b, Options{})
	a, err := store.Purge(soon(b), "", 0, []string{"tag:a"})
	require.NoError(b, err)
	for b.Loop() {
		_, err := store.Since(context.Background(), a.ID, a.Seq)
		require.NoError(b, err)
	}
}

// BenchmarkPurge is what a purge takes whose subject is one of many.
func BenchmarkPurge(b *testing.B) {
	store := startServer(b).open(b, Options{})
	a := edge.LogAnswer{}
	for i := 0; b.Loop(); i++ {
		var err error
		a, err = store.Purge(context.Background(), a.ID, a.Seq, []string{"tag:" + strconv.Itoa(i)})
		require.NoError(b, err)
	}
}

// BenchmarkGet is what a fragment of 10 KB takes.
func BenchmarkGet(b *testing.B) {
	store := startServer(b).open(b, Options{})
	require.NoError(b, store.Put(soon(b), "x", make([]byte, 10<<10), time.Hour))
	for b.Loop() {
		_, _, err := store.Get(context.Background(), "x")
		require.NoError(b, err)
	}
}
