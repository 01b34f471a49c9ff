package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/page"
	"inlay/internal/patch"
	"inlay/internal/route"
	"inlay/internal/shell"
)

// script is a host that writes down what the engine asks, for tests that compare the exact sequence.
type script struct {
	t      *testing.T
	engine *Engine[int]
	now    time.Time
	asks   []string
	repeat Repeatable[int] // the last
	varies *route.Varying  // of the last repeat
	parts  []*uint32       // its
	ended  int             // so often all of them were
	blobs  map[int]string
	last   int
	fields map[string]string
	fills  []FillID // in the order in which they were asked for
	asked  []Fill   // the same
	heads  map[int]map[string]string
	head   map[string]string // the last one used
	body   string            // what was written since the last take
	queued map[FillID]bool   // fills that the host has not begun
	polls  []PollID          // in the order in which they were asked for
	below  []string          // what was put there
	// targets are those that were asked for, by [script.get]
	targets map[RequestID]string
	shown   []Shown
	purges  []Purge // in the order in which they were asked for
}

func newScript(t *testing.T, pages ...page.Page) *script {
	return newScriptWith(t, func(*config.Config) {}, pages...)
}

func newScriptWith(t *testing.T, change func(*config.Config), pages ...page.Page) *script {
	s := &script{t: t, now: time.Unix(1_700_000_000, 0), blobs: map[int]string{}, fields: map[string]string{}, heads: map[int]map[string]string{}}
	config, err := config.Parse(func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	change(&config)
	s.engine, err = New(pages, config, Host[int](s))
	require.NoError(t, err)
	return s
}

func pageOf(t *testing.T, pattern, html string) page.Page {
	t.Helper()
	p, err := shell.Parse(pattern, html)
	require.NoError(t, err)
	return p
}

func (s *script) Field(name string) string { return s.fields[name] }

func (s *script) ask(format string, args ...any) {
	s.asks = append(s.asks, fmt.Sprintf(format, args...))
}

func (s *script) NewBlob(p []byte) int { s.last++; s.blobs[s.last] = string(p); return s.last }
func (s *script) NewHead(status int, fields []field.Field) int {
	s.last++
	s.blobs[s.last] = fmt.Sprint(max(status, -status))
	s.heads[s.last] = map[string]string{}
	for _, f := range fields {
		s.heads[s.last][f.Name] = f.Value
	}
	return s.last
}
func (s *script) Join(parts []int) int {
	all := ""
	for _, p := range parts {
		all += s.bytesOf(p)
	}
	return s.NewBlob([]byte(all))
}
func (s *script) bytesOf(b int) string {
	require.Contains(s.t, s.blobs, b, "nothing uses a blob after it was dropped")
	return s.blobs[b]
}
func (s *script) Slice(b, from, to int) int   { return s.NewBlob([]byte(s.bytesOf(b)[from:to])) }
func (s *script) Parse(b int, p Parse) []byte { return parse([]byte(s.bytesOf(b)), p) }
func (s *script) Inspect(b int, o markup.InspectOptions) (markup.Inspection, int) {
	found, kept := inspect([]byte(s.bytesOf(b)), o)
	return found, mendedBlob(&found, kept, s.NewBlob)
}
func (s *script) Judge(q *answer.Question, a *answer.Answer) answer.Verdict { return judge(q, a) }
func (s *script) Break(id RequestID)                                        { s.ask("break %d", id) }
func (s *script) Read(b, off int, p []byte) int                             { return copy(p, s.bytesOf(b)[off:]) }
func (s *script) Drop(b int) {
	require.Contains(s.t, s.blobs, b, "a blob is dropped once")
	delete(s.blobs, b)
}
func (s *script) Send(id RequestID, head, body int) {
	s.head, s.body = s.heads[head], s.body+s.bytesOf(body)
	s.ask("send %d %s", id, s.blobs[head])
}
func (s *script) SendHead(id RequestID, head int) {
	s.head = s.heads[head]
	s.ask("send-head %d %s", id, s.blobs[head])
}
func (s *script) Repeat(id RequestID, r *Repeat[int]) {
	if r.Varies == nil {
		s.ask("repeat %d %v", id, r.Until.Sub(s.now))
	} else {
		s.ask("repeat %d %v %s", id, r.Until.Sub(s.now), r.Varies.AppendSources(nil))
	}
	s.repeat, s.varies = r.Page, r.Varies
	s.parts = slices.Clone(r.Parts)
}
func (s *script) EndRepeats() { s.ended++ }
func (s *script) Respond(id RequestID, head int) {
	s.head = s.heads[head]
	s.ask("respond %d %s", id, s.blobs[head])
}
func (s *script) Write(id RequestID, b int) {
	s.body += s.bytesOf(b)
	s.ask("write %d", id)
}
func (s *script) Finish(id RequestID) { s.ask("finish %d", id) }
func (s *script) Pass(id RequestID, host, target string, _ bool) {
	as := ""
	if asked := s.targets[id]; target != "" && asked != "" && asked != target {
		as = " as " + target
	}
	s.ask("pass %d%s%s", id, host, as)
}
func (s *script) Admin(id RequestID) { s.ask("admin %d", id) }
func (s *script) Wait(id RequestID, until time.Time) {
	s.ask("wait %d %v", id, until.Sub(s.now))
}
func (s *script) Watch(id RequestID, fill FillID) bool {
	s.ask("watch %d %d", id, fill)
	return s.queued[fill]
}
func (s *script) Wake(id RequestID) { s.ask("wake %d", id) }
func (s *script) Stop(fill FillID)  { s.ask("stop %d", fill) }
func (s *script) Shown(_ RequestID, one *Shown) {
	told := *one
	told.Key = strings.Clone(one.Key)
	s.shown = append(s.shown, told)
}
func (s *script) Report(src string, failure *answer.FillError) {
	s.ask("report %s %s", src, failure.Text)
}
func (s *script) Poll(id RequestID, poll PollID, log string, seq uint64) {
	s.polls = append(s.polls, poll)
	s.ask("poll %d %s %d", id, log, seq)
}
func (s *script) Purge(id RequestID, p Purge) {
	s.purges = append(s.purges, p)
	s.ask("purge %d %s %d %q", id, p.Log, p.Seq, p.Subjects)
}
func (s *script) Find(id RequestID, fill FillID, f Find) {
	s.fills = append(s.fills, fill)
	s.ask("find %d tiers %d await %v", id, f.Tiers, f.AwaitView)
}
func (s *script) Put(_ FillID, p Put[int]) {
	s.below = append(s.below, s.blobs[p.Blob])
	s.ask("put tiers %d for %v", p.Tiers, p.Keep)
}
func (s *script) Fill(id RequestID, fill FillID, f Fill) {
	s.fills, s.asked = append(s.fills, fill), append(s.asked, f)
	s.ask("fill %d %s", id, f.Src)
}

// take is what was asked since the last take, without runs of writes. It comes between events, when the engine's own rules
// hold.
func (s *script) take() []string {
	require.Empty(s.t, NewVerifier(s.engine).Verify())
	var asks []string
	for _, a := range s.asks {
		if n := len(asks); strings.HasPrefix(a, "write ") && n > 0 && asks[n-1] == a {
			continue
		}
		asks = append(asks, a)
	}
	s.asks = nil
	return asks
}

func (s *script) takeBody() string {
	b := s.body
	s.body = ""
	return b
}

var browser = map[string]string{"sec-fetch-dest": "document", "user-agent": "Mozilla/5.0"}

func (s *script) get(id RequestID, target string) {
	if s.targets == nil {
		s.targets = map[RequestID]string{}
	}
	s.targets[id] = target
	s.engine.Handle(&Request{ID: id, Method: "GET", Target: target, Fields: s}, s.now)
}

func (s *script) fill(i int, html string, change ...func(*answer.Answer)) {
	a := &answer.Answer{Status: 200, ContentType: "text/html; charset=utf-8", Size: len(html)}
	for _, f := range change {
		f(a)
	}
	s.engine.FillEnd(s.fills[i], a, s.NewBlob([]byte(html)), s.now)
}

const twoSlots = `<!doctype html><html><head><title>t</title></head><body>` +
	`<edge-slot name="a" src="/f/a/{id}" ttl="10s" swr="1m" tags="all"><i>…</i><edge-error>no a</edge-error></edge-slot>|` +
	`<edge-slot name="b" src="/f/b/{id}" ttl="10s"><i>…</i></edge-slot></body></html>`

func TestColdPageStreamsItsShellAndThenPatches(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser

	s.get(1, "/p/7")
	assert.Equal(t, []string{"fill 1 /f/a/7", "fill 1 /f/b/7", "respond 1 200", "write 1", "wait 1 10.5s"}, s.take())
	assert.Equal(t, `<!doctype html><html><head>`+patch.Element+`<title>t</title></head><body>`+
		`<?start name="a"><i>…</i><?end>|<?start name="b"><i>…</i><?end>`, s.takeBody())
	assert.Equal(t, "inlay/a;fwd=miss, inlay/b;fwd=miss", s.head["cache-status"])
	assert.NotContains(t, s.head, "content-length")

	s.fill(1, "<p>B</p>")
	assert.Equal(t, []string{"wake 1"}, s.take(), "a settled fill only wakes")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"write 1", "wait 1 10.5s"}, s.take())
	assert.Equal(t, "<template for=\"b\"><p>B</p></template><!---->", s.takeBody())

	s.fill(0, "<p>A</p>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "write 1", "finish 1"}, s.take())
	assert.Equal(t, "<template for=\"a\"><p>A</p></template><!----></body></html>", s.takeBody())
}

