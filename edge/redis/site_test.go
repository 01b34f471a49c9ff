package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/edge"
	"inlay/edge/edgetest"
)

func TestMain(m *testing.M) {
	if at := os.Getenv("INLAY_REDIS_TEST_SITE"); at != "" {
		if err := serveSite(at, os.Getenv("INLAY_REDIS_TEST_ORIGIN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// wait waits, and tells whether ctx still goes on.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// troubles are what a Redis goes through while a site is served.
var troubles = map[string]func(ctx context.Context, s *server) error{
	"a server that is well": nil,
	"a server that is stopped and continued": func(ctx context.Context, s *server) error {
		for wait(ctx, 300*time.Millisecond) {
			if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				return err
			}
			wait(ctx, time.Duration(rand.IntN(1200))*time.Millisecond)
			if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				return err
			}
		}
		return nil
	},
	"a server that is killed and comes back with its data": func(ctx context.Context, s *server) error {
		for wait(ctx, 300*time.Millisecond) {
			if err := s.kill(); err != nil {
				return err
			}
			wait(ctx, time.Duration(rand.IntN(700))*time.Millisecond)
			if err := s.start(); err != nil {
				return err
			}
		}
		return nil
	},
	"a server that is killed and comes back without": func(ctx context.Context, s *server) error {
		for wait(ctx, 300*time.Millisecond) {
			if err := s.kill(); err != nil {
				return err
			}
			s.forget()
			if err := s.start(); err != nil {
				return err
			}
		}
		return nil
	},
}

func TestBoundHoldsWith(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			storm := edgetest.Storm{Lease: 500 * time.Millisecond, Open: func(t *testing.T, _ int) (edge.PurgeLog, edge.Tier) {
				store := s.open(t, Options{})
				return store, store
			}}
			failed := make(chan error, 1)
			failed <- nil
			if trouble != nil {
				<-failed
				storm.Trouble = func(ctx context.Context) { failed <- trouble(ctx, s) }
			}
			w := edgetest.TestBound(t, storm)
			require.NoError(t, <-failed)
			assert.Positive(t, w.Purges)
			assert.Positive(t, w.Requests)
		})
	}
}

func TestSecondProcessColdAsksTheOriginNothing(t *testing.T) {
	s := startServer(t)
	const products = 20
	site := edgetest.NewSite(products)
	open := func() *edge.Handler {
		store := s.open(t, Options{})
		h, err := edge.NewHandler(edge.Options{Pages: []edge.Page{site.Page}, Origin: site, Log: store, Lower: store})
		require.NoError(t, err)
		return h
	}
	ask := func(h *edge.Handler) {
		for id := range products {
			asked := time.Now()
			status, body := edgetest.Get(h, id)
			require.Equal(t, http.StatusOK, status)
			_, err := site.Check(id, body, asked, time.Second)
			require.NoError(t, err)
		}
	}
	first := open()
	ask(first)
	require.NoError(t, first.Shutdown(soon(t))) // what it has put is there
	require.EqualValues(t, products, site.Fills.Load())

	second := open()
	ask(second)
	assert.EqualValues(t, products, site.Fills.Load(), "the origin was asked")
	stats := second.Stats()
	assert.EqualValues(t, products, stats.FoundDataCenter)

	// After a purge it refuses what lies below, and fills.
	v := site.Change(7)
	done, err := second.PurgeEverywhere(soon(t), edge.Purge{Tags: []string{site.Tag(7)}})
	require.NoError(t, err)
	assert.Equal(t, edge.Purged{Entries: 1, Seq: 1, Within: 5 * time.Second}, done)
	site.Acknowledged(7, v)
	third := open()
	ask(third)
	ask(second)
	assert.LessOrEqual(t, site.Fills.Load(), int64(products+2))
	assert.Greater(t, site.Fills.Load(), int64(products))
}

const (
	secret       = "a token of this test"
	processLease = time.Second
)

