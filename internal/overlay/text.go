//go:build !js

package overlay

import (
	_ "embed"
	"encoding/json"
	"strings"

	"inlay/internal/inject"
)

//go:embed overlay.css
var style string

//go:embed overlay.js
var source string

// script is overlay.js with the style of what it shows.
var script = func() string {
	text, err := json.Marshal(style)
	if err != nil {
		panic(err) // a text
	}
	return strings.Replace(source, `/* overlay.css */ ""`, string(text), 1)
}()

// Integrity is the script's hash, as a policy has it.
var Integrity = inject.HashOf(script)
