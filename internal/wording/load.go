//go:build !tinygo || documents || variables

package wording

import "slices"

// All are the texts, for core.wasm: those of who reads fragments and pages are left empty, for that is not in it.
func All() []string {
	all := slices.Clone(texts[:])
	for _, id := range [...]ID{FaultIs, NoscriptDecides, CannotBeMended, Other304, ElementNames, FieldsNotKept} {
		all[id] = ""
	}
	clear(all[StatusIs : HasNoTime+1])
	clear(all[FirstFault : FirstFault+Faults])
	return all
}

// Load tells whether given are the texts of this build.
func Load(given []string) bool { return slices.Equal(given, All()) }
