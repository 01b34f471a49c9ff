package field

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// timingCase is one of testdata/server-timing.json, to which worker/timing.test.mjs holds a Worker's.
type timingCase struct {
	Says        string // what it shows
	Raw         string
	CacheStatus string
	Room        int
	Want        string
}

func timingCases(t testing.TB) (cases []timingCase) {
	text, err := os.ReadFile("testdata/server-timing.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func TestServerTimingTellsOfSlots(t *testing.T) {
	for _, c := range timingCases(t) {
		assert.Equal(t, c.Want, ServerTiming(c.Raw, c.CacheStatus, c.Room), c.Says)
	}
}

// A page of very many slots, whose Cache-Status has been cut down already.
func TestServerTimingKeepsToItsRoom(t *testing.T) {
	var states []Status
	raw := "1800"
	for i := range 200 {
		states = append(states, Status{Slot: fmt.Sprintf("slot-%d", i), Hit: i%3 == 1, Fwd: "miss"})
		raw += fmt.Sprint(" ", i%3/2*(i*1000+1))
	}
	var members []string
	for i := range states {
		members = append(members, string(states[i].Append(nil)))
	}
	for _, room := range []int{0, 60, 100, 500, 1000, 20000} {
		value := ServerTiming(raw, strings.Join(members, ", "), room)
		assert.LessOrEqual(t, len(value), max(room, len(`inlay;dur=0.79, mode;desc=stream, inlay-more;desc="200 more slots"`)), room)
		assert.Equal(t, room < 20000, strings.Contains(value, "inlay-more"), room)
	}
	short := ServerTiming(raw, strings.Join(members, ", "), 200)
	assert.Contains(t, short, "inlay-slot-197;desc=miss;dur=197, ", "what was waited for longest")
}

// metric is the grammar of a member, as the specification has it, of the parameters that are used here.
const metric = `[!#$%&'*+\-.^_` + "`" + `|~0-9A-Za-z]+(;desc=([!#$%&'*+\-.^_` + "`" + `|~0-9A-Za-z]+|"[^"\\]*"))?(;dur=[0-9]+(\.[0-9]+)?)?`

var metrics = regexp.MustCompile(`^` + metric + `(, ` + metric + `)*$`)

func FuzzServerTiming(f *testing.F) {
	for _, c := range timingCases(f) {
		f.Add(c.Raw, c.CacheStatus, c.Room)
	}
	f.Add("9x y", `inlay/a;fwd="b c", "inlay-\"/x";hit, inlay/;detail="5 more`, -7)
	f.Fuzz(func(t *testing.T, raw, cacheStatus string, room int) {
		value := ServerTiming(raw, cacheStatus, room)
		assert.Regexp(t, metrics, value)
		least := len(ServerTiming(raw, "", 0)) + len(`, inlay-more;desc="4096 more slots"`)
		if strings.Count(cacheStatus, ",") == 0 {
			assert.LessOrEqual(t, len(value), max(least, room), "%q", value)
		}
	})
}