func TestWarmPageIsOneBodyWithoutMarkers(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.warmUp()

	for from, asks := range [][]string{{"send 2 200"}, {"send 2 200", "repeat 2 10s"}} { // composed now, composed before
		s.get(2, "/p/7")
		assert.Equal(t, asks, s.take(), from)
		body := s.takeBody()
		assert.Equal(t, `<!doctype html><html><head><title>t</title></head><body><p>A</p>|<p>B</p></body></html>`, body)
		assert.Equal(t, fmt.Sprint(len(body)), s.head["content-length"])
		assert.Equal(t, "inlay/a;hit, inlay/b;hit", s.head["cache-status"])
		assert.Equal(t, "private, no-cache", s.head["cache-control"])
	}
	assert.Equal(t, uint64(1), s.engine.Stats().Warm, "the second time it is composed already")
}

// warmUp fills both fragments of /p/7.
func (s *script) warmUp() {
	n := len(s.fills)
	s.get(1, "/p/7")
	s.fill(n, "<p>A</p>")
	s.fill(n+1, "<p>B</p>")
	s.engine.Resume(1, s.now)
	s.take()
	s.takeBody()
}

func TestWarmPageKnowsItsEntityTag(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = map[string]string{"sec-fetch-dest": "document"}
	s.warmUp()
	s.get(2, "/p/7")
	etag := s.head["etag"]
	require.Len(t, etag, 34)
	s.take()

	for i, match := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		s.fields["if-none-match"] = match
		s.get(RequestID(10+i), "/p/7")
		assert.Equal(t, []string{fmt.Sprintf("send-head %d 304", 10+i)}, s.take(), match)
		assert.Equal(t, etag, s.head["etag"])
		assert.NotContains(t, s.head, "content-length")
	}
	s.fields["if-none-match"] = `"x"`
	s.get(20, "/p/7")
	assert.Equal(t, []string{"send 20 200", "repeat 20 10s"}, s.take())
}

