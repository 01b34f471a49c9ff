package engine

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/page"
	"inlay/internal/patch"
)

// What visitors ask for, what the origin says, and whether what they get in the end is made of that.

var originPaths = []string{"/a", "/b", "/c"}

// inputOf is what the slots of a source vary on: the same in all slots.
func inputOf(src int) string {
	return [...]string{3: "cookie:u", 4: "query:q", 5: "header:accept-language", 8: ""}[src]
}

// simSlots are those that are asked for alone.
var simSlots = []string{"s0", "s1", "s2", "s3", "s0", "s1", "s3", "s4", "esi-1", "esi-2", "s0.esi-1", "s1.s2", "esi-1.s1", "none"}

func (s *simOrigin) request(r *rand.Rand) {
	s.lastID++
	q := &simVisit{id: s.lastID, began: s.now, gone: s.gone, fields: map[string]string{":authority": "shop.example", ":scheme": "https"}}
	q.fields["user-agent"] = []string{"Mozilla/5.0", "Mozilla/5.0", "curl/8"}[r.IntN(3)]
	q.fields["accept-language"] = []string{"de", "en"}[r.IntN(2)]
	if u := r.IntN(3); u > 0 {
		q.fields["cookie"] = "u=" + strconv.Itoa(u)
	}
	target := originPaths[r.IntN(3)]
	if r.IntN(3) == 0 {
		target = s.pages[r.IntN(3)].Pattern
	}
	if target[1] == 'c' || target[1] == 'p' && r.IntN(2) == 0 {
		target += "?q=" + strconv.Itoa(r.IntN(2))
	}
	if q.bare = target; r.IntN(4) == 0 {
		q.slot = simSlots[r.IntN(len(simSlots))]
		path, query, has := strings.Cut(target, "?")
		if target = path + "?inlay-slot=" + q.slot; has && r.IntN(2) == 0 {
			target += "&" + query
		} else if has {
			target = path + "?" + query + "&inlay%2Dslot=" + q.slot
		}
	}
	method := "GET"
	if r.IntN(12) == 0 {
		method = "HEAD"
	}
	q.request = Request{ID: q.id, Method: method, Target: target, HTTP10: r.IntN(12) == 0, Fields: q}
	s.visits[q.id] = q
	s.order = append(s.order, q.id)
	s.event(q.id, "request %d: %s %s %v", q.id, method, target, q.fields)
	repeat := s.repeats.find(s.engine, &q.request, s.now)
	s.engine.Handle(&q.request, s.now)
	s.settled(q)
	if repeat != nil {
		if wrong := s.repeats.compare(repeat, q.head, q.body); wrong != "" {
			s.fail("request %d for %s %s: %v %q, %v %q", q.id, target, wrong, q.head, q.body, repeat.head.fields, repeat.body)
		}
	}
}

// html makes a text with slots, in pieces that each are read by themselves. Its mark says which it is, and for what it was asked.
func (s *simOrigin) html(r *rand.Rand, mark string, document bool) (pieces []string, esi bool) {
	most := []int{0, 0, 1, 2}[r.IntN(4)]
	if document {
		most = 1 + r.IntN(4)
		mark = "<html><head></head><body>" + mark
	}
	pieces = []string{mark}
	used := map[int]bool{}
	f := func(among ...int) string { return "/f/" + strconv.Itoa(among[r.IntN(len(among))]) }
	for range most {
		text := ""
		switch k := r.IntN(9); k {
		case 0, 1, 2, 3:
			n := r.IntN(6)
			if used[n] {
				continue
			}
			used[n] = true
			vary, required := inputOf(n), ""
			if vary != "" {
				vary = ` vary="` + vary + `"`
			}
			if k == 0 {
				required = " required"
			}
			text = `<edge-slot name="s` + strconv.Itoa(n) + `" src="` + f(n) + `"` + vary + required + `>…</edge-slot>`
		case 4:
			text = `<esi:include src="` + f(0, 1, 6) + `"/>`
		case 5:
			text = `<esi:include src="` + f(0, 1, 6) + `" alt="` + f(2, 7) + `"/>`
		case 6:
			text = `<a href="<esi:attr src="` + f(1, 7) + `"/>">a</a>`
		default:
			attempt, except := "(", "none"
			for range r.IntN(3) {
				attempt += []string{`<esi:include src="` + f(0, 1, 2, 6) + `"/>`, `<a href="<esi:attr src="` + f(1, 7) + `"/>">`}[r.IntN(5)/4]
			}
			if r.IntN(2) == 0 {
				except += `<esi:include src="` + f(0, 2) + `"/>`
			}
			text = `<esi:try><esi:attempt>` + attempt + `)</esi:attempt><esi:except>` + except + `</esi:except></esi:try>`
		}
		esi = esi || strings.Contains(text, "<esi:")
		pieces = append(pieces, text, "|")
	}
	if document {
		pieces = append(pieces, "</body></html>")
	}
	return pieces, esi || document
}

