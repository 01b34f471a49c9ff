package engine

// leaseMutations are those of the lease and of what lies below: what DESIGN calls the designs that do not keep the bound, as
// far as they are the engine's, and more of the kind. The simulation of many isolates has to notice each.
var leaseMutations = map[string]mutation{
	"a stamp is of the fill's end": {
		file: "below.go", old: "tier.Stamp: int64(at.stamp)", new: "tier.Stamp: int64(e.view.Seq())",
		and: &mutation{file: "fill.go", old: "\t\tif !overtaken {\n\t\t\te.putFilled", new: "\t\t{\n\t\t\te.putFilled"}, // which would do by itself
	},
	"what lies below needs no stamp":                      {file: "../purgelog/view.go", old: "return stamp >= hard, stamp < gone", new: "return true, stamp < gone"},
	"what was invalidated is fresh below":                 {file: "../purgelog/view.go", old: "return stamp >= hard, stamp < gone", new: "return stamp >= hard, false"},
	"a view does not know its log":                        {file: "../purgelog/view.go", old: "if log != v.log || log == \"\" || stamp < v.floor {", new: "if stamp < v.floor {"},
	"a view does not see that it missed something":        {file: "../purgelog/view.go", old: "if reset = v.log != a.Log || v.seq < a.Floor; reset {", new: "if reset = v.log != a.Log; reset {"},
	"a log that was lost leaves what there is":            {file: "lease.go", old: "\t\te.change(purgelog.All)\n", new: ""},
	"an answer counts from when it came":                  {file: "lease.go", old: "e.learn(a, l.asked, nil)", new: "e.learn(a, e.tick, nil)"},
	"an answer that comes late or twice counts as new":    {file: "lease.go", old: "if !l.polling || id != l.poll {", new: "if false {"},
	"a copy of the log is as good as new":                 {file: "lease.go", old: "asked.add(-max(a.Age, 0))", new: "asked"},
	"a clock that was set back lengthens the lease":       {file: "lease.go", old: "e.tick < t.add(d) && t > e.clock.back", new: "e.tick < t.add(d)"},
	"what is there is served for ever":                    {file: "lease.go", old: "return e.verified() || asked != 0 && e.within(asked, e.config.Outage)", new: "return true"},
	"memory is guarded while the log is down, not below":  {file: "below.go", old: " && e.verified()\n\tsoft", new: "\n\tsoft"},
	"what is below is young when it is found":             {file: "below.go", old: "v.asked = min(", new: "v.asked = max(e.tick, "},
	"a flight is joined though nobody can tell of it":     {file: "fill.go", old: " || f.asked != 0 && !e.trusts(f.asked)", new: ""},
	"flights from before the purge are joined":            {file: "../../cache/flight.go", old: "case f.overtaken(f.known) || f.overtaken(tags):", new: "case false:"},
	"a whole page is served though nobody can tell of it": {file: "engine.go", old: "&& r.Sent == 0 && e.verified()", new: "&& r.Sent == 0"},
	"a page is repeated past the lease":                   {file: "compose.go", old: "time.Duration(e.lease.check-e.tick)", new: "time.Duration(e.lease.check-e.tick)+time.Hour"},
	"an old fragment stands in though nobody can tell":    {file: "slots.go", old: "&& failure.Outage() && e.trusts(v.asked)", new: "&& failure.Outage()"},
	"who is held is not woken":                            {file: "lease.go", old: "\t\t\th.woken = true\n\t\t\te.host.Wake(id)\n", new: "\t\t\th.woken = true\n"},
	"who is held does not wait on":                        {file: "lease.go", old: "\t\te.host.Wait(h.request.ID, e.clock.outside(duration.After(e.now, left)))\n", new: ""},
	"what others may not have is put below":               {file: "fill.go", old: "f.flight.Commit(v, policy) == nil && policy.TTL >= 0", new: "f.flight.Commit(v, policy) == nil"},
	"a damaged entry is taken":                            {file: "below.go", old: "ok = failure == nil && string(own[:]) == string(told)", new: "ok = failure == nil || string(own[:]) == string(told)"},
}
