package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/config"
)

// What a host holds beside a page's body counts, and goes with the page: each blob is dropped once, which the script's host sees to.
func TestRechargedPageCountsWhatItsHostHolds(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{}
	s.warmUp()
	s.get(2, "/p/7")
	r := &Request{ID: 3, Method: "GET", Target: "/p/7", Fields: s}
	whole, ok := s.engine.Warm(r, s.now)
	require.True(t, ok)
	is := func(b int) bool { return b == whole.Body }
	bytes := s.engine.Stats().Bytes
	for _, more := range []int{1000, 500, -1200, -300} {
		require.True(t, s.engine.Recharge(r, is, more, s.now))
		bytes += int64(more)
		assert.Equal(t, bytes, s.engine.Stats().Bytes)
		again, ok := s.engine.Warm(r, s.now)
		require.True(t, ok, "it is warm as before")
		assert.Equal(t, whole.Body, again.Body)
		s.take() // the engine's own rules hold
	}
	assert.False(t, s.engine.Recharge(r, func(int) bool { return false }, 1000, s.now), "another body is the page's by now")
	assert.False(t, s.engine.Recharge(r, is, 1<<30, s.now), "there is no room")
	assert.Equal(t, bytes, s.engine.Stats().Bytes)
	_, ok = s.engine.Warm(r, s.now)
	assert.True(t, ok)
	s.engine.PurgeAll(s.now)
	assert.False(t, s.engine.Recharge(r, is, 1000, s.now), "it has gone")
	assert.Zero(t, s.engine.Stats().Bytes)
	assert.NotContains(t, s.blobs, whole.Body)
}

// A page that its host has coded makes room before the fragments that it was made of, as it did before.
func TestRechargedPagesPushOutNoFragments(t *testing.T) {
	shell := `<body>` + strings.Repeat("x", 8<<10)
	for i := range 5 {
		shell += fmt.Sprintf(`<edge-slot name="s%d" src="/f/%d/{id}" ttl="1h">…</edge-slot>`, i, i)
	}
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p/{id}", shell+`</body>`))
	s.fields = map[string]string{}
	const pages = 70
	id := RequestID(0)
	ask := func(page int) {
		id++
		s.get(id, fmt.Sprintf("/p/%d", page))
		r := &Request{ID: 1 << 20, Method: "GET", Target: fmt.Sprintf("/p/%d", page), Fields: s}
		if whole, ok := s.engine.Warm(r, s.now); ok {
			s.engine.Recharge(r, func(b int) bool { return b == whole.Body }, 1, s.now)
		}
	}
	for n := range pages {
		first := len(s.fills)
		ask(n)
		for i := first; i < len(s.fills); i++ {
			s.fill(i, "<p>"+strings.Repeat("x", 2<<10)+"</p>")
		}
		s.engine.Resume(id, s.now)
		ask(n)
		ask(n)
	}
	require.Len(t, s.fills, 5*pages)
	for n := range pages {
		ask(n)
	}
	assert.Len(t, s.fills, 5*pages, "all of their fragments are there")
	assert.Greater(t, s.engine.fragments.Len(), 5*pages, "and some pages")
}

func TestQueryComesIntoAPageThatTakesOfIt(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots), pageOf(t, "/q/{id}", `<body><edge-slot name="a" src="/a" vary="query:q"></edge-slot></body>`))
	s.fields = map[string]string{}
	for target, want := range map[string]bool{"/p/1": false, "/p/1?q=1": false, "/q/1": false, "/q/1?q=1": true, "/other": false, "/other?q=1": true} {
		s.get(1, target)
		r := &Request{ID: 2, Method: "GET", Target: target, Fields: s}
		s.engine.Warm(r, s.now)
		assert.Equal(t, want, s.engine.TakesQuery(r), target)
		assert.Equal(t, target[1] == 'o', r.Page() < 0, target)
		s.engine.Leave(1, s.now)
	}
}
