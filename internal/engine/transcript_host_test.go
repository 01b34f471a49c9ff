package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/config"
	"inlay/internal/field"
	"inlay/internal/markup"
	"inlay/internal/patch"
)

// transcriptHost is the host of a history: it does what each event says, and writes down what the engine asks, in the
// words of Host.
type transcriptHost struct {
	asked    int64 // of the last View or Purge
	t        *testing.T
	told     *transcript
	engine   *Engine[*transcriptBlob]
	verifier *Verifier[*transcriptBlob]
	line     transcriptLine
	asks     []transcriptAsk
	etag     string // the last one in a head
	repeats  bool   // something may be repeated
	fields   map[string]string

	alive  map[*transcriptBlob]bool
	ids    map[RequestID]bool // unfinished
	fills  map[FillID]bool    // of which no end was told
	queued map[FillID]bool
	puts   []string // what was put below
	passed map[RequestID]*transcriptPass
}

// transcriptPass is a request that was passed on, and what its origin has said.
type transcriptPass struct {
	request Request
	parse   Parse
	parts   []string
}

// transcriptAsk is one ask: a line, and if it is about a body what it says.
type transcriptAsk struct {
	line, text string
}

// transcriptBlob is bytes, or a head.
type transcriptBlob struct {
	text   string
	status int
	fields []field.Field
}

var transcriptBegin = time.Unix(1_700_000_000, 0)

func newTranscriptHost(t *testing.T, told *transcript) *transcriptHost {
	h := &transcriptHost{
		t: t, told: told, alive: map[*transcriptBlob]bool{}, ids: map[RequestID]bool{}, fills: map[FillID]bool{}, queued: map[FillID]bool{},
		passed: map[RequestID]*transcriptPass{},
	}
	h.start()
	return h
}

// start makes the engine.
func (h *transcriptHost) start() {
	options, err := config.Parse(func(name string) (string, bool) {
		value, ok := h.told.variables[name]
		return value, ok
	})
	require.NoError(h.t, err)
	options.Seed = 1
	h.below(&options)
	h.engine, err = New(h.told.pages, options, Host[*transcriptBlob](h))
	require.NoError(h.t, err)
	h.verifier = NewVerifier(h.engine)
}

// live lets an event happen.
func (h *transcriptHost) live(l transcriptLine) {
	h.line = l
	word := func(i int) string {
		require.Greater(h.t, len(l.event), i, "line %d: %s: what else?", l.number, l.text)
		return l.event[i]
	}
	number := func(i int) uint32 {
		n, err := strconv.ParseUint(word(i), 10, 32)
		require.NoError(h.t, err, "line %d: %s", l.number, l.text)
		return uint32(n)
	}
	switch now := h.now(); word(0) {
	case "request":
		h.fields = map[string]string{"sec-fetch-dest": "document", ":authority": "shop.example", ":scheme": "https"}
		for _, f := range l.event[min(4, len(l.event)):] {
			if f == "authorized" {
				f = "authorization:Bearer " + h.told.variables["INLAY_TOKEN"]
			}
			name, value, ok := strings.Cut(f, ":")
			require.True(h.t, ok, "line %d: %s is no field", l.number, f)
			h.fields[name] = strings.ReplaceAll(value, "$etag", h.etag)
		}
		id := RequestID(number(1))
		require.False(h.t, h.ids[id], "line %d: there is a request %d", l.number, id)
		h.ids[id] = true
		h.passed[id] = &transcriptPass{request: Request{ID: id, Method: word(2), Target: word(3), Fields: h}}
		h.engine.Handle(&Request{ID: id, Method: word(2), Target: word(3), Fields: h}, now)
	case "origin":
		h.origin(RequestID(number(1)), word(2), l.event[3:], now)
	case "resume":
		h.engine.Resume(RequestID(number(1)), now)
	case "deadline":
		h.engine.Deadline(RequestID(number(1)), now)
	case "leave":
		delete(h.ids, RequestID(number(1)))
		h.engine.Leave(RequestID(number(1)), now)
	case "fill":
		h.fill(FillID(number(1)), strings.Join(l.event[2:3], ""), l.event[min(3, len(l.event)):], now)
	case "isolate":
		h.begin()
	case "poll":
		h.engine.Polled(PollID(number(1)), h.answers(l.event[min(3, len(l.event)):]), now)
	case "view":
		_, _, h.asked = h.engine.View(now)
	case "told":
		h.ask("%d purged", h.engine.Told([]string{word(1)}, h.answers(l.event[min(2, len(l.event)):]), h.asked, now))
	case "passed":
		h.engine.PassEnd(RequestID(number(1)), answer.Purged(word(2), "", ""), now)
	case "purge", "invalidate":
		switch what := word(0) + " " + word(1); what {
		case "purge all":
			h.engine.PurgeAll(now)
		case "purge key":
			h.engine.Purge(word(2), now)
		case "purge tag":
			h.ask("%d purged", h.engine.PurgeTag(word(2), now))
		case "invalidate tag":
			h.ask("%d invalidated", h.engine.InvalidateTag(word(2), now))
		default:
			h.what()
		}
	default:
		h.what()
	}
	if broken := h.verifier.Verify(); broken != "" {
		h.t.Fatalf("line %d: %s: %s", l.number, l.text, broken)
	}
}

