package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/page"
)

func TestVisitorsOwnPageHasNoETag(t *testing.T) {
	s := visited(t)
	private := answers(func(a *answer.Answer) { a.CacheControl = "private" })
	for id, text := range []string{"<body>balance: 1</body>", "<body>balance: 2</body>"} {
		id := RequestID(id + 1)
		s.get(id, "/a")
		p := s.passHead(id, "/a", private)
		s.passPart(id, text, p, true)
		assert.Equal(t, text, s.takeBody())
		assert.Empty(t, s.head["etag"], "its bytes have not been read")
		s.fields["if-none-match"] = s.head["etag"]
	}
}

// An attempt that failed is told from one that did not by more than the fragments: their texts are not theirs.
func TestMakeshiftPageHasNoETag(t *testing.T) {
	try := func(src string) string {
		return `<esi:try><esi:attempt>(<esi:include src="` + src + `"/>)</esi:attempt><esi:except>none</esi:except></esi:try>`
	}
	s := visited(t, func(c *config.Config) { c.Shells = []string{"/"} })
	s.get(1, "/a")
	s.shellFill(0, "<body>"+try("/f")+try("/g")+"</body>")
	s.engine.Resume(1, s.now)
	s.fill(1, "x")
	s.engine.FillFail(s.fills[2], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.engine.Resume(1, s.now)
	s.takeBody()
	s.get(2, "/a")
	assert.Equal(t, "<body>(x)none</body>", s.takeBody())
	assert.Empty(t, s.head["etag"])
}

// A fragment is in one piece with the slots in it until each of them is written.
func TestFragmentThatIsEvictedStaysUntilItsSlotsAreWritten(t *testing.T) {
	s := newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a">…</edge-slot></body>`))
	s.fields["sec-fetch-dest"] = "document"
	s.get(1, "/")
	s.fill(0, `<p>A</p><esi:try><esi:attempt>(<esi:include src="/f"/>)</esi:attempt><esi:except>none</esi:except></esi:try>`+
		`<esi:try><esi:attempt>(<esi:include src="/g"/>)</esi:attempt><esi:except>none</esi:except></esi:try>`,
		func(a *answer.Answer) { a.SurrogateControl = `content="ESI/1.0"` })
	s.engine.Resume(1, s.now)
	s.takeBody()
	s.engine.Purge("/a", s.now)
	s.engine.FillFail(s.fills[1], &answer.FillError{Reason: answer.ConnectError}, s.now)
	s.fill(2, "G")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `<template for="a.esi-1">none</template><!----><template for="a.esi-4">(G)</template><!----></body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

// What a page depends on is found out as it is composed; one whose key was made before that is not kept under it.
func TestPageIsNotKeptUnderAKeyFromBeforeWhatItDependsOnWasKnown(t *testing.T) {
	p := pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)
	p.Mode = page.Complete
	s := newScript(t, p)
	s.get(1, "/?q=1")
	s.get(2, "/?q=2")
	require.Len(t, s.asked, 1)
	s.fill(0, `<edge-slot name="b" src="/b" vary="query:q"></edge-slot>`)
	s.engine.Resume(1, s.now)
	s.engine.Resume(2, s.now)
	s.fill(1, "1")
	s.engine.Resume(1, s.now)
	s.fill(2, "2")
	s.engine.Resume(2, s.now)
	s.takeBody()
	s.get(3, "/")
	require.Len(t, s.asked, 4, "%v", s.take())
	s.fill(3, "none")
	s.engine.Resume(3, s.now)
	assert.Equal(t, "<body>none</body>", s.takeBody())
}

// The first page that is composed says all that it varies on.
func TestFirstComposedPageNamesWhatItsFragmentsVaryOn(t *testing.T) {
	p := pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)
	p.CacheControl = "public, max-age=60"
	q := pageOf(t, "/warm", `<body><edge-slot name="a" src="/a"></edge-slot></body>`)
	s := newScript(t, p, q)
	s.get(1, "/warm?q=1")
	s.fill(0, `<edge-slot name="b" src="/b" vary="header:accept-language"></edge-slot>`)
	s.engine.Resume(1, s.now)
	s.fill(1, "1")
	s.engine.Resume(1, s.now)
	s.take()
	s.get(2, "/?q=1")
	assert.Equal(t, "accept-language", s.head["vary"])
	assert.Equal(t, "public, max-age=60", s.head["cache-control"])
}

// What another engine has written in its place was never read as markup: no patch may bring it.
func TestWhatStandsInItsPlaceIsNotPatchedByAnotherEngine(t *testing.T) {
	s := visited(t)
	s.fields["sec-fetch-dest"] = "document"
	r := &Request{ID: 1, Method: "GET", Target: "/a", Fields: s, Sent: 2}
	p := s.engine.PassHead(r, answers(func(a *answer.Answer) { a.CacheControl = "private" }), s.now)
	s.passPart(1, `<body><a href="<esi:attr src="/f"/>">2`, p, false)
	s.passPart(1, `</body>`, p, true)
	s.fill(0, "</template><b>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, `">2</body>`, s.takeBody())
	assert.Empty(t, NewVerifier(s.engine).Verify())
}

// A marker that a purge of everything has taken is back once the shell is.
func TestShellIsKnownOfWhenItsFillEnds(t *testing.T) {
	s := visited(t)
	s.get(1, "/a")
	p := s.passHead(1, "/a", answers())
	s.passPart(1, "<body>1</body>", p, true)
	s.engine.PurgeAll(s.now)
	s.get(2, "/a")
	p = s.passHead(2, "/a", answers())
	s.passPart(2, "<body>1</body>", p, true)
	s.engine.fragments.Delete("shell:shop.example/a")
	s.shellFill(1, "<body>x</body>")
	s.takeBody()
	s.get(3, "/a")
	assert.Equal(t, "<body>x</body>", s.takeBody())
}

// The same fragment may be asked for where only its bytes count, and where it is read as markup.
func TestFragmentIsInAnAttributeAndInTheBody(t *testing.T) {
	const html = `<body><a title="<esi:attr src="/f"/>">x</a><esi:include src="/f"/></body>`
	for text, body := range map[string]string{
		"Tom &amp; <b>J</b>": `<body><a title="Tom &amp; <b>J</b>">x</a>Tom &amp; <b>J</b></body>`,
		"</template><b>":     `<body><a title="</template><b>">x</a></template><b></body>`, // as it came: no patch brings it
	} {
		s := kept(t, html, map[string]string{"/f": text})
		s.takeBody()
		s.get(2, "/a")
		assert.Equal(t, body, s.takeBody())
	}
}

// An engine that knows nothing of a page whose answer another one has begun cannot have the origin answer it from the beginning.
func TestPageOfTheOriginThatAnotherEngineBeganIsBroken(t *testing.T) {
	s := visited(t)
	s.engine.Handle(&Request{ID: 1, Method: "GET", Target: "/a", Fields: s, Sent: 2}, s.now)
	assert.Equal(t, []string{"break 1"}, s.take())
}
