package main

import (
	"path/filepath"
	"strings"
	"testing"

	"inlay/bench/workers/result"
)

func TestServersAreBesideTheConstantHandler(t *testing.T) {
	rounds := func(cpu ...float64) (all []result.Round) {
		for _, c := range cpu {
			all = append(all, result.Round{CPU: c, PerSecond: 1000, P50: 10, P99: 20})
		}
		return all
	}
	file := filepath.Join(t.TempDir(), "servers.json")
	warm := result.Warm{Processes: 2, Connections: 8, Contestants: []result.Contestant{
		{Name: "inlay", What: "ours", Requests: 100, Rounds: rounds(50, 60)},
		{Name: "constant", What: "theirs", Requests: 100, Rounds: rounds(50, 50)},
	}}
	if err := (&result.Servers{
		Versions: map[string]string{"nginx": "1.2.3", "varnishd": "4.5.6"},
		Warm:     []result.ServersWarm{{Pages: 1000, Accept: "gzip", Warm: warm}},
		Cold:     coldSample(),
	}).Write(file); err != nil {
		t.Fatal(err)
	}

	got, err := servers(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"nginx 1.2.3, Varnish 4.5.6",
		"### Natively, 1,000 warm pages in turns, Accept-Encoding: gzip: CPU time a request\n",
		"started 2 times; 2 rounds in all, each of 100 requests (100 for `nginx`, which lets each wait) by 8 clients",
		"| `inlay` ours | 55.0 <sub>50.0–60.0</sub> | 1.10 <sub>1.00–1.20</sub> | 1000 ",
		"| `stream` streams | 1.0 <sub>1.0–1.0</sub> | 400 | 200 | 1.0 <sub>1.0–1.0</sub> | 400 <sub>400–400</sub> |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}