func TestWarmPageMayBeRepeatedWhileItCannotChange(t *testing.T) {
	warm := func(html string, change func(*config.Config)) *script {
		s := newScriptWith(t, change, pageOf(t, "/p/{id}", html))
		s.get(1, "/p/7")
		for i := range s.fills {
			s.fill(i, "x", func(a *answer.Answer) { a.CacheControl = "max-age=2" })
		}
		s.engine.Resume(1, s.now)
		s.get(2, "/p/7") // composes it
		s.now = s.now.Add(1700 * time.Millisecond)
		s.take()
		s.get(3, "/p/7")
		return s
	}
	plain := `<body><edge-slot name="a" src="/f/{id}" tags="t"></edge-slot></body>`
	s := warm(plain, func(*config.Config) {})
	assert.Equal(t, []string{"send 3 200", "repeat 3 300ms"}, s.take(), "until it is stale")
	before, ended := s.engine.Stats().Warm, s.ended
	s.engine.Repeated(s.now)
	s.engine.Touch(s.repeat, 5)
	assert.Equal(t, before+5, s.engine.Stats().Warm)
	s.engine.InvalidateTag("t", s.now)
	assert.Equal(t, ended+1, s.ended)
	s.get(4, "/p/7")
	assert.NotContains(t, s.take(), "repeat 4 300ms")

	s = warm(strings.Replace(plain, "tags", `vary="query:q" tags`, 1), func(*config.Config) {})
	assert.Equal(t, []string{"send 3 200", "repeat 3 300ms"}, s.take(), "the query is part of the target")
	for vary, sources := range map[string]string{
		"cookie:c": "\x00c\x00", "bucket:price/2": "", "cookie:d header:X-A cookie:c": "x-a\x00\x00c\x00d\x00",
		"language:de,en": "accept-language\x00\x00", "header:accept-language": "accept-language\x00\x00", "country:DE host header:x-a": ":country\x00x-a\x00:authority\x00\x00",
	} {
		s = warm(strings.Replace(plain, "tags", `vary="`+vary+`" tags`, 1), func(*config.Config) {})
		if sources == "" {
			assert.Equal(t, []string{"send 3 200"}, s.take(), "his share was drawn")
			continue
		}
		assert.Equal(t, []string{"send 3 200", "repeat 3 300ms " + sources}, s.take(), vary)
	}
	s = warm(plain, func(c *config.Config) { c.Debug = true })
	assert.Equal(t, []string{"send 3 200"}, s.take(), "a request may choose its mode")
}

