package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/page"
	"inlay/internal/patch"
)

const originsPage = `<html><head></head><body><h1>A</h1><esi:include src="/f"/><p>mid</p><esi:include src="/g"/></body></html>`

// visited is a script whose visitors came by https to shop.example.
func visited(t *testing.T, change ...func(*config.Config)) *script {
	s := newScriptWith(t, func(c *config.Config) {
		c.Origin = "https://origin.example"
		for _, f := range change {
			f(c)
		}
	})
	s.fields[":authority"], s.fields[":scheme"] = "shop.example", "https"
	return s
}

// answers is what an origin says of a page with ESI.
func answers(change ...func(*answer.Answer)) *answer.Answer {
	a := &answer.Answer{Status: 200, ContentType: "text/html", SurrogateControl: `content="ESI/1.0"`, CacheControl: "max-age=60"}
	for _, f := range change {
		f(a)
	}
	return a
}

// passHead tells of the head of an answer to a request that was passed on.
func (s *script) passHead(id RequestID, target string, a *answer.Answer) Parse {
	return s.engine.PassHead(&Request{ID: id, Method: "GET", Target: target, Fields: s}, a, s.now)
}

// passPart hands over a part of such an answer.
func (s *script) passPart(id RequestID, text string, p Parse, done bool) {
	s.engine.PassPart(id, parse([]byte(text), p), s.NewBlob([]byte(text)), len(text), done, s.now)
}

func (s *script) shellFill(i int, html string, change ...func(*answer.Answer)) *answer.FillError {
	a := answers(change...)
	a.Size = len(html)
	return s.engine.FillEnd(s.fills[i], a, s.NewBlob([]byte(html)), s.now)
}

func (s *script) srcs() (srcs []string) {
	for _, f := range s.asked {
		srcs = append(srcs, f.Src)
	}
	return srcs
}