// markOf says which text it is, and for what it was asked.
func markOf(n int, t *originText) string {
	mark := "<b>[" + strconv.Itoa(n) + "]"
	if _, query, ok := strings.Cut(t.of.Src, "?"); ok {
		mark += "{" + query + "}"
	}
	for _, f := range t.of.Fields {
		if !strings.HasPrefix(f.Name, "x-") {
			mark += "{" + f.Name + ":" + f.Value + "}"
		}
	}
	if t.visitor != 0 {
		mark += "{visitor:" + strconv.Itoa(int(t.visitor)) + "}"
	}
	return mark + "</b>"
}

// says is how the origin answers for a page of its own.
func (s *simOrigin) says(r *rand.Rand, target string, a *answer.Answer) {
	path, _, _ := strings.Cut(target, "?")
	if r.IntN(20) == 0 {
		s.hasTime[path] = r.IntN(10)
	}
	a.SurrogateControl, a.InlaySlots, a.CacheControl = `content="ESI/1.0"`, "edge-slot", "max-age=60"
	switch s.hasTime[path] {
	case 0:
		a.CacheControl = "private"
	case 1:
		a.SetCookie = true
	case 2, 3:
		a.Vary = "Accept-Language"
	case 4:
		a.Vary = "Cookie"
	case 5:
		a.CacheControl = "max-age=2, stale-while-revalidate=10"
		a.ETag = `"` + strconv.Itoa(r.IntN(2)) + `"`
	}
}

// part has the origin say more of its answer to a request that was passed on.
func (s *simOrigin) part(q *simVisit, r *rand.Rand) {
	if q.answer == nil {
		q.answer = &answer.Answer{Status: 200, ContentType: "text/html"}
		s.says(r, q.bare, q.answer)
		q.text = len(s.texts)
		t := originText{visitor: q.id, of: page.FillRequest{Src: q.bare}, esi: true, ended: s.now}
		pieces, _ := s.html(r, markOf(q.text, &t), true)
		t.html = strings.Join(pieces, "")
		s.texts = append(s.texts, t)
		for len(pieces) > 0 {
			n := 1 + r.IntN(len(pieces))
			q.parts, pieces = append(q.parts, strings.Join(pieces[:n], "")), pieces[n:]
		}
		if r.IntN(10) == 0 {
			q.answer.SurrogateControl, q.answer.InlaySlots = "", ""
		}
		s.event(q.id, "the origin answers %d: %q", q.id, q.parts)
		s.passHead(q)
		s.settled(q)
		return
	}
	if q.said >= len(q.parts) {
		return
	}
	if r.IntN(30) == 0 {
		s.event(q.id, "the answer to %d breaks off", q.id)
		s.engine.PassBroken(q.id, s.now)
		if !q.broken && !q.left {
			s.fail("request %d goes on, though its answer broke off", q.id)
		}
		return
	}
	s.event(q.id, "more for %d: %q", q.id, q.parts[q.said])
	q.said++
	s.sayPart(q, q.said-1)
	s.settled(q)
}

func (s *simOrigin) passHead(q *simVisit) {
	if q.parse = s.engine.PassHead(&q.request, q.answer, s.now); q.parse == (Parse{}) {
		if s.engine.requests[q.id] != nil {
			s.fail("request %d is passed as it is, and kept", q.id)
		}
		q.ended, q.head = true, &simBytes{}
	}
}

// sayPart hands over a part, whose slots are numbered after those before.
func (s *simOrigin) sayPart(q *simVisit, i int) {
	if i >= len(q.parts) {
		return
	}
	text := []byte(q.parts[i])
	s.engine.PassPart(q.id, parsePart(q.parts[:i+1], q.parse), s.add(&simBytes{bytes: text}), len(text), i == len(q.parts)-1, s.now)
}

