package overlay

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/patch"
)

var start = time.UnixMilli(1_700_000_000_000)

// writing is a visit that pages are written to in tests: what slots show as the engine tells it, and bytes that go by at once.
type writing struct {
	*Visit
	now time.Time
}

func newWriting() *writing {
	b := new(Book)
	return &writing{b.Begin("GET", "/p", start), start}
}

func (w *writing) write(text string, shown ...Shown) {
	for _, s := range shown {
		w.Shown(s)
	}
	w.Wrote(len(text))
	w.Passes([]byte(text), w.now)
}

// whole is a slot that a text has from the first to the last of its marks, [ and ].
func (w *writing) whole(text string, names ...string) {
	var shown []Shown
	plain := strings.NewReplacer("[", "", "]", "").Replace(text)
	var open []int
	at := 0
	for _, c := range text {
		switch c {
		case '[':
			open = append(open, at)
		case ']':
			shown = append(shown, Shown{Slot: names[len(shown)], From: open[len(open)-1], To: at, Status: "inlay/x;hit"})
			open = open[:len(open)-1]
		default:
			at += len(string(c))
		}
	}
	w.write(plain, shown...)
}

func TestSlotsOfAWholePageAreMarkedWhereTheyStand(t *testing.T) {
	w := newWriting()
	w.whole("<p>é[<b>1</b>]|[x[2]]</p>", "one", "two.in", "two")
	assert.Equal(t, "<p>é<!--inlay:0--><b>1</b><!--/inlay:0-->|<!--inlay:2-->x<!--inlay:1-->2<!--/inlay:1--><!--/inlay:2--></p>", string(w.Marked()))
	w = newWriting()
	w.whole("a[[2]]b", "two.in", "two")
	assert.Equal(t, "a<!--inlay:1--><!--inlay:0-->2<!--/inlay:0--><!--/inlay:1-->b", string(w.Marked()), "the outer one is outside")
}

func TestPatchesOfAStreamedPageAreMarkedInTheirPlaces(t *testing.T) {
	w := newWriting()
	w.write("<body><p>")
	holder := string(patch.AppendPlaceholder(nil, "a", "<i>…</i>"))
	w.write(holder, Shown{Slot: "a", Pending: true, To: len(holder)})
	w.write("</p>")
	other := string(patch.AppendPlaceholder(nil, "b", "<u>…</u>"))
	w.write(other, Shown{Slot: "b", Pending: true, To: len(other)})
	w.now = start.Add(70 * time.Millisecond)
	inner := string(patch.AppendPlaceholder(nil, "a.c", "…"))
	w.write(string(patch.AppendStart(nil, "a")))
	text := "A" + inner + "Z"
	w.write(text, Shown{Slot: "a.c", Pending: true, From: 1, To: 1 + len(inner)}, Shown{Slot: "a", To: len(text)})
	w.write(patch.End)
	w.write(string(patch.AppendStart(nil, "a.c")))
	w.write("C", Shown{Slot: "a.c", To: 1})
	w.write(patch.End)
	w.Shown(Shown{Slot: "b", From: -1, Failure: "edge: fill failed (status): the origin answered 500"})
	w.write("</body>")
	assert.Equal(t, "<body><p><!--inlay:0-->A<!--inlay:2-->C<!--/inlay:2-->Z<!--/inlay:0--></p><!--inlay:1--><u>…</u><!--/inlay:1--></body>", string(w.Marked()))

	told := w.Told(func(string) json.RawMessage { return nil })
	require.Len(t, told.Slots, 3)
	assert.Equal(t, 0.0, *told.Slots[0].Placed)
	assert.Equal(t, 70.0, *told.Slots[0].Arrived)
	assert.True(t, told.Slots[0].Patch)
	assert.Equal(t, "failed", told.Slots[1].State)
	assert.Equal(t, "status", told.Slots[1].Reason)
	assert.Equal(t, "the origin answered 500", told.Slots[1].Text)
	assert.Contains(t, told.Slots[1].Remedy, "log")
	assert.Nil(t, told.Slots[1].Arrived)
}

