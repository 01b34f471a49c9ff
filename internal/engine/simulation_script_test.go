package engine

import (
	"math/rand/v2"
	"time"
)

// step is one event of a script: what happens, and a number from which its details are taken, so that leaving other
// steps out changes as little as possible.
type step struct {
	kind byte
	pick uint64
}

const (
	stepRequest = iota
	stepSettle
	stepFail
	stepWake
	stepDeadline
	stepLeave
	stepTime
	stepPurge
	stepLose
	stepClock
	stepKinds

	stepCalm // beside them: each calmAfter events
)

const calmAfter = 20_000

// weights say how often each kind comes.
var weights = [stepKinds]int{stepRequest: 30, stepSettle: 30, stepFail: 5, stepWake: 30, stepDeadline: 6, stepLeave: 5, stepTime: 8, stepPurge: 2, stepLose: 4, stepClock: 1}

func makeScript(seed uint64, n int) []step { return scriptOf(seed, 1, weights[:], stepCalm, n) }

// scriptOf is a script of n steps, each kind as often as its weight says, from a seed and for one of the simulations. Every
// calmAfter steps comes a calm one.
func scriptOf(seed, simulation uint64, weights []int, calm byte, n int) []step {
	r := rand.New(rand.NewPCG(seed, simulation))
	var kinds []byte
	for k, w := range weights {
		for range w {
			kinds = append(kinds, byte(k))
		}
	}
	script := make([]step, n)
	for i := range script {
		script[i] = step{kind: kinds[r.IntN(len(kinds))], pick: r.Uint64()}
		if i%calmAfter == calmAfter-1 {
			script[i].kind = calm
		}
	}
	return script
}

// shrink leaves out ever smaller stretches of a failing script for as long as the rest still fails.
func shrink(seed uint64, script []step) []step {
	return shrinkBy(script, func(s []step) bool { return runScript(seed, s, false) != "" })
}

func shrinkBy(script []step, fails func(script []step) bool) []step {
	deadline := time.Now().Add(time.Minute)
	for size := len(script) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(script) && time.Now().Before(deadline); {
			shorter := append(append([]step(nil), script[:at]...), script[at+size:]...)
			if fails(shorter) {
				script = shorter
			} else {
				at += size
			}
		}
	}
	return script
}
