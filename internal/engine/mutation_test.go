package engine

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whether the simulation, the transcripts and the verifier would notice a mistake is tried: each mutation is one that has
// been made or nearly, and with it one of them has to fail. It takes some seconds for each to be compiled, so without the
// flag it is only held that each still can be made.
//
//	go test ./internal/engine -run Mutations -mutations -v    # -v says what noticed it

var tryMutations = flag.Bool("mutations", false, "make the engine wrong in many ways, and hold that each is noticed")

type mutation struct {
	file, old, new string
}

var mutations = map[string]mutation{
	"nobody is woken by a fill's end":               {"request.go", "\t\ts.of.pending--\n\t\te.wake(s.of)\n", "\t\ts.of.pending--\n"},
	"a settled slot still counts as awaited":        {"request.go", "\t\ts.of.pending--\n\t\te.wake(s.of)\n", "\t\te.wake(s.of)\n"},
	"who waited does not hold the fragment":         {"request.go", "\t\t\tv.hold()\n\t\t\ts.state, s.entry, s.fill = slotReady, v, nil\n\t\t}\n\t\ts.of", "\t\t\ts.state, s.entry, s.fill = slotReady, v, nil\n\t\t}\n\t\ts.of"},
	"a written fragment stays held":                 {"request.go", "\t\ts.entry = nil\n\t\te.release(v)\n", "\t\ts.entry, _ = nil, v\n"},
	"who leaves stays on the list of the fill":      {"request.go", "\t\t\ts.fill = nil\n\t\t\tf.remove(s)\n", "\t\t\ts.fill = nil\n"},
	"who leaves is not missed":                      {"request.go", "\t\t\tif f.front == nil {\n\t\t\t\te.leaveAlone(f)\n\t\t\t}\n", ""},
	"a patch is written again":                      {"request.go", "\t\ts.patched = true\n\t\tswitch {", "\t\tswitch {"},
	"a request waits for nothing but its fills":     {"request.go", "if f := q.slots[i].fill; q.slots[i].state == slotPending && f != nil && (first.IsZero() || f.deadline.Before(first)) {", "if f := q.slots[i].fill; q.slots[i].state == slotPending && f != nil && first.IsZero() {"},
	"the head does not wait for what it requires":   {"request.go", "if q.mode == page.Complete || q.requiredPending() || e.now.Before(q.shell) {", "if q.mode == page.Complete || e.now.Before(q.shell) {"},
	"a refusal is stood in for":                     {"request.go", "ok && failure.Outage() && e.trusts", "ok && e.trusts"},
	"a stale fragment is renewed by everybody":      {"fill.go", "if f, leader := e.flight(q, i, key, params); leader {", "f, _ := e.flight(q, i, key, params); {"},
	"who comes after a purge joins the fill before": {"fill.go", "f.purges != e.purges && !sp.untagged ||", ""},
	"a joiner does not see that the fill is lost":   {"fill.go", "\tif !e.now.Before(f.deadline) {\n\t\te.takeOver(f, q.id)\n\t}\n\treturn f, false", "\treturn f, false"},
	"who joins leaves the fill unattended":          {"fill.go", "\te.unattended.remove(f)\n\tf.add(s)\n", "\tf.add(s)\n"},
	"a fill is taken over for ever":                 {"fill.go", "\tif len(f.attempts) >= maxAttempts {", "\tif false {"},
	"the end of a fill leaves its flight":           {"fill.go", "\t\tdelete(e.flights, f.flight)\n", ""},
	"the end of a fill leaves its other attempt":    {"fill.go", "\tfor i := range f.attempts {\n\t\tdelete(e.attempts, f.attempts[i].id)\n\t}\n\tif f.flight", "\tdelete(e.attempts, f.last().id)\n\tif f.flight"},
	"what comes late is kept":                       {"fill.go", "\t\te.counts.Late++\n\t\te.host.Drop(blob)\n", "\t\te.counts.Late++\n"},
	"a failed attempt is still waited for":          {"fill.go", "\tdelete(e.attempts, id)\n\tf.close(id)\n\trefusal", "\tdelete(e.attempts, id)\n\trefusal"},
	"the last attempt's loss is not seen":           {"fill.go", "if f.last().open {", "if a != f.last() {"},
	"what was lost is nobody's":                     {"fill.go", "\tif f.front != nil {\n\t\te.wake(f.front.of)\n\t}\n", ""},
	"an old leader waits for its old attempt":       {"fill.go", "\t\tif s.of != to {\n\t\t\te.wake(s.of)\n\t\t}\n", ""},
	"a page is repeated though it becomes stale":    {"compose.go", "\t\tleft = min(left, info.TTL)\n", ""},
	"what is composed is not dropped":               {"entry.go", "\t\tv.page.drop(e.host)\n", ""},
	"a renewed fragment is not held":                {"renew.go", "\tv.hold() // for the cache", "\t// for the cache"},
	"what is renewed is counted for ever":           {"renew.go", "\te.adrift -= f.adrift\n", ""},
	"a fill that nobody shares goes on alone":       {"unattended.go", "if f.flight == nil || f.flight.Overtaken", "if f.flight != nil && f.flight.Overtaken"},
	"too many fills go on alone":                    {"unattended.go", "for e.unattended.bytes > e.unattended.limit &&", "for false &&"},
	"the time goes back":                            {"clock.go", "\t\tc.behind.Add(latest - t)\n\t\tt = latest\n", "\t\tc.behind.Add(0)\n"},
}

func TestMutationsAreNoticed(t *testing.T) {
	for name, m := range mutations {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(m.file)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(source), m.old), "%s has this in one place: %q", m.file, m.old)
			if !*tryMutations {
				return
			}
			folder := t.TempDir()
			write := func(name, text string) string {
				path := filepath.Join(folder, name)
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
				return path
			}
			here, err := filepath.Abs(m.file)
			require.NoError(t, err)
			mutated := write(m.file, strings.Replace(string(source), m.old, m.new, 1))
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{here: mutated}})
			require.NoError(t, err)
			run := exec.Command("go", "test", "-vet=off", "-overlay", write("overlay.json", string(overlay)),
				"-run", "TestSimulationKeeps|TestTranscripts", "-sim.events", "5000", "-sim.shrink=false", ".")
			output, err := run.CombinedOutput()
			assert.Error(t, err, "nothing notices it")
			assert.Contains(t, string(output), "--- FAIL", "it compiles, and a test fails")
			t.Log(regexp.MustCompile(`seed \d+: event.*|seed \d+: .*|Test:.*/\S+|line \d+:.*`).FindString(string(output)))
		})
	}
}
