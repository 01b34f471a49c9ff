package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/cache"
	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/purgelog"
)

// repeated is a script whose page /p/7 may be repeated, and s.parts are the numbers that this holds for.
func repeated(t *testing.T, slots string, change func(*config.Config)) *script {
	s := newScriptWith(t, change, pageOf(t, "/p/{id}", `<body>`+slots+`</body>`))
	s.fields = map[string]string{"sec-fetch-dest": "document"}
	s.load("/p/7")
	require.NotEmpty(t, s.parts)
	return s
}

// load asks for a page until it is warm.
func (s *script) load(target string) {
	for range 3 {
		id, n := RequestID(1000+len(s.fills)), len(s.fills)
		s.get(id, target)
		for i := n; i < len(s.fills); i++ {
			s.fill(i, "<p>"+s.asked[i].Src+"</p>", withETag(`"1"`))
		}
		s.engine.Resume(id, s.now)
	}
	s.take()
	s.takeBody()
}

// TestARepeatEndsWithItsPartsAndNoOther has each thing happen that makes a fragment another, and looks whose numbers change.
func TestARepeatEndsWithItsPartsAndNoOther(t *testing.T) {
	const slots = `<edge-slot name="a" src="/f/a/{id}" ttl="10s" swr="1m" tags="t"></edge-slot><edge-slot name="b" src="/f/b/{id}" ttl="1h"></edge-slot>`
	stale := func(s *script) int {
		s.now = s.now.Add(11 * time.Second)
		s.get(2, "/p/7")
		require.Len(s.t, s.fills, 5)
		return 4
	}
	for name, c := range map[string]struct {
		happens func(s *script)
		changes int // of the two, and how often all are ended
		ended   int
	}{
		"nothing":            {func(s *script) {}, 0, 0},
		"another page comes": {func(s *script) { s.load("/p/9") }, 0, 0},
		"a fill fails": {func(s *script) {
			s.engine.FillFail(s.fills[stale(s)], &answer.FillError{Reason: answer.ConnectError}, s.now)
		}, 0, 0},
		"a fragment is replaced":    {func(s *script) { s.fill(stale(s), "<p>new</p>") }, 1, 0},
		"a fragment is renewed":     {func(s *script) { s.notModified(stale(s)) }, 1, 0},
		"a fragment is purged":      {func(s *script) { s.engine.Purge("/f/b/7", s.now) }, 1, 1},
		"a tag is purged":           {func(s *script) { s.engine.PurgeTag("t", s.now) }, 0, 1},
		"a tag is invalidated":      {func(s *script) { s.engine.InvalidateTag("t", s.now) }, 0, 1},
		"everything is purged":      {func(s *script) { s.engine.PurgeAll(s.now) }, 2, 1},
		"a fragment is invalidated": {func(s *script) { s.engine.change(purgelog.Soft(purgelog.Key("/f/b/7"))) }, 0, 1},
	} {
		s := repeated(t, slots, func(c *config.Config) { c.MaxBytes = 1 << 20 })
		parts, were, ended := s.parts, numbers(s.parts), s.ended
		s.load("/p/8")
		assert.Equal(t, were, numbers(parts), name)
		c.happens(s)
		changed := 0
		for i := range parts {
			if *parts[i] != were[i] {
				changed++
			}
		}
		assert.Equal(t, []int{c.changes, c.ended}, []int{changed, s.ended - ended}, name)
	}
}

// A page of the origin is not repeated once its URL may be the origin's again: what was known of it has left the cache.
func TestARepeatEndsWithWhatIsKnownOfItsURL(t *testing.T) {
	s := visited(t)
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/a")
	p := s.passHead(1, "/a", answers())
	s.passPart(1, originsPage, p, true)
	s.shellFill(0, originsPage)
	s.fill(1, "<i>F</i>")
	s.fill(2, "<i>G</i>")
	s.engine.Resume(1, s.now)
	s.get(2, "/a")
	s.get(3, "/a")
	require.NotEmpty(t, s.parts, "it may be repeated")

	var markers []string
	for at, begun := uint64(0), false; at != 0 || !begun; begun = true {
		at = s.engine.fragments.Walk(at, 100, func(seen cache.Seen[*entry[int]]) {
			if seen.Value().marker() != nil {
				markers = append(markers, seen.Key())
			}
		})
	}
	require.Len(t, markers, 1)
	ended := s.ended
	s.engine.fragments.Delete(markers[0])
	assert.Equal(t, ended+1, s.ended)
	s.take()
	s.get(4, "/a")
	assert.Equal(t, []string{"pass 4"}, s.take())
}

// TestWhatIsOnlyRepeatedIsNotColdToTheCache: one page is asked for again and again, and the host answers for it. Others come once
// each, many more than there is room for.
func TestWhatIsOnlyRepeatedIsNotColdToTheCache(t *testing.T) {
	survives := func(touched bool) bool {
		s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1h"></edge-slot></body>`))
		s.fields = map[string]string{"sec-fetch-dest": "document"}
		ask := func(id RequestID, target string) {
			n := len(s.fills)
			s.get(id, target)
			if len(s.fills) > n {
				s.fill(n, strings.Repeat("x", 10_000))
				s.engine.Resume(id, s.now)
			}
			s.take()
			s.takeBody()
		}
		for id := range RequestID(3) {
			ask(1+id, "/p/7")
		}
		page, part := s.repeat, s.parts[0]
		was := *part
		for i := range RequestID(3000) {
			if touched && *part == was {
				s.engine.Touch(page, 1)
			}
			ask(100+i, fmt.Sprintf("/p/x%d", i%200))
		}
		return *part == was
	}
	assert.True(t, survives(true))
	assert.False(t, survives(false), "or this shows nothing")
}

// TestHeadsAndRepeatsSayInVaryWhatIsKnown: another page of the pattern finds out that there is more to vary on.
func TestHeadsAndRepeatsSayInVaryWhatIsKnown(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/a/{id}" ttl="1h"></edge-slot></body>`))
	s.fields = map[string]string{"sec-fetch-dest": "document"}
	s.load("/p/1")
	warm := func() string {
		whole, ok := s.engine.Warm(&Request{Method: "GET", Target: "/p/1", Fields: s}, s.now)
		require.True(t, ok)
		return s.heads[whole.Head]["vary"]
	}
	before, ended := warm(), s.ended
	require.NotContains(t, strings.ToLower(before), "x-lang")

	s.get(1, "/p/2")
	s.fill(len(s.fills)-1, `<edge-slot name="b" src="/b" vary="header:x-lang"></edge-slot>`)
	s.engine.Resume(1, s.now)

	assert.Greater(t, s.ended, ended)
	assert.Contains(t, strings.ToLower(warm()), "x-lang")
}