func TestPageOfTheOriginIsComposedForItsVisitorAndThenKept(t *testing.T) {
	s := visited(t)
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/a?b=1")
	assert.Equal(t, []string{"pass 1"}, s.take())

	p := s.passHead(1, "/a?b=1", answers())
	require.Equal(t, Parse{Document: true, ESI: true, Base: "/a?b=1"}, p)
	require.Equal(t, []string{"/a?b=1"}, s.srcs(), "the shell is filled from the key, for others")
	assert.True(t, s.asked[0].Document)
	assert.Equal(t, []field.Field{{Name: "x-forwarded-host", Value: "shop.example"}, {Name: "x-forwarded-proto", Value: "https"}}, s.asked[0].Fields)

	cut := strings.Index(originsPage, "<p>mid")
	s.passPart(1, originsPage[:cut], p, false)
	assert.Equal(t, `<html><head>`+patchElement+`</head><body><h1>A</h1><?start name="esi-1"><?end>`, s.takeBody(), "what stands before the rest is not held back")
	s.engine.PassPart(1, page.EncodeOutline(&page.Outline{
		Pieces: []page.Piece{{From: 0, To: 10}, {Kind: page.SlotPiece, Slot: 1}, {Kind: page.TailPiece}, {From: len(originsPage) - cut - 14, To: len(originsPage) - cut}},
		Slots:  []page.Slot{slotOf("esi-2", "/g")},
	}), s.NewBlob([]byte(originsPage[cut:])), len(originsPage)-cut, true, s.now)
	assert.Equal(t, []string{"/a?b=1", "/f", "/g"}, s.srcs())
	assert.Equal(t, `<p>mid</p><?start name="esi-2"><?end>`, s.takeBody())
	s.shellFill(0, originsPage)
	s.fill(2, "<i>G</i>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-2"><i>G</i></template><!---->`, s.takeBody())
	s.fill(1, "<i>F</i>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-1"><i>F</i></template><!----></body></html>`, s.takeBody())

	s.take()
	s.get(2, "/a?b=1")
	assert.Equal(t, strings.NewReplacer(`<esi:include src="/f"/>`, "<i>F</i>", `<esi:include src="/g"/>`, "<i>G</i>").Replace(originsPage), s.takeBody())
	assert.Equal(t, "inlay/shell;hit, inlay/esi-1;hit, inlay/esi-2;hit", s.head["cache-status"])
	assert.Equal(t, "private, no-cache", s.head["cache-control"])
	assert.Len(t, s.asked, 3, "a warm page asks nothing")
	s.take()
	whole, ok := s.engine.Warm(&Request{Method: "GET", Target: "/a?b=1", Fields: s}, s.now)
	require.True(t, ok, "and is composed once")
	assert.True(t, whole.HasBody)

	s.get(3, "/a?b=2")
	assert.Equal(t, []string{"pass 3"}, s.take(), "of another URL nothing is known")
	s.fields[":authority"] = "other.example"
	s.get(4, "/a?b=1")
	assert.Equal(t, []string{"pass 4"}, s.take(), "nor of another host")
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

const patchElement = patch.Element

func slotOf(name, src string) page.Slot {
	o, _ := page.DecodeOutline(parse([]byte(`<esi:include src="`+src+`"/>`), Parse{}))
	s := o.Slots[0]
	s.Name = name
	return s
}

// kept has the page of a path in memory, with its fragments.
func kept(t *testing.T, html string, fragments map[string]string, change ...func(*answer.Answer)) *script {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.get(1, "/a")
	s.shellFill(0, html, change...)
	s.engine.Resume(1, s.now)
	for i := 1; i < len(s.asked); i++ {
		s.fill(i, fragments[s.asked[i].Src])
		s.engine.Resume(1, s.now)
	}
	s.take()
	return s
}

func TestShellOfADeclaredPathIsWaitedForByAll(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	for id := range RequestID(20) {
		s.get(id+1, "/a")
	}
	require.Equal(t, []string{"/a"}, s.srcs())
	s.take()
	s.shellFill(0, "<body>x</body>")
	for id := range RequestID(20) {
		s.engine.Resume(id+1, s.now)
	}
	asks := s.take()
	assert.Equal(t, 20, strings.Count(strings.Join(asks, "\n"), "send "))
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestShellThatIsNotForOthersIsPassedAndComposed(t *testing.T) {
	for name, change := range map[string]func(*answer.Answer){
		"private":  func(a *answer.Answer) { a.CacheControl = "private, max-age=60" },
		"no-store": func(a *answer.Answer) { a.CacheControl = "no-store" },
		"a cookie": func(a *answer.Answer) { a.SetCookie = true },
		"Vary":     func(a *answer.Answer) { a.Vary = "Cookie" },
		"no time":  func(a *answer.Answer) { a.CacheControl = "" },
		"status":   func(a *answer.Answer) { a.Status = 404 },
	} {
		t.Run(name, func(t *testing.T) {
			s := visited(t)
			for id := RequestID(1); id < 4; id++ {
				s.get(id, "/a")
				require.Equal(t, []string{"pass " + string('0'+rune(id))}, s.take())
				p := s.passHead(id, "/a", answers(change))
				require.True(t, p.ESI)
				s.passPart(id, `<body><esi:include src="/f"/></body>`, p, true)
				if id == 1 {
					require.Equal(t, []string{"/f"}, s.srcs(), "its shell is not asked for again")
					s.fill(0, "<i>F</i>")
					s.engine.Resume(1, s.now)
				}
				assert.Equal(t, `<body><i>F</i></body>`, s.takeBody())
				s.take()
			}
			assert.Equal(t, []string{"/f"}, s.srcs(), "its fragment is shared")
		})
	}
}

func TestShellThatItsFillRefusesIsNotTriedEachTime(t *testing.T) {
	s := visited(t)
	s.get(1, "/a")
	p := s.passHead(1, "/a", answers())
	s.passPart(1, "<body>1</body>", p, true)
	require.Len(t, s.asked, 1)
	s.shellFill(0, "<body>x</body>", func(a *answer.Answer) { a.SetCookie = true })
	for id := RequestID(2); id < 5; id++ {
		s.now = s.now.Add(5 * time.Second)
		s.get(id, "/a")
		p := s.passHead(id, "/a", answers())
		s.passPart(id, "<body>1</body>", p, true)
	}
	assert.Len(t, s.asked, 1)
	s.now = s.now.Add(refusedFor)
	s.get(9, "/a")
	s.passHead(9, "/a", answers())
	assert.Len(t, s.asked, 2, "after a minute it is")
}

func TestShellVariesOnWhatItsAnswerNames(t *testing.T) {
	s := visited(t)
	s.fields["accept-language"] = "de"
	s.get(1, "/a")
	p := s.passHead(1, "/a", answers(func(a *answer.Answer) { a.Vary = "Accept-Language, Accept-Encoding" }))
	s.passPart(1, "<body>de</body>", p, true)
	require.Len(t, s.asked, 1)
	assert.Contains(t, s.asked[0].Fields, field.Field{Name: "accept-language", Value: "de"})
	s.shellFill(0, "<body>de</body>", func(a *answer.Answer) { a.Vary = "Accept-Language" })
	s.takeBody()
	s.get(2, "/a")
	assert.Equal(t, "<body>de</body>", s.takeBody())
	assert.Equal(t, "accept-language", s.head["vary"])
	s.fields["accept-language"] = "en"
	s.get(3, "/a")
	require.Len(t, s.asked, 2)
	s.shellFill(1, "<body>en</body>", func(a *answer.Answer) { a.Vary = "Accept-Language" })
	s.engine.Resume(3, s.now)
	assert.Equal(t, "<body>en</body>", s.takeBody())
	s.fields["accept-language"] = "de"
	s.get(4, "/a")
	assert.Equal(t, "<body>de</body>", s.takeBody())
}

func TestPurgeOfAURLIsOfItsShell(t *testing.T) {
	for _, purge := range []func(*script){
		func(s *script) { s.engine.Purge("/a", s.now) },
		func(s *script) { s.engine.PurgeAll(s.now) },
		func(s *script) { s.engine.PurgeTag("t", s.now) },
	} {
		s := kept(t, originsPage, map[string]string{"/f": "F", "/g": "G"}, func(a *answer.Answer) { a.CacheTag = "t" })
		s.get(2, "/a")
		require.Contains(t, s.take()[0], "send 2")
		n := len(s.asked)
		purge(s)
		s.get(3, "/a")
		require.Greater(t, len(s.asked), n)
		assert.Equal(t, "/a", s.asked[n].Src)
	}
}

func TestStaleShellIsServedAndRenewed(t *testing.T) {
	s := kept(t, originsPage, map[string]string{"/f": "F", "/g": "G"}, func(a *answer.Answer) { a.CacheControl = "max-age=1, stale-while-revalidate=60" })
	s.now = s.now.Add(3 * time.Second)
	s.get(2, "/a")
	assert.Contains(t, s.takeBody(), "F<p>mid</p>G")
	assert.Equal(t, []string{"/a", "/f", "/g", "/a"}, s.srcs())
}

func TestShellWhoseFillFailsIsPassed(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.get(1, "/a")
	s.take()
	s.engine.FillFail(s.fills[0], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"wake 1", "pass 1"}, s.take())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestAnswerThatBreaksOffIsBroken(t *testing.T) {
	s := visited(t)
	s.get(1, "/a")
	p := s.passHead(1, "/a", answers())
	s.passPart(1, "<body>1", p, false)
	s.take()
	s.engine.PassBroken(1, s.now)
	assert.Equal(t, []string{"break 1"}, s.take())
	s.passPart(1, "more", p, true)
	assert.Empty(t, s.take())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestAnswerGoesOnOnAnotherEngine(t *testing.T) {
	s := visited(t)
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/a")
	r := &Request{ID: 1, Method: "GET", Target: "/a", Fields: s, Sent: 2}
	p := s.engine.PassHead(r, answers(), s.now)
	s.passPart(1, `<body>1<esi:include src="/f"/>2`, p, false)
	assert.Equal(t, `2`, s.takeBody(), "two writes were made: the text and a placeholder")
	s.passPart(1, `</body>`, p, true)
	s.fill(0, "shell", func(a *answer.Answer) { a.Status = 500 })
	s.fill(1, "F")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-1">F</template><!----></body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestNestedSlotsComeInlineOrAsPatchesOfTheirOwn(t *testing.T) {
	s := newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a">…</edge-slot></body>`))
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/")
	s.takeBody()
	s.fill(0, `<p>A <edge-slot name="b" src="/b"><i>wait</i></edge-slot></p>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"/a", "/b"}, s.srcs())
	assert.Equal(t, `<template for="a"><p>A <?start name="a.b"><i>wait</i><?end></p></template><!---->`, s.takeBody())
	s.fill(1, `<b>B</b>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="a.b"><b>B</b></template><!----></body>`, s.takeBody())
	s.get(2, "/")
	assert.Equal(t, `<body><p>A <b>B</b></p></body>`, s.takeBody())
	assert.Equal(t, "inlay/a;hit, inlay/a.b;hit", s.head["cache-status"])
	etag := s.head["etag"]
	s.engine.Purge("/b", s.now)
	s.get(3, "/")
	assert.Equal(t, `<p>A <?start name="a.b"><i>wait</i><?end></p>`, after(s.takeBody(), "<body>"))
	s.fill(2, `<b>C</b>`)
	s.engine.Resume(3, s.now)
	s.takeBody()
	s.get(4, "/")
	assert.Equal(t, `<body><p>A <b>C</b></p></body>`, s.takeBody())
	assert.NotEqual(t, etag, s.head["etag"])
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func after(s, start string) string {
	_, s, _ = strings.Cut(s, start)
	return s
}

func TestFragmentsAreNestedFiveDeepAndNotInThemselves(t *testing.T) {
	s := newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/1"></edge-slot></body>`))
	s.get(1, "/")
	for i := 0; i < len(s.asked); i++ {
		next := string('1' + rune(i+1))
		s.fill(i, `<b>`+s.asked[i].Src+`<edge-slot name="n" src="/`+next+`">none</edge-slot></b>`)
		s.engine.Resume(1, s.now)
	}
	assert.Equal(t, []string{"/1", "/2", "/3", "/4", "/5", "/6"}, s.srcs())
	assert.Equal(t, `<body><b>/1<b>/2<b>/3<b>/4<b>/5<b>/6none</b></b></b></b></b></b></body>`, s.takeBody())

	s = newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/1"></edge-slot></body>`))
	s.get(1, "/")
	s.fill(0, `<b><edge-slot name="n" src="/1">none</edge-slot></b>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"/1"}, s.srcs())
	assert.Equal(t, `<body><b>none</b></body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestWhatNestedSlotsVaryOnIsInThePagesKey(t *testing.T) {
	s := newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a"></edge-slot></body>`))
	visit := func(id RequestID, q string) string {
		n := len(s.asked)
		s.get(id, "/?q="+q)
		for ; n < len(s.asked); n++ {
			if strings.HasPrefix(s.asked[n].Src, "/b") {
				s.fill(n, "<b>"+s.asked[n].Src+"</b>")
			} else {
				s.fill(n, `<edge-slot name="b" src="/b" vary="query:q"></edge-slot>`)
			}
			s.engine.Resume(id, s.now)
		}
		return s.takeBody()
	}
	for id := range RequestID(3) {
		assert.Equal(t, `<body><b>/b?q=1</b></body>`, visit(3*id+1, "1"))
		assert.Equal(t, `<body><b>/b?q=2</b></body>`, visit(3*id+2, "2"))
		assert.Equal(t, `<body><b>/b?q=</b></body>`, visit(3*id+3, ""))
	}
	for q, want := range map[string]string{"1": "/b?q=1", "2": "/b?q=2"} {
		whole, ok := s.engine.Warm(&Request{Method: "GET", Target: "/?q=" + q, Fields: s}, s.now)
		require.True(t, ok)
		assert.Equal(t, `<body><b>`+want+`</b></body>`, s.blobs[whole.Body])
	}
}

func TestAltComesWhereASlotHasFailed(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.get(1, "/a")
	s.shellFill(0, `<body><esi:include src="/f" alt="/g"/></body>`)
	s.engine.Resume(1, s.now)
	s.engine.FillFail(s.fills[1], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.engine.Resume(1, s.now)
	require.Equal(t, []string{"/a", "/f", "/g"}, s.srcs())
	s.fill(2, "<i>G</i>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, "<body><i>G</i></body>", s.takeBody())
	s.now = s.now.Add(time.Minute / 2)
	s.get(2, "/a")
	require.Equal(t, []string{"/a", "/f", "/g", "/f"}, s.srcs(), "the page is not kept with what stood in")
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestTryIsAllOrTheOther(t *testing.T) {
	const html = `<body><esi:try><esi:attempt>[<esi:include src="/f"/><esi:include src="/g"/>]</esi:attempt><esi:except>(<esi:include src="/h"/>)</esi:except></esi:try></body>`
	start := func() *script {
		s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
		s.fields["sec-fetch-dest"] = "document"
		s.get(1, "/a")
		s.shellFill(0, html)
		s.engine.Resume(1, s.now)
		s.takeBody()
		s.take()
		require.Equal(t, []string{"/a", "/f", "/g"}, s.srcs())
		return s
	}
	s := start()
	s.fill(1, "F")
	s.engine.Resume(1, s.now)
	assert.Empty(t, s.takeBody(), "an attempt comes as a whole")
	s.fill(2, "G")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-1">[FG]</template><!----></body>`, s.takeBody())

	s = start()
	s.fill(1, "F")
	s.engine.FillFail(s.fills[2], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.engine.Resume(1, s.now)
	require.Equal(t, []string{"/a", "/f", "/g", "/h"}, s.srcs())
	s.fill(3, "H")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-1">(<?start name="esi-5"><?end>)</template><!----><template for="esi-5">H</template><!----></body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestWhatCanOnlyBeInItsPlaceIsWaitedForThere(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/a")
	s.shellFill(0, `<body>1<a href="<esi:attr src="/x"/>">2</a><esi:include src="/f"/></body>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<body>1<a href="`, s.takeBody())
	s.fill(1, "not < markup")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `not < markup">2</a><?start name="esi-2"><?end>`, s.takeBody())
	s.fill(2, "F")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-2">F</template><!----></body>`, s.takeBody())
}

// Includes of a header and a footer, of which one opens what the other closes.
func TestWhatOnlyFitsInItsPlaceStandsThereAsItCame(t *testing.T) {
	const html = `<body><esi:include src="/header"/><p>mid</p><esi:include src="/footer"/></body>`
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/a")
	s.shellFill(0, html)
	s.engine.Resume(1, s.now)
	s.takeBody()
	s.fill(1, `<div class="page">`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="esi-1"><div class="page"></div></template><!---->`, s.takeBody(), "it had a placeholder already")
	s.fill(2, `<i>F</i></div>`)
	s.engine.Resume(1, s.now)
	s.takeBody()

	s.get(2, "/a")
	const whole = `<body><div class="page"><p>mid</p><i>F</i></div></body>`
	assert.Equal(t, whole, s.takeBody())
	for _, key := range []string{"/a", "/header", "/footer"} {
		s.engine.Purge(key, s.now)
	}
	s.get(3, "/a")
	s.shellFill(3, html)
	s.engine.Resume(3, s.now)
	assert.Equal(t, `<body>`, s.takeBody(), "a page of which that is known is sent in order, also after a purge")
	s.fill(4, `<div class="page">`)
	s.engine.Resume(3, s.now)
	s.fill(5, `<i>F</i></div>`)
	s.engine.Resume(3, s.now)
	assert.Equal(t, strings.TrimPrefix(whole, "<body>"), s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestWhatEndsTheParagraphAroundItStandsThereAllTheSame(t *testing.T) {
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.get(1, "/a")
	s.shellFill(0, `<body><p><esi:include src="/f"/></p></body>`)
	s.engine.Resume(1, s.now)
	s.fill(1, `<div>F</div><!-- not closed`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<body><p><div>F</div><!-- not closed</p></body>`, s.takeBody())
	s.get(2, "/a")
	assert.Equal(t, `<body><p><div>F</div><!-- not closed</p></body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

func TestIncludeOfTheSitesOwnURLIsItsPath(t *testing.T) {
	s := visited(t, func(c *config.Config) {
		c.Shells, c.Origin = []string{"/"}, "https://origin.example/base"
	})
	s.get(1, "/a")
	s.shellFill(0, `<body><esi:include src="http://shop.example/x?y=1"/><esi:include src="https://shop.example"/><esi:include src="https://origin.example/base/z"/>`+
		`<esi:include src="https://shop.example.evil/x"/><esi:include src="https://origin.example/elsewhere"/></body>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"/a", "/x?y=1", "/", "/z"}, s.srcs())
	assert.Contains(t, strings.Join(s.take(), "\n"), "report https://shop.example.evil/x")
}
