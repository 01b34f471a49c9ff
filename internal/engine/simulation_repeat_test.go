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
	for _, st := range makeScript(5, 20_000) {
		s.step(st)
	}
	require.Empty(t, s.failure)
	require.Greater(t, s.repeats.count, 100)
}

// simRepeats is what the host may answer by itself. The simulation always asks the engine too, and compares: what it let be
// repeated must be what it would have said.
type simRepeats struct {
	by    map[string]simRepeat // target
	asked bool                 // the event in progress has ended with Repeat
	last  *simRequest          // that was sent what may be repeated
	count int                  // compared
}

type simRepeat struct {
	head  *simBytes
	body  []byte
	until time.Time
}

// begin is the beginning of an event.
func (m *simRepeats) begin() {
	if !m.asked {
		clear(m.by)
	}
	m.asked = false
}

func (m *simRepeats) add(s *sim, q *simRequest, head, body *simBytes, until time.Time) {
	m.asked, m.last = true, q
	if q.id != s.current || !q.ended || q.head != head || !q.isHead && !bytes.Equal(q.body, body.bytes) {
		s.fail("request %d: repeat what was not sent", q.id)
	}
	if left := until.Sub(s.wall()); left <= 0 || left > time.Second {
		s.fail("request %d: may be repeated for %v", q.id, left)
	}
	until = until.Add(-s.skew)
	if m.by == nil {
		m.by = map[string]simRepeat{}
	}
	m.by[q.target] = simRepeat{head: head, body: body.bytes, until: until}
}

// find is what the host would answer a request with, if anything. It comes after the beginning of the event.
func (m *simRepeats) find(r *Request, now time.Time) *simRepeat {
	found, ok := m.by[r.Target]
	if !ok || r.Method != "GET" || !now.Before(found.until) {
		return nil
	}
	return &found
}

func (m *simRepeats) compare(s *sim, repeat *simRepeat, q *simRequest) {
	if repeat == nil {
		return
	}
	m.count++
	if q.head == nil || q.head.status != 200 || !slices.Equal(q.head.fields, repeat.head.fields) || !bytes.Equal(q.body, repeat.body) {
		s.fail("request %d for %s is answered otherwise than what might have been repeated: %v %q, %v %q",
			q.id, q.target, q.head, q.body, repeat.head.fields, repeat.body)
	}
}