func TestJoinersShareOneFill(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	for id := range RequestID(100) {
		s.get(id+1, "/p/7")
	}
	require.Len(t, s.fills, 2)
	assert.Contains(t, s.head["cache-status"], "collapsed")
	s.take()

	s.fill(0, "A")
	s.fill(1, "B")
	assert.Len(t, s.take(), 100, "each is woken once")
	for id := range RequestID(100) {
		s.takeBody()
		s.engine.Resume(id+1, s.now)
		assert.True(t, strings.HasSuffix(s.takeBody(), "</body></html>"))
	}
}

func TestStaleFragmentIsServedWhileOneFillRenewsIt(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/a/{id}" ttl="10s" swr="1m"></edge-slot></body>`))
	s.fields = browser
	s.get(1, "/p/7")
	s.fill(0, "old")
	s.engine.Resume(1, s.now)
	s.take()
	s.takeBody()
	s.now = s.now.Add(15 * time.Second)

	s.get(2, "/p/7")
	s.get(3, "/p/7")
	assert.Equal(t, []string{"fill 2 /f/a/7", "send 2 200", "send 3 200"}, s.take())
	assert.Equal(t, "<body>old</body><body>old</body>", s.takeBody())
	assert.Equal(t, "inlay/a;hit;ttl=-5", s.head["cache-status"])
	s.fill(1, "new")
	assert.Empty(t, s.take(), "nobody waited")
	s.get(4, "/p/7")
	assert.Equal(t, "<body>new</body>", s.takeBody())
}

func TestWaiterTakesOverWhenTheFillIsLost(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/7")
	s.engine.Leave(1, s.now)
	s.take()

	s.now = s.now.Add(10*time.Second + grace)
	s.engine.Deadline(2, s.now)
	assert.Equal(t, []string{"fill 2 /f/a/7", "fill 2 /f/b/7", "wait 2 10.5s"}, s.take())

	s.fill(0, "late A") // the lost one after all
	s.fill(3, "B")
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"wake 2", "write 2", "finish 2"}, s.take())
	assert.Contains(t, s.takeBody(), "late A")
	blobs := len(s.blobs)
	s.fill(2, "second A")
	assert.Equal(t, blobs, len(s.blobs), "what comes after that is dropped")
	assert.Equal(t, uint64(1), s.engine.Stats().Late)
}

func TestFillThatIsLostTwiceFailsAndNothingElseSuffers(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.fill(1, "B")
	for range 2 {
		s.now = s.now.Add(10*time.Second + grace)
		s.engine.Deadline(1, s.now)
	}
	asks := s.take()
	assert.Equal(t, "finish 1", asks[len(asks)-1])
	body := s.takeBody()
	assert.Contains(t, body, `<template for="a">no a</template>`)
	assert.Contains(t, body, `<template for="b">B</template>`)
}