// origin lets the origin say something of its answer to a request that was passed on.
func (h *transcriptHost) origin(id RequestID, how string, words []string, now time.Time) {
	q := h.passed[id]
	require.NotNil(h.t, q, "line %d: %s", h.line.number, h.line.text)
	switch how {
	case "answers":
		said, _, err := transcriptAnswer(words)
		require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
		if q.parse = h.engine.PassHead(&q.request, said, now); q.parse != (Parse{}) {
			h.ids[id] = true
		} else {
			h.ask("it goes out as it is")
		}
	case "says", "ends":
		text := strings.Join(words, " ")
		q.parts = append(q.parts, text)
		h.engine.PassPart(id, parsePart(q.parts, q.parse), h.NewBlob([]byte(text)), len(text), how == "ends", now)
	case "breaks":
		h.engine.PassBroken(id, now)
	default:
		h.what()
	}
}

// fill lets a fill end: with an answer, with a failure, or without a word.
func (h *transcriptHost) fill(id FillID, how string, words []string, now time.Time) {
	var failure *answer.FillError
	switch how {
	case "ends":
		said, body, err := transcriptAnswer(words)
		require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
		delete(h.fills, id)
		failure = h.engine.FillEnd(id, said, h.NewBlob([]byte(body)), now)
	case "fails":
		var heard []answer.Answer
		if len(words) > 1 {
			last, _, err := transcriptAnswer(words[1:])
			require.NoError(h.t, err, "line %d: %s", h.line.number, h.line.text)
			heard = append(last.Redirects, *last)
		}
		delete(h.fills, id)
		failure = h.engine.FillFail(id, &answer.FillError{Reason: h.reason(words)}, now, heard...)
	case "finds":
		h.found(id, words, now)
	case "waited":
		delete(h.fills, id)
		h.engine.FillHeldUp(id, &answer.FillError{Reason: answer.TimeoutError}, now)
	case "is":
		switch strings.Join(words, " ") {
		case "lost":
			h.engine.FillLost(id, now)
		case "queued":
			h.queued[id] = true
		default:
			h.what()
		}
	default:
		h.what()
	}
	if failure != nil {
		h.ask("log %s", failure.Error())
	}
}

func (h *transcriptHost) reason(words []string) answer.Reason {
	for r := answer.StatusError; r <= answer.LostError; r++ {
		if len(words) > 0 && words[0] == r.String() {
			return r
		}
	}
	h.what()
	return 0
}

