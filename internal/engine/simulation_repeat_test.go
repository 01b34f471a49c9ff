package engine

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/internal/route"
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
	by           map[string][]*simRepeat // target
	events       int
	last         RequestID // that was sent what may be repeated
	count, later int       // compared; and those after other events
	varying      int       // of pages that vary
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

	varies  *route.Varying
	sources string
}

// add keeps what may be repeated for who asked for a target.
func (m *simRepeats) add(r *Repeat[simBlob], target string, fields Fields, head *simBytes, body []byte, until time.Time) {
	if m.by == nil {
		m.by = map[string][]*simRepeat{}
	}
	sources, ok := sourcesOf(r.Varies, fields)
	if !ok {
		return
	}
	all := slices.DeleteFunc(m.by[target], func(old *simRepeat) bool { return old.sources == sources })
	m.by[target] = append(all, &simRepeat{r.Head, head, body, until, r.Page, slices.Clone(r.Parts), numbers(r.Parts), m.events, r.Varies, sources})
	if r.Varies != nil {
		m.varying++
	}
}

// sourcesOf is what a request has of what a page varies on, as worker/reading.mjs reads it; false: that is not sure.
func sourcesOf(v *route.Varying, fields Fields) (all string, ok bool) {
	if v == nil {
		return "", true
	}
	names, cookies, _ := strings.Cut("\x00"+string(v.AppendSources(nil)), "\x00\x00")
	for _, name := range strings.Split(strings.TrimPrefix(names, "\x00"), "\x00") {
		if name != "" {
			all += "\n" + fields.Field(name)
		}
	}
	header := fields.Field("cookie")
	if strings.Contains(header, ", ") || strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", false
	}
	for _, name := range strings.Split(strings.TrimSuffix(cookies, "\x00"), "\x00") {
		value := "none"
		for _, pair := range strings.Split(header, ";") {
			if have, v, is := strings.Cut(pair, "="); is && strings.Trim(have, " ") == name {
				value = "=" + strings.Trim(v, " ")
				break
			}
		}
		all += "\n" + value
	}
	return all, true
}

func numbers(parts []*uint32) (all []uint32) {
	for _, p := range parts {
		all = append(all, *p)
	}
	return all
}

// find is what the host would answer a request with, if anything. The engine hears of it before the next event.
func (m *simRepeats) find(e *Engine[simBlob], r *Request, now time.Time) *simRepeat {
	for _, found := range m.by[r.Target] {
		sources, ok := sourcesOf(found.varies, r.Fields)
		if ok && sources == found.sources && r.Method == "GET" && now.Before(found.until) && slices.Equal(found.were, numbers(found.parts)) {
			e.Touch(found.page, 0) // which is asked too, and counts
			return found
		}
	}
	return nil
}

func (m *simRepeats) end() { clear(m.by) }

func (m *simRepeats) drop(b simBlob) {
	for target, all := range m.by {
		m.by[target] = slices.DeleteFunc(all, func(r *simRepeat) bool { return r.blob == b })
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
