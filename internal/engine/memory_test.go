package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

const fiveByQuery = `<body>` +
	`<edge-slot name="a" src="/f/a" vary="query:q">…</edge-slot><edge-slot name="b" src="/f/b" vary="query:q">…</edge-slot>` +
	`<edge-slot name="c" src="/f/c" vary="query:q">…</edge-slot><edge-slot name="d" src="/f/d" vary="query:q">…</edge-slot>` +
	`<edge-slot name="e" src="/f/e" vary="query:q">…</edge-slot></body>`

// A fill that nobody waits for any more is bounded in number; the last ones go on, and what they bring is kept.
func TestFillsThatNobodyWaitsForAreFew(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p", fiveByQuery))
	query := func(i int) string { return fmt.Sprintf("/p?q=%08d%s", i, strings.Repeat("x", 8000)) }
	for i := range 100 {
		s.get(RequestID(i+1), query(i))
		s.engine.Leave(RequestID(i+1), s.now)
	}
	require.Len(t, s.fills, 500)
	u := &s.engine.unattended
	assert.LessOrEqual(t, u.bytes, u.limit)
	assert.Equal(t, 7, len(s.engine.flights), "64 KiB, 9 KB each")
	assert.Empty(t, s.engine.requests)
	stopped := 0
	for _, a := range s.take() {
		if strings.HasPrefix(a, "stop ") {
			stopped++
		}
	}
	assert.Equal(t, 493, stopped)
	for i := range s.fills {
		s.fill(i, "<p>x</p>")
	}
	assert.EqualValues(t, 493, s.engine.Stats().Late)
	s.get(200, query(99))
	assert.Contains(t, s.take(), "send 200 200", "the last ones were kept")

	// One that is joined is attended again.
	s.get(300, query(300))
	s.engine.Leave(300, s.now)
	s.get(301, query(300))
	for i := range 100 {
		s.get(RequestID(400+i), query(400+i))
		s.engine.Leave(RequestID(400+i), s.now)
	}
	for i := 500; i < 505; i++ {
		s.fill(i, "<p>y</p>")
	}
	s.take()
	s.engine.Resume(301, s.now)
	assert.Contains(t, s.take(), "finish 301")
}

func TestAFillThatNobodySharesEndsWithItsRequest(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="0">…</edge-slot></body>`))
	s.get(1, "/p")
	s.take()
	s.engine.Leave(1, s.now)
	assert.Equal(t, []string{"stop 1"}, s.take())
	blobs := len(s.blobs)
	s.fill(0, "<p>x</p>")
	assert.Len(t, s.blobs, blobs)
	assert.Empty(t, s.engine.attempts)
}

// Failures have a part of the budget, and the fragments the rest, whatever there is more of.
func TestFailuresPushOutNoFragments(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1h" tags="t">…</edge-slot></body>`))
	for i := range 10 {
		s.get(RequestID(i+1), fmt.Sprintf("/p/%d", i))
		s.fill(i, "<p>"+strings.Repeat("x", 40<<10)+"</p>")
		s.engine.Resume(RequestID(i+1), s.now)
	}
	for i := range 1000 {
		id := RequestID(100 + i)
		s.get(id, fmt.Sprintf("/p/failing%d", i))
		s.fill(10+i, "", func(a *answer.Answer) { a.Status, a.RetryAfter = 503, "300" })
		s.engine.Resume(id, s.now)
	}
	assert.LessOrEqual(t, s.engine.failures.Bytes(), int64(1<<20/16))
	assert.LessOrEqual(t, s.engine.Stats().Bytes, int64(1<<20))
	fills := len(s.fills)
	for i := range 10 {
		s.get(RequestID(9000+i), fmt.Sprintf("/p/%d", i))
	}
	s.get(9999, "/p/failing999")
	assert.Len(t, s.fills, fills, "all fragments are there, and the last failure")
}