func TestWhatStandsInATextHasNoMarks(t *testing.T) {
	w := newWriting()
	w.write(`<a title="T">`, Shown{Slot: "t", From: 10, To: 11, InPlace: true})
	assert.Equal(t, `<a title="T">`, string(w.Marked()))
}

func TestOfALongPageTheBeginningIsMarked(t *testing.T) {
	w := newWriting()
	long := strings.Repeat("x", maxText)
	w.write("ab"+long, Shown{Slot: "a", To: 1}, Shown{Slot: "z", From: maxText, To: maxText + 2})
	marked := string(w.Marked())
	assert.True(t, strings.HasPrefix(marked, "<!--inlay:0-->a<!--/inlay:0-->b"))
	assert.NotContains(t, marked, "inlay:1")
}

func FuzzMarksAddNothingElse(f *testing.F) {
	f.Add("<p>hello</p>", 3, 5, 4, 5, true)
	f.Add("<template for=\"a\">x</template><!---->", 18, 19, 0, 3, false)
	f.Fuzz(func(t *testing.T, text string, from, to, from2, to2 int, pending bool) {
		w := newWriting()
		w.write(text, Shown{Slot: "a", From: from, To: to, Pending: pending}, Shown{Slot: "a.b", From: from2, To: to2})
		if from < 0 || to < from || from2 < 0 || to2 < from2 {
			return // the engine tells none such
		}
		marked := string(w.Marked())
		for _, mark := range []string{"<!--inlay:0-->", "<!--/inlay:0-->", "<!--inlay:1-->", "<!--/inlay:1-->"} {
			marked = strings.Replace(marked, mark, "", 1)
		}
		if !pending && !strings.Contains(text, "inlay") {
			assert.Equal(t, text, marked)
		}
	})
}

func TestStatesAreThoseOfCacheStatus(t *testing.T) {
	for status, want := range map[string]string{
		"inlay/a;hit": "fresh", "inlay/a;hit;ttl=4": "fresh", "inlay/a;hit;ttl=-4": "stale", "inlay/a;hit;ttl=0": "stale",
		"inlay/a;fwd=miss": "miss", "inlay/a;fwd=miss;collapsed": "joined", "inlay/a;fwd=bypass": "bypass", "inlay/a;fwd=stale": "stale",
	} {
		assert.Equal(t, want, stateOf(&slot{Shown: Shown{Status: status}}), status)
	}
	assert.Equal(t, "miss", stateOf(&slot{Shown: Shown{Slot: ";hit", Status: `"inlay/;hit";fwd=miss`}}))
	assert.Equal(t, "failed", stateOf(&slot{Shown: Shown{Status: "inlay/a;fwd=miss", Failure: "x"}}))
	assert.Equal(t, "pending", stateOf(&slot{Shown: Shown{Status: "inlay/a;fwd=miss", Pending: true}}))
}

func TestFailuresAreTakenApart(t *testing.T) {
	for text, want := range map[string][2]string{
		"edge: fill failed (timeout): no answer": {"timeout", "no answer"},
		"fill failed (status): x): y":            {"status", "x): y"},
		"the path has a control character":       {"refused", "the path has a control character"},
		"":                                       {"", ""},
	} {
		reason, rest := splitFailure(text)
		assert.Equal(t, want, [2]string{reason, rest}, text)
	}
	assert.Equal(t, "stream", modeOf(`inlay;dur=3, mode;desc=stream`))
	assert.Equal(t, "ordered", modeOf(`cache;dur=1, mode;desc="ordered", x`))
	assert.Empty(t, modeOf(""))
}

func TestOnlyTheLastVisitsAreKept(t *testing.T) {
	b := new(Book)
	first := b.Begin("GET", "/", start)
	first.Passes([]byte("text"), start)
	for range maxTexts {
		b.Begin("GET", "/", start)
	}
	assert.Empty(t, first.Marked(), "its text is gone")
	require.Same(t, first, b.Visit(first.ID))
	for range maxVisits {
		b.Begin("GET", "/", start)
	}
	assert.Nil(t, b.Visit(first.ID))
	for range 3 * maxFills {
		b.FillBegins(Fill{})
	}
	assert.LessOrEqual(t, len(b.fills), maxFills)
}
