package engine

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSimulationComparesRepeatedAnswers(t *testing.T) {
	s := newSim(5, false)
	for _, st := range makeScript(5, 30_000) {
		s.step(st)
	}
	require.Empty(t, s.failure)
	require.Greater(t, s.repeats.count, 500)
	require.Greater(t, s.repeats.later, 200, "after events that changed nothing about them")
}

// simRepeats is what the host may answer by itself, kept as worker/asks.mjs does. The simulations always ask the engine too, and
// compare: what it let be repeated must be what it would have said.
type simRepeats struct {
	by           map[string]*simRepeat // target
	events       int
	last         RequestID // that was sent what may be repeated
	count, later int       // compared; and those after other events
}

type simRepeat struct {
	blob  simBlob // the head
	head  *simBytes
	body  []byte
	until time.Time
	page  Repeatable[simBlob]
	parts []*uint32
	were  []uint32 // parts, then
	event int
}

func (m *simRepeats) add(target string, r *Repeat[simBlob], head *simBytes, body []byte, until time.Time) {
	if m.by == nil {
		m.by = map[string]*simRepeat{}
	}
	m.by[target] = &simRepeat{r.Head, head, body, until, r.Page, slices.Clone(r.Parts), numbers(r.Parts), m.events}
}

func numbers(parts []*uint32) (all []uint32) {
	for _, p := range parts {
		all = append(all, *p)
	}
	return all
}

// find is what the host would answer a request with, if anything. The engine hears of it before the next event.
func (m *simRepeats) find(e *Engine[simBlob], r *Request, now time.Time) *simRepeat {
	found := m.by[r.Target]
	if found == nil || r.Method != "GET" || !now.Before(found.until) || !slices.Equal(found.were, numbers(found.parts)) {
		return nil
	}
	e.Touch(found.page, 0) // which is asked too, and counts
	return found
}

func (m *simRepeats) end() { clear(m.by) }

func (m *simRepeats) drop(b simBlob) {
	for target, r := range m.by {
		if r.blob == b {
			delete(m.by, target)
		}
	}
}

// compare gives what is wrong with an answer, empty if it is what might have been repeated.
func (m *simRepeats) compare(r *simRepeat, head *simBytes, body []byte) string {
	m.count++
	if m.events > r.event+1 {
		m.later++
	}
	if head == nil || head.status != 200 || !slices.Equal(head.fields, r.head.fields) || !bytes.Equal(body, r.body) {
		return "is answered otherwise than what might have been repeated"
	}
	return ""
}
