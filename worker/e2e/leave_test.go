package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// What happens to everyone else when a client leaves. Only bare workerd passes a reset on to the Worker.

// socket is a client whose connection can be reset, or read slowly.
type socket struct {
	net.Conn
	reader *bufio.Reader
}

// dial sends a browser's GET and reads nothing.
func dial(t *testing.T, server *harness.Server, path string) *socket {
	t.Helper()
	s, err := tryDial(server, path)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func tryDial(server *harness.Server, path string) (*socket, error) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(server.URL, "http://"), 10*time.Second)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Dest: document\r\nConnection: close\r\n\r\n", path)
	return &socket{Conn: conn, reader: bufio.NewReaderSize(conn, 1024)}, err
}

// reset ends the connection so that the server notices: a FIN alone it does not.
func (s *socket) reset() {
	_ = s.Conn.(*net.TCPConn).SetLinger(0)
	_ = s.Conn.Close()
}

func (s *socket) page() (status int, body string, err error) {
	resp, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// whole checks that a page has its end and the fragment of every slot, once.
func whole(body string) error {
	if !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
		return fmt.Errorf("the page has no end: …%q", body[max(0, len(body)-80):])
	}
	for _, slot := range fiveSlots {
		if n := strings.Count(body, "["+fragmentPath(slot)+"]"); n != 1 {
			return fmt.Errorf("the page has %d fragments for %s", n, slot)
		}
	}
	return nil
}

func TestJoinersGetTheirPageWhenTheLeaderLeaves(t *testing.T) {
	const delay = 1000 * time.Millisecond
	for _, part := range []float64{0, 0.5, 0.95} {
		t.Run(fmt.Sprintf("at %v of the fill", part), func(t *testing.T) {
			t.Parallel()
			origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(delay):
					fragment(w, r)
				case <-r.Context().Done():
				}
			})
			server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL)
			leader := dial(t, server, fivePage)
			require.Eventually(t, func() bool { return origin.count(fragmentPath("overview")) == 1 }, 10*time.Second, time.Millisecond)
			begun := time.Now()
			before := dial(t, server, fivePage)
			left := time.After(time.Duration(part * float64(delay)))
			<-left
			leader.reset()
			after := dial(t, server, fivePage)
			for name, joiner := range map[string]*socket{"before": before, "after": after} {
				status, body, err := joiner.page()
				require.NoError(t, err, "%s: %s", name, server.Log())
				assert.Equal(t, http.StatusOK, status, name)
				assert.NoError(t, whole(body), name)
			}
			assert.Less(t, time.Since(begun), 5*time.Second, "nobody waited for a timeout")
			for _, slot := range fiveSlots {
				assert.Equal(t, 1, origin.count(fragmentPath(slot)), "%s: the fill outlived its leader's client", slot)
			}
			assert.NotContains(t, server.Log(), "had hung")
			assert.NotContains(t, server.Log(), "Cannot perform I/O")
		})
	}
}

func TestClientThatLeavesFreesItsRequest(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	var clients []*socket
	for range 50 {
		clients = append(clients, dial(t, server, fivePage))
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 50 }, 20*time.Second, 10*time.Millisecond)
	for _, c := range clients {
		c.reset()
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 0 }, 20*time.Second, 10*time.Millisecond,
		"while the fills go on")
	assert.Equal(t, len(fiveSlots), stat(t, server, "flights"))
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	require.Eventually(t, func() bool { return stat(t, server, "flights") == 0 }, 20*time.Second, 10*time.Millisecond)
	status, body, err := dial(t, server, fivePage).page()
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.NoError(t, whole(body))
	assert.Equal(t, 1, origin.count(fragmentPath("index")))
}

func TestClientThatLeavesBeforeItsHeadFreesItsRequest(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken, "INLAY_PATIENCE=1s")
	leader := dial(t, server, fivePage)
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 1 }, 20*time.Second, 10*time.Millisecond)
	leader.reset()
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == 0 }, 20*time.Second, 10*time.Millisecond)
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	require.Eventually(t, func() bool { return stat(t, server, "flights") == 0 }, 20*time.Second, 10*time.Millisecond)
	assert.Contains(t, browse(t, server.URL+fivePage).Header.Get("Cache-Status"), "inlay/overview;hit")
}

func TestThousandAtOnceOnAColdPageAreOneFillEach(t *testing.T) {
	gates := &held{}
	origin := newOrigin(t, gates.answer)
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	const clients = 1000
	errs := make(chan error, clients)
	var wait sync.WaitGroup
	for range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs <- func() error {
				s, err := tryDial(server, fivePage)
				if err != nil {
					return err
				}
				defer s.Close()
				status, body, err := s.page()
				if err != nil {
					return err
				}
				if status != http.StatusOK {
					return fmt.Errorf("status %d: %s", status, body)
				}
				return whole(body)
			}()
		}()
	}
	require.Eventually(t, func() bool { return stat(t, server, "waiting") == clients }, 40*time.Second, 50*time.Millisecond)
	for _, slot := range fiveSlots {
		gates.open(fragmentPath(slot))
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err, server.Log())
	}
	for _, slot := range fiveSlots {
		assert.Equal(t, 1, origin.count(fragmentPath(slot)), slot)
	}
}

func TestSlowReadersHoldNobodyBack(t *testing.T) {
	filler := strings.Repeat("<p>filler of a large fragment</p>", 30<<10)
	origin := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		fragment(w, r)
		if r.URL.Path != fragmentPath("title") { // which stands in the head
			fmt.Fprint(w, filler)
		}
	})
	server := harness.StartWorkerd(t, "INLAY_ORIGIN="+origin.URL, "INLAY_TOKEN="+adminToken)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 20 {
		slow := dial(t, server, fivePage)
		require.NoError(t, slow.Conn.(*net.TCPConn).SetReadBuffer(4096))
		wait.Add(1)
		go func() {
			defer wait.Done()
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					if _, err := io.CopyN(io.Discard, slow.reader, 100); err != nil {
						return
					}
				}
			}
		}()
	}
	defer wait.Wait()
	defer close(stop)
	require.Eventually(t, func() bool { return origin.count(fragmentPath("index")) == 1 }, 20*time.Second, 10*time.Millisecond)
	for range 20 {
		begun := time.Now()
		status, body, err := dial(t, server, fivePage).page()
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
		assert.NoError(t, whole(body))
		assert.Less(t, time.Since(begun), 10*time.Second)
	}
	// Twenty stalled clients hold references to the same fragments, not copies of them: 4 MB of page each.
	assert.Less(t, server.RSS(), int64(400<<20))
}
