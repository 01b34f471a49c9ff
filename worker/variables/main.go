//go:build tinygo

// Command variables is variables.wasm: it reads the variables of a Worker for core.wasm, called from worker/variables.mjs in the first
// request of an isolate, and is gone then: what is wrong with variables takes more to say than to find. It is built by TinyGo as
// worker/core is, and imports nothing. main never runs.
package main

import (
	"unsafe"

	"inlay/internal/config"
	_ "inlay/worker/core/heap" // which is what allocates
)

// input is where JavaScript writes the variables; what it reads then are out and settings.
var input, out, settings []byte

// instances are config.Config's MaxInstances and KeepInstances.
var instances [2]int

func main() {}

//go:wasmexport input
func exportInput(size uint32) unsafe.Pointer {
	input = make([]byte, size+1)
	return unsafe.Pointer(unsafe.SliceData(input))
}

// parse takes the variables as name NUL value NUL …, of the size that input was asked for. It answers with 1 if out is what
// [config.Encode] writes, and with 0 if it says what is wrong.
//
//go:wasmexport parse
func exportParse() uint32 {
	var variables []string
	start := 0
	for i, c := range input[:len(input)-1] {
		if c == 0 {
			variables = append(variables, string(input[start:i]))
			start = i + 1
		}
	}
	c, err := config.Parse(func(name string) (string, bool) {
		for i := 0; i+1 < len(variables); i += 2 {
			if variables[i] == name {
				return variables[i+1], true
			}
		}
		return "", false
	})
	if err != nil {
		out = []byte(err.(config.Errors).Error()) // all of them are
		return 0
	}
	out, settings = config.Encode(&c), config.Settings(&c)
	instances = [2]int{c.MaxInstances, c.KeepInstances}
	return 1
}

//go:wasmexport most_instances
func exportMostInstances() uint32 { return uint32(instances[0]) }

//go:wasmexport kept_instances
func exportKeptInstances() uint32 { return uint32(instances[1]) }

//go:wasmexport out
func exportOut() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(out)) }

//go:wasmexport out_size
func exportOutSize() uint32 { return uint32(len(out)) }

// settings are those of [config.Settings], of variables that are good.
//
//go:wasmexport settings
func exportSettings() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(settings)) }

//go:wasmexport settings_size
func exportSettingsSize() uint32 { return uint32(len(settings)) }
