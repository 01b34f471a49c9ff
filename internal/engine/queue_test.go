package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"inlay/internal/answer"
	"inlay/internal/config"
)

// What becomes of fills that their leader's host has queued, behind others of the same request.

const queuePage = `<body><edge-slot name="own" src="/own" vary="query:q"></edge-slot><edge-slot name="of" src="/of/{id}"></edge-slot>` +
	`<edge-slot name="nav" src="/nav" timeout="1s"><i>…</i><edge-error>no nav</edge-error></edge-slot></body>`

func newQueue(t *testing.T) *script {
	s := newScriptWith(t, func(c *config.Config) { c.NegativeTTL = time.Minute }, pageOf(t, "/p/{id}", queuePage),
		pageOf(t, "/home", `<body><edge-slot name="nav" src="/nav" timeout="1s"><i>…</i><edge-error>no nav</edge-error></edge-slot></body>`))
	s.fields = browser
	s.queued = map[FillID]bool{}
	s.get(1, "/p/7?q=x")
	assert.Equal(t, []string{"fill 1 /nav", "fill 1 /own?q=x", "fill 1 /of/7", "respond 1 200", "write 1", "wait 1 1.5s"}, s.take(), "first what is for everybody")
	return s
}

func TestQueuedFillIsLedByWhoeverWaitsForIt(t *testing.T) {
	s := newQueue(t)
	s.queued[s.fills[0]] = true
	s.now = s.now.Add(900 * time.Millisecond)
	s.get(2, "/home")
	assert.Equal(t, []string{"respond 2 200", "write 2", "watch 2 1", "fill 2 /nav", "wake 1", "wait 2 1.5s"}, s.take(), "with all of its time")
	assert.EqualValues(t, 3, s.engine.Stats().Fills, "the one that was not begun was none")
	assert.Zero(t, s.engine.Stats().TakenOver)
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"watch 1 4", "wait 1 1.5s"}, s.take(), "its new leader is watched")

	// A third one joins what is under way.
	s.get(3, "/home")
	assert.Equal(t, []string{"respond 3 200", "write 3", "watch 3 4", "wait 3 1.5s"}, s.take())
	s.engine.FillFail(s.fills[0], &answer.FillError{Reason: answer.TimeoutError}, s.now)
	assert.EqualValues(t, 1, s.engine.Stats().Late, "the host has let go of it")
	assert.Empty(t, s.take())

	// Who leads it now is lost, and neither the first leader nor its attempts are.
	s.engine.FillLost(s.fills[3], s.now)
	assert.Equal(t, []string{"wake 1"}, s.take())
	s.engine.Resume(1, s.now)
	assert.Equal(t, []string{"fill 1 /nav", "wait 1 1.5s"}, s.take())
	s.fill(4, "<p>nav</p>")
	s.engine.Resume(3, s.now)
	assert.Equal(t, []string{"wake 1", "wake 3", "write 3", "finish 3"}, s.take())
}

func TestFillThatWasHeldUpGoesToAnotherWhoWaits(t *testing.T) {
	s := newQueue(t)
	s.get(2, "/home")
	assert.Equal(t, []string{"respond 2 200", "write 2", "watch 2 1", "wait 2 1.5s"}, s.take(), "it had begun, late")
	s.now = s.now.Add(time.Second)
	s.engine.FillHeldUp(s.fills[0], &answer.FillError{Reason: answer.TimeoutError, Text: "held up"}, s.now)
	assert.Equal(t, []string{"wake 2"}, s.take())
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"fill 2 /nav", "wait 2 1.5s"}, s.take())
	s.fill(3, "<p>nav</p>")
	assert.Equal(t, []string{"wake 1", "wake 2"}, s.take())
	assert.Zero(t, s.engine.Stats().Failed)
}

// Nobody else waits: the leader's page has an end, and the next to ask begins anew.
func TestFillThatWasHeldUpIsNotRemembered(t *testing.T) {
	s := newQueue(t)
	s.now = s.now.Add(time.Second)
	s.engine.FillHeldUp(s.fills[0], &answer.FillError{Reason: answer.TimeoutError, Text: "held up"}, s.now)
	assert.Equal(t, []string{"wake 1"}, s.take())
	s.engine.Resume(1, s.now)
	assert.Contains(t, s.takeBody(), "no nav")
	s.take()
	s.get(2, "/home")
	assert.Equal(t, []string{"fill 2 /nav", "respond 2 200", "write 2", "wait 2 1.5s"}, s.take())
	s.engine.FillFail(s.fills[3], &answer.FillError{Reason: answer.TimeoutError}, s.now)
	s.take()
	s.get(3, "/home")
	assert.Equal(t, []string{"send 3 200"}, s.take(), "one that had its time is")
}

// Held up twice it has failed, for who waits and for nobody else.
func TestFillThatIsHeldUpAgainHasFailed(t *testing.T) {
	s := newQueue(t)
	s.get(2, "/home")
	s.engine.FillHeldUp(s.fills[0], &answer.FillError{Reason: answer.TimeoutError}, s.now)
	s.engine.Resume(2, s.now)
	s.take()
	s.engine.FillHeldUp(s.fills[3], &answer.FillError{Reason: answer.TimeoutError}, s.now)
	s.engine.Resume(2, s.now)
	assert.Equal(t, []string{"wake 1", "wake 2", "write 2", "finish 2"}, s.take())
	s.engine.FillHeldUp(s.fills[3], &answer.FillError{Reason: answer.TimeoutError}, s.now)
	assert.EqualValues(t, 1, s.engine.Stats().Late)
	s.get(3, "/home")
	assert.Contains(t, s.take(), "fill 3 /nav")
}