func TestLostFillIsTakenOverAtOnceWhenTheHostKnows(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/7")
	s.engine.Leave(1, s.now)
	s.take()

	s.engine.FillLost(s.fills[0], s.now)
	assert.Equal(t, []string{"wake 2"}, s.take())
	s.engine.FillLost(s.fills[0], s.now) // from another who watched
	s.engine.Resume(2, s.now)
	s.engine.FillLost(s.fills[0], s.now) // and from one that was slow
	assert.Equal(t, []string{"fill 2 /f/a/7", "wait 2 10.5s"}, s.take())
	s.get(3, "/p/7")
	assert.Equal(t, []string{"respond 3 200", "write 3", "watch 3 3", "watch 3 2", "wait 3 10.5s"}, s.take())
	s.engine.FillFail(s.fills[2], &answer.FillError{Reason: answer.ConnectError, Text: "no"}, s.now)
	assert.Equal(t, []string{"wake 2", "wake 3"}, s.take(), "nothing is left to wait for")
}

func TestLeaderWhoseContextIsGoneIsForgotten(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/7")
	assert.Equal(t, []string{
		"fill 1 /f/a/7", "fill 1 /f/b/7", "respond 1 200", "write 1", "wait 1 10.5s",
		"respond 2 200", "write 2", "watch 2 1", "watch 2 2", "wait 2 10.5s",
	}, s.take())
	s.engine.FillLost(s.fills[0], s.now)
	s.engine.FillLost(s.fills[1], s.now)
	assert.Equal(t, []string{"wake 2"}, s.take(), "not 1, which led it and has nothing to be woken")
	assert.Equal(t, uint64(1), s.engine.Stats().Left)
	s.get(3, "/p/7")
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{
		"fill 3 /f/a/7", "fill 3 /f/b/7", "respond 3 200", "write 3", "wait 3 10.5s",
		"watch 2 3", "watch 2 4", "wait 2 10.5s",
	}, s.take(), "one takes over, whoever comes first")
}

func TestRefreshThatWasLostWithoutWaitersIsTakenOverByTheNext(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.warmUp()
	s.now = s.now.Add(15 * time.Second)
	s.get(2, "/p/7") // begins a refresh of a, which is lost, and a fill of b
	s.take()
	s.now = s.now.Add(20 * time.Second)
	s.get(3, "/p/7")
	assert.Contains(t, s.take(), "fill 3 /f/a/7")
}

func TestFailureOfAFragmentStaysItsOwn(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.fill(0, "x", func(a *answer.Answer) { a.Status = 500 })
	s.fill(1, "x", func(a *answer.Answer) { a.SetCookie = true })
	s.engine.Resume(1, s.now)
	body := s.takeBody()
	assert.Contains(t, body, `<template for="a">no a</template>`)
	assert.NotContains(t, body, `<template for="b">`, "without an edge-error the skeleton stays")
	assert.True(t, strings.HasSuffix(body, "</body></html>"))

	s.take()
	s.get(2, "/p/7")
	assert.Equal(t, []string{"send 2 200"}, s.take(), "a failing origin is not asked again at once")
	assert.NotContains(t, s.head, "etag")
	assert.Equal(t, "inlay/a;fwd=miss;fwd-status=500;detail=status, inlay/b;fwd=miss;fwd-status=200;detail=refused", s.head["cache-status"])
	s.now = s.now.Add(time.Second)
	s.get(3, "/p/7")
	assert.Equal(t, []string{"fill 3 /f/a/7", "fill 3 /f/b/7", "respond 3 200", "write 3", "wait 3 10.5s"}, s.take())
}

func TestStaleFragmentStandsInForAFailedFill(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="1s" sie="1h"><edge-error>no</edge-error></edge-slot>`))
	s.fields = browser
	s.get(1, "/p/7")
	s.fill(0, "good")
	s.engine.Resume(1, s.now)
	s.takeBody()
	s.now = s.now.Add(time.Minute)
	s.get(2, "/p/7")
	s.fill(1, "", func(a *answer.Answer) { a.Status = 503 })
	s.engine.Resume(2, s.now)
	assert.Contains(t, s.takeBody(), `<template for="a">good</template>`)
	s.get(3, "/p/7")
	assert.Equal(t, "<body>good", s.takeBody(), "and goes inline while the failure is remembered")
	assert.Equal(t, "inlay/a;fwd=stale;fwd-status=503;detail=status", s.head["cache-status"])
}

func TestRequiredSlotHoldsThePageAndItsFailureIsThePages(t *testing.T) {
	for status, want := range map[int]string{500: "502", 404: "404", 410: "410"} {
		for _, dev := range []bool{false, true} {
			s := newScriptWith(t, func(c *config.Config) { c.Dev = dev }, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" required></edge-slot></body>`))
			s.fields = browser
			s.get(1, "/p/7")
			assert.Equal(t, []string{"fill 1 /f/7", "wait 1 10.5s"}, s.take())
			s.fill(0, "", func(a *answer.Answer) { a.Status = status })
			s.engine.Resume(1, s.now)
			assert.Equal(t, []string{"wake 1", "send 1 " + want}, s.take())
			body := s.takeBody()
			assert.Contains(t, body, "The page cannot be shown: a fragment that it requires failed.\n")
			assert.Equal(t, dev, strings.Contains(body, "{id}"), "nor how the site is made: %s", body)
			assert.Equal(t, dev, strings.Contains(body, "the origin answered"), "what it answered is for who writes the site: %s", body)
		}
	}
}

