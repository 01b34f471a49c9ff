package engine

import (
	"testing"
	"time"

	"inlay/internal/config"
	"inlay/internal/sum"
	"inlay/internal/tier"
)

// worldWrong makes the world, or the engines' hosts, as one of the designs would have them that do not keep the bound. The zero
// value is what stands.
type worldWrong struct {
	noIdentity  bool // a log that was lost has the name that it had
	noFloor     bool // a log that has forgotten purges does not say so
	ageless     bool // the age of a snapshot is not told
	marksFromKV bool // the log's marks are read from KV
	push        bool // the log tells of each purge, and nobody asks
	times       bool // purges are compared by times, and not by numbers

	configure func(c *config.Config)                             // of the engines, and not of what is promised
	rewrite   func(i *worldIsolate, bytes []byte) (other []byte) // of what is found below
}

// wrongWorlds are the designs that were tried and do not keep the bound, as far as they are one of the world, of its log or of
// hosts; those that are one of the engine are among the mutations.
var wrongWorlds = map[string]worldWrong{
	"log without an identity":                     {noIdentity: true},
	"a log that is cut short without a floor":     {noFloor: true},
	"a snapshot whose age is not counted":         {ageless: true},
	"marks read from KV":                          {marksFromKV: true},
	"push without a lease":                        {push: true},
	"times instead of numbers":                    {times: true},
	"polls in the background without a lease":     {configure: func(c *config.Config) { c.Lease = time.Hour }},
	"serving what is there while the log is down": {configure: func(c *config.Config) { c.Outage = 7 * 24 * time.Hour }},
	"nothing below has a stamp":                   {rewrite: restamped},
}

// restamped gives an entry the stamp that it would have if it had been filled now.
func restamped(i *worldIsolate, bytes []byte) []byte {
	n := 0
	if len(bytes) >= tier.HeadSize {
		n = tier.Head(bytes[:tier.HeadSize])
	}
	if n == 0 || n > len(bytes) {
		return bytes
	}
	en, _, _, ok := tier.Read(bytes[:n])
	if !ok {
		return bytes
	}
	en.Log, en.N[tier.Stamp] = i.engine.view.Log(), int64(i.engine.view.Seq())
	head := en.Append(nil)
	body := sum.New()
	body.Write(bytes[n:])
	of := body.Bytes()
	h := sum.New()
	h.Write(head)
	h.Write(of[:])
	own := h.Bytes()
	return append(append(head, own[:]...), bytes[n:]...)
}

func TestWorldFindsWhatDoesNotKeepTheBound(t *testing.T) {
	most, steps := 400_000, 20_000 // events
	if raceDetector {
		most, steps = 2_000, 500 // one goroutine cannot race; without the detector each has to be found
	}
	for name, wrong := range wrongWorlds {
		t.Run(name, func(t *testing.T) {
			events := 0
			for seed := uint64(1); events < most; seed++ {
				w := runWorld(seed, worldScript(seed, steps), &wrong, nil)
				if events += w.events; w.failure != "" {
					t.Logf("after %d events, with seed %d: %s", events, seed, w.failure)
					return
				}
			}
			if !raceDetector {
				t.Errorf("%d events show nothing", events)
			}
		})
	}
}