// Fragments cost a fill to have again, composed pages a few microseconds: where not all fits it is these that leave.
func TestComposedPagesPushOutNoFragments(t *testing.T) {
	shell := `<body>` + strings.Repeat("x", 8<<10)
	for i := range 5 {
		shell += fmt.Sprintf(`<edge-slot name="s%d" src="/f/%d/{id}" ttl="1h">…</edge-slot>`, i, i)
	}
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p/{id}", shell+`</body>`))
	const pages = 70
	id := RequestID(0)
	ask := func(page int) {
		id++
		s.get(id, fmt.Sprintf("/p/%d", page))
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
	assert.LessOrEqual(t, s.engine.Stats().Bytes, int64(1<<20))
}

// In a cache that is full a page is composed for good when it is asked for once more than a page that nobody comes back to.
func TestAFullCacheKeepsPagesThatAreAskedForAgain(t *testing.T) {
	shell := `<body>` + strings.Repeat("x", 8<<10)
	for i := range 5 {
		shell += fmt.Sprintf(`<edge-slot name="s%d" src="/f/%d/{id}" ttl="1h">…</edge-slot>`, i, i)
	}
	s := newScriptWith(t, func(c *config.Config) { c.MaxBytes = 1 << 20 }, pageOf(t, "/p/{id}", shell+`</body>`))
	id := RequestID(0)
	ask := func(page int) {
		id++
		first := len(s.fills)
		s.get(id, fmt.Sprintf("/p/%d", page))
		for i := first; i < len(s.fills); i++ {
			s.fill(i, "<p>"+strings.Repeat("x", 2<<10)+"</p>")
		}
		s.engine.Resume(id, s.now)
	}
	kept := func() (pages, fragments int) {
		for _, c := range s.engine.fragments.All() {
			if c.Value.page != nil {
				pages++
			} else {
				fragments++
			}
		}
		return pages, fragments
	}
	for n := range 200 {
		ask(n)
		ask(n)
	}
	pages, fragments := kept()
	assert.GreaterOrEqual(t, fragments, 5*76, "of 80 pages that there is room for")
	assert.Zero(t, pages, "each was asked for twice, and nobody came back")

	ask(199)
	warm := s.engine.Stats().Warm
	ask(199)
	assert.Equal(t, warm+1, s.engine.Stats().Warm)
}

func TestARememberedFailureEndsWithAPurge(t *testing.T) {
	for name, overtake := range overtakers {
		for _, during := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", during the fill: ", during), func(t *testing.T) {
				s := newScriptWith(t, func(c *config.Config) { c.Token = secret }, pageOf(t, "/p/{id}", tagged))
				s.get(1, "/p/7")
				if during {
					overtake(s)
				}
				s.fill(0, "", func(a *answer.Answer) { a.Status, a.RetryAfter = 503, "300" })
				s.engine.Resume(1, s.now)
				if !during {
					s.get(2, "/p/7")
					require.Len(t, s.fills, 1, "it is remembered")
					overtake(s)
				}
				s.get(3, "/p/7")
				require.Len(t, s.fills, 2, "asked at once")
				s.fill(1, "<p>mended</p>")
				s.takeBody()
				s.engine.Resume(3, s.now)
				assert.Contains(t, s.takeBody(), "mended")
			})
		}
	}
}

// A composed page that is not asked for any more keeps no bytes of fragments that have been replaced.
func TestAComposedPageKeepsNoBytesOfFragmentsThatAreGone(t *testing.T) {
	s := newScript(t, pageOf(t, "/p", `<body><edge-slot name="a" src="/f" ttl="1s">…</edge-slot></body>`))
	s.get(1, "/p")
	s.fill(0, "<p>old</p>")
	s.engine.Resume(1, s.now)
	s.get(2, "/p")
	v, _ := s.engine.fragments.Get("/f")
	s.engine.Purge("/f", s.now)
	assert.Zero(t, v.blob)
	assert.Equal(t, 0, int(s.engine.fragments.Look(&v.ref, s.now)))
}