func TestPatienceLetsFastFragmentsGoInline(t *testing.T) {
	p := pageOf(t, "/p/{id}", twoSlots)
	p.Patience = 20 * time.Millisecond
	s := newScript(t, p)
	s.fields = browser
	s.get(1, "/p/7")
	assert.Equal(t, []string{"fill 1 /f/a/7", "fill 1 /f/b/7", "wait 1 20ms"}, s.take())
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "wait 1 20ms"}, s.take())
	s.now = s.now.Add(20 * time.Millisecond)
	s.engine.Deadline(1, s.now)
	assert.Contains(t, s.takeBody(), `A|<?start name="b">`)

	s.get(2, "/p/8")
	s.fill(2, "A")
	s.fill(3, "B")
	s.take()
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"send 2 200"}, s.take(), "a page that is there in time is one body")
}

func TestModesOfColdPages(t *testing.T) {
	ordered := `<!doctype html><html><head><title>t</title></head><body>`
	for _, c := range []struct {
		name   string
		fields map[string]string
		http10 bool
		mode   page.Mode
		target string
		body   string
		asks   int
	}{
		{name: "a browser", fields: browser, body: "<?start"},
		{name: "a browser over plain HTTP", fields: map[string]string{"user-agent": "Mozilla/5.0 (X11)"}, body: "<?start"},
		{name: "a crawler", fields: map[string]string{"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, body: ordered},
		{name: "curl", fields: map[string]string{"user-agent": "curl/8"}, body: ordered},
		{name: "nobody", fields: map[string]string{}, body: ordered},
		{name: "HTTP/1.0", fields: browser, http10: true, body: ""},
		{name: "the page's own mode", fields: browser, mode: page.Ordered, body: ordered},
		{name: "the page's own mode", fields: browser, mode: page.Complete, body: ""},
		{name: "debugging", fields: browser, mode: page.Complete, target: "?inlay=ordered", body: ordered},
	} {
		p := pageOf(t, "/p/{id}", twoSlots)
		p.Mode = c.mode
		s := newScriptWith(t, func(config *config.Config) { config.Debug = true }, p)
		s.fields = c.fields
		s.engine.Handle(&Request{ID: 1, Method: "GET", Target: "/p/7" + c.target, HTTP10: c.http10, Fields: s}, s.now)
		body := s.takeBody()
		if c.body == "<?start" {
			assert.Contains(t, body, c.body, c.name)
		} else {
			assert.Equal(t, c.body, body, c.name)
		}
	}
}

func TestOrderedPageWaitsAtEachSlot(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.get(1, "/p/7")
	s.takeBody()
	s.fill(1, "B")
	s.engine.Resume(1, s.now)
	assert.Empty(t, s.takeBody(), "a waits")
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	assert.Equal(t, "A|B</body></html>", s.takeBody())
}

func (s *script) askHead(id RequestID, target string) {
	s.engine.Handle(&Request{ID: id, Method: "HEAD", Target: target, Fields: s}, s.now)
}

func TestHeadOfAPageWithAColdRequiredSlotAsksTheOrigin(t *testing.T) {
	shell := `<body><edge-slot name="a" src="/f/{id}" %s required></edge-slot><edge-slot name="b" src="/g/{id}"></edge-slot></body>`
	for _, ttl := range []string{"", `ttl="0"`} {
		for status, want := range map[int]string{500: "502", 404: "404", 410: "410", 302: "502"} {
			s := newScript(t, pageOf(t, "/p/{id}", fmt.Sprintf(shell, ttl)))
			s.fields = browser
			s.askHead(1, "/p/7")
			assert.Equal(t, []string{"fill 1 /f/7", "wait 1 10.5s"}, s.take(), "and for no other slot")
			s.fill(0, "x", func(a *answer.Answer) { a.Status = status })
			s.engine.Resume(1, s.now)
			assert.Equal(t, []string{"wake 1", "send-head 1 " + want}, s.take())
			assert.Empty(t, s.takeBody())
			assert.NotEmpty(t, s.head["content-length"])
			get := newScript(t, pageOf(t, "/p/{id}", fmt.Sprintf(shell, ttl)))
			get.fields = browser
			get.get(1, "/p/7")
			get.fill(0, "x", func(a *answer.Answer) { a.Status = status })
			get.engine.Resume(1, get.now)
			assert.Equal(t, get.head, s.head, "as GET has it")
		}
	}
	s := newScript(t, pageOf(t, "/p/{id}", fmt.Sprintf(shell, "")))
	s.fields = browser
	s.askHead(1, "/p/7")
	s.get(2, "/p/7")
	s.take()
	s.fill(0, "A")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "wake 2", "send-head 1 200"}, s.take(), "both wait for the one fill")
	assert.NotContains(t, s.head, "content-length", "b is still on its way, so GET streams")
	s.fill(1, "B")
	s.engine.Resume(2, s.now)
	s.askHead(3, "/p/7")
	assert.Equal(t, fmt.Sprint(len("<body>AB</body>")), s.head["content-length"])

	// A lost fill is taken over by the HEAD that waits for it.
	s.askHead(4, "/p/8")
	s.take()
	s.now = s.now.Add(10*time.Second + grace)
	s.engine.Deadline(4, s.now)
	assert.Equal(t, []string{"fill 4 /f/8", "wait 4 10.5s"}, s.take())
}