func (h *transcriptHost) what() {
	h.t.Fatalf("line %d: there is no such event: %s", h.line.number, h.line.text)
}

func (h *transcriptHost) now() time.Time { return transcriptBegin.Add(h.line.at) }

func (h *transcriptHost) ask(format string, args ...any) {
	h.asks = append(h.asks, transcriptAsk{line: fmt.Sprintf(format, args...)})
}

// take is what was asked since the last take, in lines.
func (h *transcriptHost) take() (lines []string) {
	for _, ask := range h.asks {
		if ask.line != "" {
			lines = append(lines, ask.line)
		}
		if ask.text == "" {
			continue
		}
		// What is always the same and what is long is left out.
		for _, line := range strings.Split(strings.Replace(ask.text, patch.Element, "<script>…</script>", 1), "\n") {
			if len(line) > 400 {
				line = fmt.Sprintf("%.20s… (%d bytes)", line, len(line))
			}
			lines = append(lines, strings.TrimRight("  | "+line, " "))
		}
	}
	h.asks = nil
	return lines
}

// end lets everything end, and holds that nothing is left but what the pages have.
func (h *transcriptHost) end() {
	for id := range h.ids {
		h.engine.Leave(id, h.now())
	}
	for id := range h.fills {
		h.engine.FillFail(id, &answer.FillError{Reason: answer.LostError}, h.now())
	}
	h.engine.PurgeAll(h.now())
	require.Empty(h.t, h.verifier.Verify())
	require.Len(h.t, h.alive, h.engine.keeps(), "each blob is dropped in the end")
}

// Field reads the header of the request in progress.
func (h *transcriptHost) Field(name string) string { return h.fields[name] }

// bytesOf is a blob's text, which must be there.
func (h *transcriptHost) bytesOf(b *transcriptBlob) string {
	require.True(h.t, h.alive[b], "line %d: %s: a blob is used after it was dropped", h.line.number, h.line.text)
	return b.text
}

func (h *transcriptHost) add(b *transcriptBlob) *transcriptBlob {
	h.alive[b] = true
	return b
}

func (h *transcriptHost) NewBlob(p []byte) *transcriptBlob {
	return h.add(&transcriptBlob{text: string(p)})
}
func (h *transcriptHost) NewHead(status int, fields []field.Field) *transcriptBlob {
	return h.add(&transcriptBlob{status: max(status, -status), fields: slices.Clone(fields)})
}
func (h *transcriptHost) Join(parts []*transcriptBlob) *transcriptBlob {
	all := ""
	for _, p := range parts {
		all += h.bytesOf(p)
	}
	return h.NewBlob([]byte(all))
}
func (h *transcriptHost) Slice(b *transcriptBlob, from, to int) *transcriptBlob {
	return h.NewBlob([]byte(h.bytesOf(b)[from:to]))
}
func (h *transcriptHost) Parse(b *transcriptBlob, p Parse) []byte {
	return parse([]byte(h.bytesOf(b)), p)
}
func (h *transcriptHost) Inspect(b *transcriptBlob, o markup.InspectOptions) (markup.Inspection, *transcriptBlob) {
	found, kept := inspect([]byte(h.bytesOf(b)), o)
	return found, mendedBlob(&found, kept, h.NewBlob)
}
func (h *transcriptHost) Judge(q *answer.Question, a *answer.Answer) answer.Verdict {
	return judge(q, a)
}
func (h *transcriptHost) Break(id RequestID) {
	h.ask("break %d", id)
	delete(h.ids, id)
}
func (h *transcriptHost) Read(b *transcriptBlob, off int, p []byte) int {
	return copy(p, h.bytesOf(b)[off:])
}
func (h *transcriptHost) Drop(b *transcriptBlob) {
	require.True(h.t, h.alive[b], "line %d: %s: a blob is dropped twice", h.line.number, h.line.text)
	delete(h.alive, b)
}

