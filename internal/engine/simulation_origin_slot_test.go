package engine

import (
	"slices"
	"strings"

	"inlay/internal/page"
)

// A slot that was asked for alone.

// checkSlot holds that its head says to whom it may be given, and for how long, by what is in it.
func (s *simOrigin) checkSlot(q *simVisit) {
	head := map[string]string{}
	for _, f := range q.head.fields {
		head[f.Name] = f.Value
	}
	control := head["cache-control"]
	switch {
	case q.head.status == 404:
		s.seen["no slot"]++
		fallthrough
	case q.head.status == 502:
		if control != "no-store" {
			s.fail("request %d has failed and says %s", q.id, control)
		}
	case q.passed && q.head.status == 200:
		s.seen["a slot of its visitor's page"]++
		if control != "private, no-cache" || head["etag"] != "" {
			s.fail("request %d has its visitor's own page and says %s", q.id, control)
		}
	case strings.HasPrefix(control, "public"):
		s.seen["a slot for all"]++
		if body := string(q.body); strings.Contains(body, ":") || head["vary"] != "" || head["set-cookie"] != "" {
			s.fail("request %d says %s of what is one visitor's: %s", q.id, control, body)
		}
	case strings.HasPrefix(control, "private, max-age="):
		if head["vary"] == "" {
			s.fail("request %d says %s and not why", q.id, control)
		}
	case control != "no-store":
		s.fail("request %d says %s", q.id, control)
	}
	if head["link"] != "" {
		s.fail("request %d has the head of a page", q.id)
	}
}

// matchAlone holds that the body is what stands in the slot that was asked for, of a text that the visitor could get.
func (s *simOrigin) matchAlone(q *simVisit, body string) {
	s.seen["a slot alone"]++
	name := q.slot[strings.LastIndexByte(q.slot, '.')+1:]
	matches := func(html string, p Parse) bool {
		o, err := page.DecodeOutline(parse([]byte(html), p))
		if err != nil {
			return false
		}
		for i := range o.Slots {
			slot := &o.Slots[i]
			if slot.Name == name && !slot.InPlace && slices.Contains(s.matchSlot(q, html, &o, slot, body, strings.Count(q.slot, ".")), "") {
				return true
			}
		}
		return false
	}
	if name == q.slot {
		if html := s.htmlOf(q); html != "" {
			if !matches(html, Parse{Document: true, EdgeSlots: true, ESI: true}) {
				s.fail("request %d got what is not in its slot: %s of %s", q.id, body, html)
			}
			return
		}
	}
	for n := len(s.texts) - 1; n > 0; n-- {
		t := &s.texts[n]
		if q.passed && name == q.slot && n != q.text || !(q.passed && n == q.text) && (t.visitor != 0 || n <= s.goneAt(q, t.of.Src)) || name == q.slot && t.of.Src != q.bare {
			continue
		}
		if matches(t.html, Parse{Document: name == q.slot, EdgeSlots: true, ESI: t.esi}) {
			return
		}
	}
	s.fail("request %d got what is in no such slot: %s", q.id, body)
}
