package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

const tagged = `<body><edge-slot name="a" src="/f/{id}" ttl="1h" tags="t product:{id}">…</edge-slot></body>`

// overtakers are the ways to say that what was read before is outdated.
var overtakers = map[string]func(s *script){
	"purge of a tag":                  func(s *script) { s.engine.PurgeTag("t", s.now) },
	"purge of a tag with a parameter": func(s *script) { s.engine.PurgeTag("product:7", s.now) },
	"purge of the key":                func(s *script) { s.engine.Purge("/f/7", s.now) },
	"purge of all":                    func(s *script) { s.engine.PurgeAll(s.now) },
	"invalidation":                    func(s *script) { s.engine.InvalidateTag("t", s.now) },
	"administration, tag":             func(s *script) { s.told("tag:t") },
	"administration, key":             func(s *script) { s.told("key:/f/7") },
	"administration, all":             func(s *script) { s.told("all") },
	"administration, invalidate":      func(s *script) { s.told("~tag:product:7") },
}

// told is that the host purges what subjects name, as a request of administration has it, without a log.
func (s *script) told(subjects ...string) { s.engine.Told(subjects, nil, 0, s.now) }

// A asks, the origin reads the old value; then comes the purge, and B asks.
func TestAReaderAfterAPurgeDoesNotJoinTheFillFromBeforeIt(t *testing.T) {
	for name, overtake := range overtakers {
		for _, order := range []string{"the old one ends first", "the new one ends first"} {
			t.Run(name+", "+order, func(t *testing.T) {
				s := newScriptWith(t, func(c *config.Config) { c.Token = secret }, pageOf(t, "/p/{id}", tagged))
				s.get(1, "/p/7")
				overtake(s)
				s.get(2, "/p/7")
				require.Len(t, s.fills, 2, "B has a fill of its own")
				s.get(3, "/p/7")
				require.Len(t, s.fills, 2, "which others join")
				if strings.HasPrefix(order, "the old") {
					s.fill(0, "<p>old</p>")
					s.fill(1, "<p>new</p>")
				} else {
					s.fill(1, "<p>new</p>")
					s.fill(0, "<p>old</p>")
				}
				for id, want := range map[RequestID]string{1: "old", 2: "new", 3: "new", 4: "new"} {
					s.takeBody()
					if id == 4 {
						s.get(id, "/p/7")
					} else {
						s.engine.Resume(id, s.now)
					}
					assert.Contains(t, s.takeBody(), want, "request %d", id)
				}
				require.Len(t, s.fills, 2)
			})
		}
	}
}

// The same where only the origin's answers name the tag, which nobody can know before the first has come.
func TestAReaderAfterAPurgeByATagOfTheOriginDoesNotJoin(t *testing.T) {
	overtake := map[string]func(s *script){
		"purge":      func(s *script) { s.engine.PurgeTag("origins", s.now) },
		"invalidate": func(s *script) { s.engine.InvalidateTag("origins", s.now) },
	}
	for name, overtake := range overtake {
		for _, attrs := range []string{`ttl="1s"`, `ttl="1s" tags="own"`, `ttl="1s" sie="1h"`} {
			for _, stored := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, stored %v", name, attrs, stored), func(t *testing.T) {
					s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" `+attrs+`>…</edge-slot></body>`))
					answer := func(a *answer.Answer) { a.CacheTag = "origins" }
					id := RequestID(1)
					if stored {
						s.get(id, "/p")
						s.fill(0, "<p>first</p>", answer)
						s.engine.Resume(id, s.now)
						s.now = s.now.Add(2 * time.Second)
					}
					n := len(s.fills)
					s.get(id+1, "/p")
					require.Len(t, s.fills, n+1)
					overtake(s)
					s.get(id+2, "/p")
					require.Len(t, s.fills, n+2, "it has a fill of its own")
					s.get(id+3, "/p")
					require.Len(t, s.fills, n+2, "which others join")
					s.fill(n, "<p>old</p>", answer)
					s.fill(n+1, "<p>new</p>", answer)
					s.takeBody()
					s.engine.Resume(id+2, s.now)
					assert.Contains(t, s.takeBody(), "new")
					s.get(id+4, "/p")
					assert.Contains(t, s.takeBody(), "new")
				})
			}
		}
	}
}

// Where the origin gives no tags, purges of others' do not part those who ask for the same.
func TestAPurgeOfWhatASlotDoesNotCarryPartsNobody(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1s" tags="own">…</edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "<p>first</p>")
	s.engine.Resume(1, s.now)
	s.now = s.now.Add(2 * time.Second)
	s.get(2, "/p")
	require.Len(t, s.fills, 2)
	s.engine.PurgeTag("another", s.now)
	s.get(3, "/p")
	require.Len(t, s.fills, 2)
}

// As a soft purge: freshness ends, and from then on swr and sie count.
func TestAnInvalidationEndsFreshness(t *testing.T) {
	for _, c := range []struct {
		attrs  string
		after  time.Duration
		served string // at once, without the fill's answer
		failed string // when the fill fails
	}{
		{`ttl="1h"`, 0, "", "502"},
		{`ttl="1h" swr="10s"`, 9 * time.Second, "old", "old"},
		{`ttl="1h" swr="10s"`, 10 * time.Second, "", "502"},
		{`ttl="1h" sie="10s"`, 9 * time.Second, "", "old"},
		{`ttl="1h" sie="10s"`, 10 * time.Second, "", "502"},
		{`ttl="1h" swr="5s" sie="10s"`, 9 * time.Second, "", "old"},
	} {
		s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" required tags="t" `+c.attrs+`>…</edge-slot></body>`))
		s.get(1, "/p/7")
		s.fill(0, "<p>old</p>")
		s.engine.Resume(1, s.now)
		s.get(2, "/p/7")
		s.engine.InvalidateTag("t", s.now)
		s.now = s.now.Add(c.after)
		s.engine.InvalidateTag("t", s.now)
		s.take()
		s.takeBody()

		s.get(3, "/p/7")

		require.Len(t, s.fills, 2, c.attrs)
		if c.served != "" {
			assert.Contains(t, s.takeBody(), c.served, c.attrs)
			continue
		}
		assert.Empty(t, s.takeBody(), c.attrs)
		s.take()
		s.engine.FillFail(s.fills[1], &answer.FillError{Reason: answer.ConnectError}, s.now)
		s.engine.Resume(3, s.now)
		if c.failed == "502" {
			assert.Contains(t, s.take(), "send 3 502", c.attrs)
		} else {
			assert.Contains(t, s.takeBody(), c.failed, c.attrs)
		}
	}
}