func TestHeadIsWhatGetWouldHave(t *testing.T) {
	shell := `<body><edge-slot name="a" src="/f/{id}" ttl="10s" swr="1m" sie="1h"></edge-slot></body>`
	ask := func(s *script, method string) (string, map[string]string) {
		s.take()
		s.engine.Handle(&Request{ID: 9, Method: method, Target: "/p/7", Fields: s}, s.now)
		for _, a := range s.take() {
			if kind, status, ok := strings.Cut(a, " 9 "); ok && (kind == "send" || kind == "send-head" || kind == "respond") {
				return status, s.head
			}
		}
		return "", nil
	}
	for name, given := range map[string]func(s *script){
		"cold": func(*script) {},
		"warm": func(s *script) { s.get(1, "/p/7"); s.fill(0, "A"); s.engine.Resume(1, s.now) },
		"stale": func(s *script) {
			s.get(1, "/p/7")
			s.fill(0, "A")
			s.engine.Resume(1, s.now)
			s.now = s.now.Add(30 * time.Second)
		},
		"failure": func(s *script) {
			s.get(1, "/p/7")
			s.fill(0, "A", func(a *answer.Answer) { a.Status = 500 })
			s.engine.Resume(1, s.now)
		},
		"standing in": func(s *script) {
			s.get(1, "/p/7")
			s.fill(0, "A")
			s.engine.Resume(1, s.now)
			s.now = s.now.Add(10 * time.Minute)
			s.get(2, "/p/7")
			s.fill(1, "", func(a *answer.Answer) { a.Status = 500 })
			s.engine.Resume(2, s.now)
		},
	} {
		for _, mode := range []page.Mode{page.Stream, page.Ordered} {
			for _, match := range []string{"", "*"} {
				var heads []map[string]string
				var statuses []string
				for _, method := range []string{"HEAD", "GET"} {
					p := pageOf(t, "/p/{id}", shell)
					p.Mode = mode
					s := newScript(t, p)
					s.fields = map[string]string{}
					given(s)
					if match != "" {
						s.fields["if-none-match"] = match
					}
					status, head := ask(s, method)
					heads, statuses = append(heads, head), append(statuses, status)
				}
				assert.Equal(t, statuses[1], statuses[0], "%s %s %q", name, mode, match)
				assert.Equal(t, heads[1], heads[0], "%s %s %q", name, mode, match)
			}
		}
	}
	p := pageOf(t, "/p/{id}", shell)
	p.Mode = page.Complete
	s := newScript(t, p)
	s.askHead(1, "/p/7")
	assert.NotContains(t, s.head, "incremental", "GET would wait for all")
}