func (h *transcriptHost) Send(id RequestID, head, body *transcriptBlob) {
	h.head("send", id, head)
	h.asks = append(h.asks, transcriptAsk{text: h.bytesOf(body)})
	delete(h.ids, id)
}
func (h *transcriptHost) SendHead(id RequestID, head *transcriptBlob) {
	h.head("send-head", id, head)
	delete(h.ids, id)
}
func (h *transcriptHost) Respond(id RequestID, head *transcriptBlob) { h.head("respond", id, head) }
func (h *transcriptHost) Write(id RequestID, b *transcriptBlob) {
	line := fmt.Sprintf("write %d", id)
	// What follows on what was written just now is one text.
	if n := len(h.asks); n > 0 && h.asks[n-1].line == line {
		h.asks[n-1].text += h.bytesOf(b)
		return
	}
	h.asks = append(h.asks, transcriptAsk{line: line, text: h.bytesOf(b)})
}
func (h *transcriptHost) Finish(id RequestID) {
	h.ask("finish %d", id)
	delete(h.ids, id)
}
func (h *transcriptHost) Repeat(id RequestID, r *Repeat[*transcriptBlob]) {
	who := ""
	if r.Varies != nil {
		fields, cookies, _ := strings.Cut("\x00"+string(r.Varies.AppendSources(nil)), "\x00\x00")
		for _, name := range strings.FieldsFunc(fields, func(c rune) bool { return c == 0 }) {
			who += " " + name
		}
		for _, name := range strings.FieldsFunc(cookies, func(c rune) bool { return c == 0 }) {
			who += " cookie:" + name
		}
		who = ", of the same" + who
	}
	h.ask("repeat %d until @%v%s", id, r.Until.Sub(transcriptBegin), who)
	h.repeats = true
}
func (h *transcriptHost) EndRepeats() {
	if h.repeats { // else it says nothing
		h.ask("end-repeats")
	}
	h.repeats = false
}
func (h *transcriptHost) Pass(id RequestID, _, target string, _ bool) {
	as := ""
	if target != "" && target != h.passed[id].request.Target {
		as = " as " + target
	}
	h.ask("pass %d%s", id, as)
	delete(h.ids, id)
}
func (h *transcriptHost) Admin(id RequestID) {
	h.ask("admin %d", id)
	delete(h.ids, id)
}
func (h *transcriptHost) Wait(id RequestID, until time.Time) {
	h.ask("wait %d until @%v", id, until.Sub(transcriptBegin))
}
func (h *transcriptHost) Wake(id RequestID) { h.ask("wake %d", id) }
func (h *transcriptHost) Watch(id RequestID, fill FillID) bool {
	h.ask("watch fill %d for %d", fill, id)
	if h.queued[fill] {
		delete(h.fills, fill)
	}
	return h.queued[fill]
}
func (h *transcriptHost) Stop(fill FillID)        { h.ask("stop fill %d", fill) }
func (h *transcriptHost) Shown(RequestID, *Shown) {}

func (h *transcriptHost) Report(src string, failure *answer.FillError) {
	h.ask("report %s: %s", src, failure.Error())
}
func (h *transcriptHost) Fill(id RequestID, fill FillID, f Fill) {
	h.fills[fill] = true
	h.ask("fill %d of %s, led by %d, %v at most", fill, f.Src, id, f.Timeout)
	for _, field := range append(slices.Clone(f.Fields), f.Conditions...) {
		h.ask("  %s: %s", field.Name, field.Value)
	}
}

func (h *transcriptHost) head(ask string, id RequestID, head *transcriptBlob) {
	h.bytesOf(head)
	h.ask("%s %d: %d", ask, id, head.status)
	for _, f := range head.fields {
		if f.Name == "etag" {
			h.etag = f.Value
		}
		if h.told.show[f.Name] {
			h.ask("  %s: %s", f.Name, f.Value)
		}
	}
}