func (s *simOrigin) settle(f *originFill, r *rand.Rand) {
	t := &s.texts[f.text]
	a := &answer.Answer{Status: 200, ContentType: "text/html", CacheTag: "t"}
	pieces, esi := s.html(r, markOf(f.text, t), f.fill.Document)
	t.html, t.esi, t.ended = strings.Join(pieces, ""), esi, s.now
	text := t.html
	if f.fill.Document {
		s.says(r, f.fill.Src, a)
	} else if esi {
		a.SurrogateControl = `content="ESI/1.0"`
	}
	switch r.IntN(20) {
	case 0:
		a.Status = 503
	case 1:
		a.Status = 404
	case 2:
		a.CacheControl = "private"
	case 3:
		a.CacheControl = "max-age=1, stale-while-revalidate=5"
	case 4:
		if !f.fill.Document {
			text = markOf(f.text, t)
		}
		text += "<unreadable></unreadable>"
		t.html = text
	case 5:
		text += strings.Repeat("x", r.IntN(12<<10))
		t.html = text
	}
	if len(f.fill.Conditions) > 0 && r.IntN(2) == 0 {
		text, a.Status, a.ContentType = "", 304, ""
		if fill := s.engine.attempts[f.id]; fill != nil && fill.stored != nil {
			s.texts[numberIn(string(s.get(fill.stored.blob).bytes))].ended = s.now
		}
	} else if r.IntN(3) == 0 {
		a.ETag = `"` + strconv.Itoa(r.IntN(2)) + `"`
	}
	a.Size = len(text)
	s.event(0, "fill %d ends: %d %s %q", f.id, a.Status, a.CacheControl, text[:min(len(text), 300)])
	s.engine.FillEnd(f.id, a, s.add(&simBytes{bytes: []byte(text)}), s.now)
}

// settled looks at a request after an event of its own: it waits, or is answered, or is the origin's to answer.
func (s *simOrigin) settled(q *simVisit) {
	switch {
	case q.left:
	case q.ended:
		q.waiting = false
		s.count(q)
		if !q.broken && q.head.status != 0 {
			s.check(q)
		}
	case !q.waiting && !(q.passed && q.parse == Parse{}):
		s.fail("request %d neither waits nor is answered", q.id)
	}
}

func (s *simOrigin) count(q *simVisit) {
	switch {
	case q.broken:
		s.seen["broken"]++
	case q.head.status == 0:
		s.seen["passed"]++
	case q.whole:
		s.seen["whole"]++
	default:
		s.seen["streamed"]++
	}
	if q.passed && q.head != nil && q.head.status != 0 {
		s.seen["composed"]++
	}
	if q.head == nil {
		return
	}
	for _, f := range q.head.fields {
		if f.Name == "cache-status" && strings.Contains(f.Value, "inlay/shell;hit") {
			s.seen["kept"]++
		}
		if f.Name == "cache-status" && !strings.Contains(f.Value, "fwd=") {
			s.seen["hit"]++
		}
		if q.passed && f.Name == "etag" {
			s.fail("request %d has the ETag of a page that is its visitor's own", q.id)
		}
	}
}

// check holds that a visitor got a page of the texts that are for them, each in its place, and nothing else.
func (s *simOrigin) check(q *simVisit) {
	if q.slot != "" {
		s.checkSlot(q)
	}
	if q.request.Method == "HEAD" || q.head.status == 304 || q.head.status == 502 || q.head.status == 404 {
		return
	}
	for _, f := range q.head.fields {
		if f.Name == "content-length" && f.Value != strconv.Itoa(len(q.body)) {
			s.fail("request %d announced %s bytes and has %d", q.id, f.Value, len(q.body))
		}
	}
	body := s.patched(q, strings.Replace(string(q.body), patch.Element, "", 1))
	for rest := body; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			break
		}
		mark, after, _ := strings.Cut(after, "}")
		rest = after
		own := mark == "q="+queryValue(q.request.query, "q") || mark == "visitor:"+strconv.Itoa(int(q.id))
		if name, value, ok := strings.Cut(mark, ":"); ok && !own {
			own = q.fields[name] == value
		}
		if !own {
			s.fail("request %d got what is another's, %s: %s", q.id, mark, q.body)
		}
	}
	if q.slot != "" {
		s.matchAlone(q, body)
		return
	}
	if q.crashed {
		return // of two engines, which need not have had the same fragments
	}
	html, document := s.htmlOf(q), true
	if html == "" {
		n := numberIn(body)
		t := &s.texts[n]
		html = t.html
		if q.passed && n != q.text || !q.passed && (t.visitor != 0 || t.of.Src != q.bare || n <= s.goneAt(q, t.of.Src)) {
			s.fail("request %d got the page of another, or one that was purged: %s", q.id, q.body)
		}
	}
	o, _ := page.DecodeOutline(parse([]byte(html), Parse{Document: document, EdgeSlots: true, ESI: true}))
	if !slices.Contains(s.match(q, html, &o, o.Pieces, body, 0), "") {
		s.fail("request %d got what is not its page: %s\n    in the end %s\n    of %s", q.id, q.body, body, html)
	}
}