func TestHeadStartsNoFill(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.engine.Handle(&Request{ID: 1, Method: "HEAD", Target: "/p/7", Fields: s}, s.now)
	assert.Equal(t, []string{"send-head 1 200"}, s.take())
	assert.NotContains(t, s.head, "content-length")
	s.warmUp()
	s.engine.Handle(&Request{ID: 3, Method: "HEAD", Target: "/p/7", Fields: s}, s.now)
	assert.Equal(t, []string{"send-head 3 200"}, s.take())
	assert.Contains(t, s.head, "content-length")
	assert.Contains(t, s.head, "etag")
}

func TestWhatIsNoPagePasses(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.get(1, "/else")
	s.engine.Handle(&Request{ID: 2, Method: "POST", Target: "/p/7", Fields: s}, s.now)
	assert.Equal(t, []string{"pass 1", "pass 2"}, s.take())
	s.get(3, "/p/%2e%2e")
	assert.Equal(t, []string{"send 3 400"}, s.take())
}

func TestSlotWithoutTTLIsNeitherStoredNorShared(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" ttl="0"></edge-slot>`))
	s.fields = browser
	s.get(1, "/p/7")
	s.get(2, "/p/7")
	require.Len(t, s.fills, 2)
	s.fill(0, "one", func(a *answer.Answer) { a.CacheControl = "private, no-store" })
	s.fill(1, "two")
	s.takeBody()
	s.engine.Resume(1, s.now)
	assert.Contains(t, s.takeBody(), "one")
	s.engine.Resume(2, s.now)
	assert.Contains(t, s.takeBody(), "two")
	s.get(3, "/p/7")
	assert.Len(t, s.fills, 3)
}

func TestPurgeDuringAFillIsNotUndoneByIt(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.get(1, "/p/7")
	s.engine.PurgeTag("all", s.now)
	s.fill(0, "before the purge")
	s.fill(1, "B")
	s.engine.Resume(1, s.now)
	assert.Contains(t, s.takeBody(), "before the purge", "those who waited get it")
	s.take()
	s.get(2, "/p/7")
	assert.Contains(t, s.take(), "fill 2 /f/a/7")
}

func TestAnotherEnginesAnswerIsContinued(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.fields = browser
	s.engine.Handle(&Request{ID: 1, Method: "GET", Target: "/p/7", Fields: s, Sent: 7}, s.now)
	assert.Empty(t, s.takeBody(), "the shell has left")
	s.fill(0, "A")
	s.fill(1, "B")
	s.engine.Resume(1, s.now)
	assert.Equal(t, "<template for=\"a\">A</template><!----><template for=\"b\">B</template><!----></body></html>", s.takeBody())

	s.fields = map[string]string{}
	s.engine.Handle(&Request{ID: 2, Method: "GET", Target: "/p/7", Fields: s, Sent: 4}, s.now)
	assert.Equal(t, "B</body></html>", s.takeBody(), "an ordered page goes on after its first slot")
}

func TestNothingUndeclaredReachesTheOrigin(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" vary="cookie:currency header:accept-language query:q"></edge-slot>`))
	seen := &fillSpy{script: s}
	config, _ := config.Parse(func(string) (string, bool) { return "", false })
	engine, err := New([]page.Page{pageOf(t, "/p/{id}", `<body><edge-slot name="a" src="/f/{id}" vary="cookie:currency header:accept-language query:q"></edge-slot>`)}, config, Host[int](seen))
	require.NoError(t, err)
	s.fields = map[string]string{"cookie": "session=secret; currency=EUR", "accept-language": "de", "authorization": "Bearer x"}
	engine.Handle(&Request{ID: 1, Method: "GET", Target: "/p/7?q=1&other=2", Fields: s}, s.now)
	require.Len(t, seen.fills, 1)
	assert.Equal(t, "/f/7?q=1", seen.fills[0].Src)
	assert.Equal(t, []field.Field{{Name: "accept-language", Value: "de"}, {Name: "cookie", Value: "currency=EUR"}}, seen.fills[0].Fields)
}

type fillSpy struct {
	*script
	fills []Fill
}

func (s *fillSpy) Fill(_ RequestID, _ FillID, f Fill) { s.fills = append(s.fills, f) }