// serveSite is one process of the site: it says where it listens, and serves until its standard input ends.
func serveSite(redis, origin string) error {
	store, err := Open(redis, Options{})
	if err != nil {
		return err
	}
	h, err := edge.NewHandler(edge.Options{
		Pages: []edge.Page{edgetest.NewSite(0).Page}, Log: store, Lower: store,
		Config: edge.Config{Origin: origin, Token: secret, Lease: processLease, LeaseSoft: processLease / 5, Outage: processLease, PurgeField: "cache-tag"},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	server := &http.Server{Handler: h}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(h.Shutdown(ctx), store.Close())
}

// startProcess starts this test's program as a process of the site.
func startProcess(t *testing.T, redis, origin string) *url.URL {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "INLAY_REDIS_TEST_SITE="+redis, "INLAY_REDIS_TEST_ORIGIN="+origin)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	at, err := url.Parse(strings.TrimSpace(line))
	require.NoError(t, err)
	return at
}

// Processes behind a balancer, which sends each request to the next of them, while their Redis comes and goes.
func TestBoundHoldsForProcessesBehindABalancer(t *testing.T) {
	const products = 6
	redis := startServer(t)
	site := edgetest.NewSite(products)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id int
		if _, err := fmt.Sscanf(r.URL.Path, "/edit/%d", &id); err != nil {
			site.ServeHTTP(w, r)
			return
		}
		// An editor saves: the origin says what that has changed.
		w.Header().Set([]string{"Cache-Group-Invalidation", "Cache-Tag"}[rand.IntN(2)], `"`+site.Tag(id)+`"`)
		if w.Header().Get("Cache-Tag") != "" {
			w.Header().Set("Cache-Tag", site.Tag(id))
		}
		fmt.Fprint(w, site.Change(id))
	}))
	defer origin.Close()
	var processes []*url.URL
	for range 3 {
		processes = append(processes, startProcess(t, redis.url(), origin.URL))
	}
	var turn atomic.Uint64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(processes[turn.Add(1)%uint64(len(processes))])
	}})
	defer balancer.Close()
	client := &http.Client{Timeout: 20 * time.Second}
	do := func(method, target string) (int, string, error) {
		r, err := http.NewRequest(method, balancer.URL+target, nil)
		if err != nil {
			return 0, "", err
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		resp, err := client.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b), err
	}
	read := func(id int) error {
		asked := time.Now()
		status, body, err := do(http.MethodGet, fmt.Sprint("/p/", id))
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("status %d, %w: %s", status, err, body)
		}
		_, err = site.Check(id, body, asked, processLease)
		return err
	}
	purge := func(id int) error {
		v := site.Change(id)
		status, body, err := do(http.MethodPost, "/_inlay/purge?tag="+url.QueryEscape(site.Tag(id)))
		switch {
		case err != nil:
			return err
		case status == http.StatusOK && strings.Contains(body, `"log":`):
			site.Acknowledged(id, v)
		case status != http.StatusServiceUnavailable:
			return fmt.Errorf("a purge was answered with %d: %s", status, body)
		}
		return nil
	}

	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var requests atomic.Int64
	repeat := func(pause time.Duration, f func(int) error) {
		wg.Go(func() {
			for ctx.Err() == nil {
				requests.Add(1)
				if err := f(rand.IntN(products)); err != nil {
					t.Error(err)
					return
				}
				wait(ctx, rand.N(pause))
			}
		})
	}
	for range 4 {
		repeat(3*time.Millisecond, read)
	}
	repeat(100*time.Millisecond, purge)
	trouble := make(chan error, 1)
	go func() {
		defer close(trouble)
		for i := 0; wait(ctx, 500*time.Millisecond); i++ {
			var err error
			if i%2 == 0 {
				err = redis.cmd.Process.Signal(syscall.SIGSTOP)
				wait(ctx, 1300*time.Millisecond)
				err = errors.Join(err, redis.cmd.Process.Signal(syscall.SIGCONT))
			} else {
				err = errors.Join(redis.kill(), redis.start())
			}
			if err != nil {
				trouble <- err
				return
			}
		}
	}()
	wg.Wait()
	require.NoError(t, <-trouble)

	// Calm again: an edit through any process is known to all of them, without anybody purging.
	for id := range products {
		require.Eventually(t, func() bool {
			status, body, err := do(http.MethodPost, "/_inlay/purge?tag=nothing")
			return err == nil && status == http.StatusOK && strings.Contains(body, `"purged":0`)
		}, 20*time.Second, 10*time.Millisecond)
		require.NoError(t, read(id))
		status, v, err := do(http.MethodPost, fmt.Sprint("/edit/", id))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		var version int64
		_, err = fmt.Sscan(v, &version)
		require.NoError(t, err)
		site.Acknowledged(id, version)
	}
	time.Sleep(processLease + time.Millisecond)
	for range len(processes) {
		for id := range products {
			require.NoError(t, read(id))
		}
		turn.Add(1)
	}
	t.Logf("%d requests, %d fills", requests.Load(), site.Fills.Load())
}
