package engine

import (
	"flag"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whether the simulation, the transcripts and the verifier would notice a mistake is tried: each mutation is one that has
// been made or nearly, and with it one of them has to fail; without one none may. It takes a while, so without the flag it is
// only held that each still can be made.
//
//	go test ./internal/engine -run Mutations -mutations -v    # -v says what noticed it

var tryMutations = flag.Bool("mutations", false, "make the engine wrong in many ways, and hold that each is noticed")

type mutation struct {
	file, old, new string
	and            *mutation // at once
}

var mutations = map[string]mutation{
	"nobody is woken by a fill's end":               {file: "request.go", old: "\t\ts.of.pending--\n\t\te.wake(s.of)\n", new: "\t\ts.of.pending--\n"},
	"a settled slot still counts as awaited":        {file: "request.go", old: "\t\ts.of.pending--\n\t\te.wake(s.of)\n", new: "\t\te.wake(s.of)\n"},
	"who waited does not hold the fragment":         {file: "request.go", old: "\t\t\tv.hold()\n\t\t\ts.state, s.entry, s.fill = slotReady, v, nil\n\t\t}\n\t\ts.of", new: "\t\t\ts.state, s.entry, s.fill = slotReady, v, nil\n\t\t}\n\t\ts.of"},
	"a written fragment stays held":                 {file: "slots.go", old: "\t\ts.entry = nil\n\t\te.release(v)\n", new: "\t\ts.entry, _ = nil, v\n"},
	"who leaves stays on the list of the fill":      {file: "slots.go", old: "\t\ts.fill = nil\n\t\tf.remove(s)\n", new: "\t\ts.fill = nil\n"},
	"who leaves is not missed":                      {file: "slots.go", old: "\t\tif f.front == nil {\n\t\t\te.leaveAlone(f)\n\t\t}\n", new: ""},
	"a patch ends twice":                            {file: "request.go", old: "\t\t\te.host.Write(q.id, e.patchEnd)\n", new: "\t\t\te.host.Write(q.id, e.patchEnd)\n\t\t\te.host.Write(q.id, e.patchEnd)\n"},
	"a request waits for nothing but its fills":     {file: "request.go", old: "if f := s.fill; s.state == slotPending && f != nil && (first.IsZero() || f.deadline.Before(first)) {", new: "if f := s.fill; s.state == slotPending && f != nil && first.IsZero() {"},
	"the head does not wait for what it requires":   {file: "request.go", old: "if q.mode == page.Complete || q.requiredPending() || e.now.Before(q.shell) ||", new: "if q.mode == page.Complete || e.now.Before(q.shell) ||"},
	"a refusal is stood in for":                     {file: "slots.go", old: "ok && failure.Outage() && e.trusts", new: "ok && e.trusts"},
	"a stale fragment is renewed by everybody":      {file: "fill.go", old: "\tif leader {\n\t\te.leaveAlone(f)", new: "\t{\n\t\te.leaveAlone(f)"},
	"an early fill is begun by everybody who draws": {file: "fill.go", old: "\t\tearly.early.setWindow(0)\n", new: ""},
	"who comes after a purge joins the fill before": {file: "fill.go", old: "f.purges != e.purges && !sp.untagged ||", new: ""},
	"a joiner does not see that the fill is lost":   {file: "fill.go", old: "\tif !e.now.Before(f.deadline) {\n\t\te.takeOver(f, q.id)\n\t}\n\treturn f, false", new: "\treturn f, false"},
	"who joins leaves the fill unattended":          {file: "fill.go", old: "\te.unattended.remove(f)\n\tf.add(s)\n", new: "\tf.add(s)\n"},
	"a fill is taken over for ever":                 {file: "fill.go", old: "\tif len(f.attempts) >= maxAttempts {", new: "\tif false {"},
	"the end of a fill leaves its flight":           {file: "fill.go", old: "\t\tdelete(e.flights, f.flight)\n", new: ""},
	"the end of a fill leaves its other attempt":    {file: "fill.go", old: "\tfor i := range f.attempts {\n\t\tdelete(e.attempts, f.attempts[i].id)\n\t}\n\tif f.flight", new: "\tdelete(e.attempts, f.last().id)\n\tif f.flight"},
	"what comes late is kept":                       {file: "fill.go", old: "\t\te.counts.Late++\n\t\te.host.Drop(blob)\n", new: "\t\te.counts.Late++\n"},
	"a failed attempt is still waited for":          {file: "fill.go", old: "\tdelete(e.attempts, id)\n\tf.close(id)\n\tif refusal", new: "\tdelete(e.attempts, id)\n\tif refusal"},
	"the last attempt's loss is not seen":           {file: "fill.go", old: "if f.last().open {", new: "if a != f.last() {"},
	"what was lost is nobody's":                     {file: "fill.go", old: "\tif f.front != nil {\n\t\te.wake(f.front.of)\n\t}\n", new: ""},
	"an old leader waits for its old attempt":       {file: "fill.go", old: "\t\tif s.of != to {\n\t\t\te.wake(s.of)\n\t\t}\n", new: ""},
	"a page is repeated though it becomes stale":    {file: "early.go", old: "\t\tcalm = min(calm, info.TTL-part.early.window())\n", new: ""},
	"what was replaced is repeated":                 {file: "engine.go", old: "\t\tv.changes++\n", new: ""},
	"what was invalidated is repeated":              {file: "lease.go", old: "\te.host.EndRepeats()\n\tkind, ", new: "\tkind, "},
	"a head says less in Vary than it knows":        {file: "compose.go", old: "old.depends == depends && ", new: ""},
	"a repeat says less in Vary than is known":      {file: "slots.go", old: "\t\te.host.EndRepeats() //", new: "\t\t//"},
	"a page that is the origin's again is repeated": {file: "engine.go", old: "\t\t\te.host.EndRepeats()\n", new: ""},
	"what is composed is not dropped":               {file: "entry.go", old: "\t\tv.page.drop(e.host)\n", new: ""},
	"a renewed fragment is not held":                {file: "renew.go", old: "\tv.hold() // for the cache", new: "\t// for the cache"},
	"what is renewed is counted for ever":           {file: "renew.go", old: "\te.adrift -= f.adrift\n", new: ""},
	"a fill that nobody shares goes on alone":       {file: "unattended.go", old: "if f.flight == nil || f.flight.Overtaken", new: "if f.flight != nil && f.flight.Overtaken"},
	"too many fills go on alone":                    {file: "unattended.go", old: "for e.unattended.bytes > e.unattended.limit &&", new: "for false &&"},
	"a slot of one visitor is for all":              {file: "alone.go", old: "\tif vary != \"\" {\n\t\tcontrol = ", new: "\tif false {\n\t\tcontrol = "},
	"a slot says nothing of what is in it":          {file: "alone.go", old: "\tfor _, s := range q.slots {\n\t\td.varies", new: "\tfor _, s := range q.slots[:1] {\n\t\td.varies"},
	"a slot is fresh for as long as its longest":    {file: "alone.go", old: "min(left.Fresh, l.Fresh)", new: "max(left.Fresh&(1<<62-1), l.Fresh)"},
	"a slot that failed within is kept":             {file: "alone.go", old: "left, stored := cache.Left{Fresh: 1 << 62, Stale: 1 << 62, OnError: 1 << 62}, etag != \"\"", new: "left, stored := cache.Left{Fresh: 1 << 62, Stale: 1 << 62, OnError: 1 << 62}, etag == etag"},
	"a slot that is not stored is kept":             {file: "alone.go", old: "\t\tstored = stored && ok\n", new: "\t\tstored = stored && (ok || !ok)\n"},
	"a slot of a visitor's own page is kept":        {file: "alone.go", old: "\tif q.passed {\n\t\treturn OwnCacheControl\n\t}\n", new: ""},
	"a slot's name comes into keys":                 {file: "alone.go", old: "\tr.alone, r.own, r.query = true, r.path, \"\"\n", new: "\trest = append(append(rest[:0], '&'), r.query...)\n\tr.alone, r.own, r.query = true, r.path, \"\"\n"},
	"a slot that is no HTML has a URL":              {file: "alone.go", old: "if sp.InPlace || n <= most", new: "if n <= most"},
	"a slot comes with those beside it":             {file: "alone.go", old: "\tcase len(s.name) < len(name):\n\t\tname = name[len(s.name)+1:]\n", new: ""},
	"a slot is shown before it is there":            {file: "alone.go", old: "s == nil && q.more || s != nil && !s.showable(false)", new: "s == nil && q.more"},
	"HEAD of a slot waits for nobody":               {file: "request.go", old: "\tq.idle = q.head && !q.alone\n", new: "\tq.idle = q.head\n"},
	"the time goes back":                            {file: "clock.go", old: "\t\tc.behind.Add(latest - t)\n\t\tt = latest\n", new: "\t\tc.behind.Add(0)\n"},
}

func TestMutationsAreNoticed(t *testing.T) {
	tryAll(t, mutations, "TestSimulationKeeps|TestOriginSimulationKeeps|TestTranscripts|TestARepeat|TestHeadsAndRepeats|TestASlotThat|TestSlotsIn", "5000")
}

func TestMutationsOfTheLeaseAreNoticed(t *testing.T) {
	tryAll(t, leaseMutations, "TestWorldKeeps|TestWhatIsFound", "40000")
}

// reasonIn is what a failing run says first.
var reasonIn = regexp.MustCompile(`seed \d+: (\d+ blobs|\D).*|Test:.*/\S+|line \d+:.*`)

// tryAll tries each mutation with so many steps of each seed.
func tryAll(t *testing.T, mutations map[string]mutation, tests, steps string) {
	made := makeMutants(t, mutations)
	for _, f := range made.files {
		_, err := parser.ParseFile(token.NewFileSet(), "", f.write(t, made.names), 0)
		require.NoError(t, err)
	}
	if !*tryMutations {
		return
	}
	program := made.build(t)
	try := func(number int) (output []byte, err error) {
		run := exec.Command(program, "-test.run", tests, "-test.failfast", "-test.timeout", "5m", "-sim.events", steps, "-sim.shrink=false")
		run.Env = append(os.Environ(), mutantVariable+"="+strconv.Itoa(number))
		return run.CombinedOutput()
	}
	output, err := try(0)
	require.NoError(t, err, "without a mistake nothing is noticed: %s", output)
	for i, name := range made.names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := try(i + 1)
			assert.Error(t, err, "nothing notices it")
			assert.Contains(t, string(output), "--- FAIL", "a test fails")
			t.Log(reasonIn.FindString(string(output)))
		})
	}
}
