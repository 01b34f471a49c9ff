package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
)

// lookAt asks for a page as a browser whose answer is looked at.
func (s *script) lookAt(id RequestID, target string) {
	s.fields = browser
	s.engine.Handle(&Request{ID: id, Method: "GET", Target: target, Fields: s, Visit: true}, s.now)
}

// places writes what was told, in lines, and forgets it.
func (s *script) places() (lines []string) {
	for _, one := range s.shown {
		line := fmt.Sprintf("%s %d-%d %s", one.Slot, one.From, one.To, one.Status)
		if one.Pending {
			line += " pending"
		}
		if one.Failure != "" {
			line += " " + one.Failure
		}
		lines = append(lines, line)
	}
	s.shown = nil
	return lines
}

func TestVisitOfAColdPageTellsOfPlaceholdersAndThenOfPatches(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.lookAt(1, "/p/7")
	assert.Equal(t, []string{
		`a 0-33 inlay/a;fwd=miss pending`,
		`b 0-33 inlay/b;fwd=miss pending`,
	}, s.places())
	s.fill(1, "<b>B</b>")
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{`b 0-8 inlay/b;fwd=miss`}, s.places())
	s.fill(0, "no", func(a *answer.Answer) { a.Status = 500 })
	s.engine.Resume(1, s.now)
	told := s.places()
	require.Len(t, told, 1)
	assert.Regexp(t, `^a 0-4 inlay/a;fwd=miss;fwd-status=500;detail=status edge: fill failed \(status\): .*500`, told[0])
}

func TestVisitOfAWarmPageTellsWhereEachSlotIs(t *testing.T) {
	s := newScript(t, pageOf(t, "/p/{id}", twoSlots))
	s.warmUp()
	s.takeBody()
	for _, again := range []bool{false, true} {
		s.lookAt(9, "/p/7")
		body, told := s.takeBody(), s.shown
		require.Len(t, told, 2, "%v", again)
		for i, want := range []string{"/f/a/7", "/f/b/7"} {
			assert.Equal(t, want, told[i].Key)
			assert.Equal(t, fmt.Sprintf("inlay/%s;hit", told[i].Slot), told[i].Status)
			assert.Greater(t, told[i].To, told[i].From)
			assert.NotContains(t, body[told[i].From:told[i].To], "|")
		}
		assert.Equal(t, "|", body[told[0].To:told[1].From])
		s.shown = nil
	}
	s.get(9, "/p/7")
	assert.Empty(t, s.shown, "nobody looks")
	assert.Contains(t, s.take()[0], "send 9")
}

func TestVisitTellsOfSlotsInFragments(t *testing.T) {
	s := newScript(t, pageOf(t, "/{$}", `<body><edge-slot name="a" src="/a">…</edge-slot></body>`))
	s.lookAt(1, "/")
	s.places()
	s.takeBody()
	s.fill(0, `<p>A <edge-slot name="b" src="/b"><i>wait</i></edge-slot> C</p>`)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{`a.b 5-41 inlay/a.b;fwd=miss pending`, `a 0-47 inlay/a;fwd=miss`}, s.places())
	assert.Equal(t, `<?start name="a.b"><i>wait</i><?end>`, s.takeBody()[len(`<template for="a">`)+5:][:36])
}

func TestVisitTellsWhyAPageCannotBeShown(t *testing.T) {
	s := newScriptWith(t, func(c *config.Config) { c.NegativeTTL = time.Second }, pageOf(t, "/p/{id}", requiredPage))
	s.lookAt(1, "/p/7")
	s.fill(0, "x", func(a *answer.Answer) { a.SetCookie = true })
	s.engine.Resume(1, s.now)
	require.Len(t, s.shown, 1)
	assert.Equal(t, -1, s.shown[0].From)
	assert.Contains(t, s.shown[0].Failure, "Set-Cookie")
}
