//go:build tinygo && documents && !variables

package wording

import "inlay/internal/ascii"

// texts are those that readers of documents need: shell.wasm has no others.
var texts = func() (all [count]string) {
	all[FaultIs] = faultIs
	all[ElementNames], all[InputFields] = elementNames, inputFields
	all[NoscriptDecides], all[CannotBeMended] = noscriptDecides, cannotBeMended
	rest := faultTexts[1:]
	for i := FirstFault; rest != ""; i++ {
		all[i], rest, _ = ascii.Cut(rest, "\n")
	}
	return all
}()
