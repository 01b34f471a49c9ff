package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 999, time.UTC)

func TestTheLastFailuresAreToldTheNewestFirst(t *testing.T) {
	var f Failures
	for i := range 150 {
		f.Add(Failed{At: noon.Add(time.Duration(i) * time.Second), Key: fmt.Sprint("/f/", i), Page: "/p/{id}", Slot: "a", Reason: "status", Status: 503,
			Text: "the origin answered 503; a fragment needs 200" + strings.Repeat("ä", 300*(i%2)), Took: Known{7, true}})
	}
	text := f.Answer("process").Text
	var got struct {
		Failures []struct {
			At, Key, Text, Remedy string
			Took                  int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.Len(t, got.Failures, 100)
	assert.Equal(t, "/f/149", got.Failures[0].Key)
	assert.Equal(t, "2026-11-29T12:02:29Z", got.Failures[0].At)
	assert.LessOrEqual(t, len(got.Failures[0].Text), mostText+len("…"))
	assert.True(t, utf8.ValidString(got.Failures[0].Text))
	assert.NotContains(t, got.Failures[0].Text, "\ufffd")
	assert.Equal(t, "/f/50", got.Failures[99].Key)
	assert.True(t, strings.HasPrefix(text, `{"reach":"process","failures":[{"at":`))
	assert.Contains(t, text, `{"at":"2026-11-29T12:02:28Z","key":"/f/148","page":"/p/{id}","slot":"a","reason":"status","status":503,"text":"the origin answered 503; a fragment needs 200","remedy":"Look into the origin's own log for why it fails there.","took":7}`)
}

func TestFlightsAreToldTheOldestFirst(t *testing.T) {
	assert.Equal(t, `{"reach":"process","flights":[{"key":"/b","page":"/p","slot":"b","age":9,"waiting":2,"attempts":1,"looking":true},{"key":"/a","page":"","slot":"shell","age":1,"waiting":0,"attempts":2,"looking":false}]}`+"\n",
		Flights("process", []Flight{{"/a", "", "shell", 1, 0, 2, false}, {"/b", "/p", "b", 9, 2, 1, true}}).Text)
	assert.Equal(t, `{"reach":"process","flights":[]}`+"\n", Flights("process", nil).Text)
}

func TestHistoryIsWhatGrewInEachWindow(t *testing.T) {
	var h History
	figures := func(warm, fills int64) []int64 {
		all := make([]int64, len(figureLines))
		all[countedAt[0]], all[countedAt[4]] = warm, fills
		return all
	}
	assert.Equal(t, noon.Add(Window), h.Turn(noon, figures(5, 1)), "what was before is in no sample")
	h.Turn(noon.Add(10*time.Second), figures(12, 3))
	h.Turn(noon.Add(70*time.Second), figures(12, 3)) // one visitor, and nothing more for a minute
	h.Turn(noon.Add(80*time.Second), figures(20, 3))
	assert.Equal(t, `{"reach":"process","every":10,"samples":[`+
		`{"at":"2026-11-29T12:00:10Z","warm":7,"stale":0,"cold":0,"failed":0,"fills":2,"saved_fills":0,"saved_ms":0,"saved_bytes":0},`+
		`{"at":"2026-11-29T12:01:20Z","warm":8,"stale":0,"cold":0,"failed":0,"fills":0,"saved_fills":0,"saved_ms":0,"saved_bytes":0}]}`+"\n", h.Answer("process").Text)
	for i := range int64(500) {
		h.Turn(noon.Add(time.Duration(i)*time.Minute), figures(100+i, 3))
	}
	assert.Len(t, h.samples, mostSamples)
}

func TestEachFigureOfTheHistoryIsThere(t *testing.T) {
	for i, at := range countedAt {
		assert.GreaterOrEqual(t, at, 0, counted[i][1])
	}
}
