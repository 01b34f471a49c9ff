//go:build tinygo && documents && !variables

package wording

import "inlay/internal/ascii"

// texts are those that judges of answers and readers of documents need: shell.wasm has no others.
var texts = func() (all [count]string) {
	all[FaultIs] = faultIs
	all[ElementNames], all[InputFields], all[FieldsNotKept] = elementNames, inputFields, fieldsNotKept
	all[Other304] = other304
	all[NoscriptDecides], all[CannotBeMended] = noscriptDecides, cannotBeMended
	split(all[StatusIs:], answerTexts)
	split(all[FirstFault:], faultTexts)
	return all
}()

// split gives each line of a list to one text.
func split(all []string, list string) {
	list = list[1:]
	for i := 0; list != ""; i++ {
		all[i], list, _ = ascii.Cut(list, "\n")
	}
}
