package result

import (
	"encoding/json"
	"os"
)

// Servers is what bench/servers measures: native servers, each a process of its own.
type Servers struct {
	Versions map[string]string `json:"versions"` // Go, nginx, varnishd
	Warm     []ServersWarm     `json:"warm,omitempty"`
	Cold     *Cold             `json:"cold,omitempty"`
}

// ServersWarm is warm pages from each server, in alternating rounds.
type ServersWarm struct {
	Accept string `json:"accept_encoding,omitempty"` // of the requests; empty: they have none
	Pages  int    `json:"pages"`                     // asked for in turns
	Warm
}

// ReadServers reads what Write wrote.
func ReadServers(path string) (*Servers, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Servers{}
	return r, json.Unmarshal(text, r)
}

// Write writes r to a file.
func (r *Servers) Write(path string) error { return write(path, r) }
