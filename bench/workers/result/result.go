// Package result is what bench/workers measures and bench/report writes down.
package result

import (
	"encoding/json"
	"os"
)

// Results are one run. A part that was not run is empty.
type Results struct {
	Versions map[string]string `json:"versions"` // workerd, node, lru-cache, …
	Warm     *Warm             `json:"warm,omitempty"`
}

// Warm is the same warm page from each Worker, all in one workerd, in alternating rounds.
type Warm struct {
	Connections int          `json:"connections"`
	Bytes       int          `json:"bytes"` // of the body
	Contestants []Contestant `json:"contestants"`
}

// Contestant is one Worker and its rounds.
type Contestant struct {
	Name     string  `json:"name"`
	What     string  `json:"what"`
	Fields   string  `json:"fields"`   // the header fields of its answers
	Requests int     `json:"requests"` // in a round
	Rounds   []Round `json:"rounds"`
}

// Round is what was measured in one.
type Round struct {
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	CPU       float64 `json:"cpu_us"` // of workerd, a request
}

// Read reads what Write wrote.
func Read(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{}
	return r, json.Unmarshal(text, r)
}

// Write writes r to a file.
func (r *Results) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