// htmlOf is the text of a visit's page, if that is one of the build.
func (s *simOrigin) htmlOf(q *simVisit) (html string) {
	i := slices.IndexFunc(s.pages, func(p page.Page) bool { path, _, _ := strings.Cut(q.bare, "?"); return p.Pattern == path })
	if i < 0 {
		return ""
	}
	for j, text := range s.pages[i].Static {
		html += text
		if j < len(s.pages[i].Slots) {
			slot := &s.pages[i].Slots[j]
			vary := ""
			if len(slot.Vary) > 0 {
				vary = ` vary="cookie:u"`
			}
			html += `<edge-slot name="` + slot.Name + `" src="` + slot.Src + `"` + vary + `>…</edge-slot>`
		}
	}
	return html
}

// goneAt is the last text of a src that a request may not get, since it came after a purge.
func (s *simOrigin) goneAt(q *simVisit, src string) int { return max(q.gone[src], q.gone[""]) }

// patched applies the patches of a page to their placeholders, as a browser does.
func (s *simOrigin) patched(q *simVisit, body string) string {
	for {
		at := strings.Index(body, `<template for="`)
		if at < 0 {
			break
		}
		name, rest, _ := strings.Cut(body[at+len(`<template for="`):], `">`)
		content, rest, ok := strings.Cut(rest, `</template><!---->`)
		before, after, placed := strings.Cut(body[:at], `<?start name="`+name+`">`)
		_, after, ended := strings.Cut(after, `<?end>`)
		if ok && placed && ended {
			body = before + content + after + rest
			continue
		}
		if body = body[:at] + rest; !q.crashed {
			s.fail("request %d has a patch for %s without a placeholder: %s", q.id, name, q.body)
			break
		}
	}
	for {
		before, after, ok := strings.Cut(body, `<?start name="`)
		if !ok {
			return strings.ReplaceAll(body, "<?end>", "")
		}
		_, after, _ = strings.Cut(after, `">`)
		body = before + after
	}
}

// numberIn is the number of the text that begins first.
func numberIn(text string) int {
	_, text, _ = strings.Cut(text, "<b>[")
	number, _, _ := strings.Cut(text, "]")
	n, _ := strconv.Atoi(number)
	return n
}

// match gives what can be left of a body after pieces of a text, with what may stand in its slots.
func (s *simOrigin) match(q *simVisit, html string, o *page.Outline, pieces []page.Piece, body string, depth int) []string {
	rests := []string{body}
	for _, p := range pieces {
		var next []string
		for _, rest := range rests {
			switch p.Kind {
			case page.TextPiece:
				if after, ok := strings.CutPrefix(rest, html[p.From:p.To]); ok {
					next = append(next, after)
				}
			case page.LiteralPiece:
				if after, ok := strings.CutPrefix(rest, p.Text); ok {
					next = append(next, after)
				}
			case page.SlotPiece:
				next = append(next, s.matchSlot(q, html, o, &o.Slots[p.Slot], rest, depth)...)
			default:
				next = append(next, rest)
			}
		}
		slices.Sort(next)
		rests = slices.Compact(next)
	}
	return rests
}

func (s *simOrigin) matchSlot(q *simVisit, html string, o *page.Outline, slot *page.Slot, body string, depth int) (rests []string) {
	if slot.Src == "" {
		rests = s.match(q, html, o, slot.Group, body, depth)
	} else if after, ok := strings.CutPrefix(body, slot.Skeleton); ok {
		rests = append(rests, after) // it has failed
	}
	if slot.Else != 0 {
		s.seen["else"]++
		rests = append(rests, s.matchSlot(q, html, o, &o.Slots[slot.Else], body, depth)...)
	}
	if n := numberIn(body); slot.Src != "" && strings.HasPrefix(body, "<b>[") && depth <= maxNested && n > 0 && n < len(s.texts) {
		t := &s.texts[n]
		key, err := slot.AppendKey(nil, nil, q)
		of := page.ReadKey(string(key))
		if err != nil || t.visitor != 0 || of.Src != t.of.Src || !slices.Equal(of.Fields, t.of.Fields) {
			return rests
		}
		if n <= s.goneAt(q, t.of.Src) {
			s.fail("request %d got text %d, which was purged before it came", q.id, n)
		}
		if age := q.began.Sub(t.ended); age > s.engine.config.TTL+20*time.Second {
			s.fail("request %d got text %d, which was %v old", q.id, n, age)
		}
		if depth > 0 {
			s.seen["nested"]++
		}
		inner, err := page.DecodeOutline(parse([]byte(t.html), Parse{EdgeSlots: true, ESI: t.esi}))
		if err != nil {
			inner.Pieces = []page.Piece{{To: len(t.html)}}
		}
		rests = append(rests, s.match(q, t.html, &inner, inner.Pieces, body, depth+1)...)
	}
	return rests
}
