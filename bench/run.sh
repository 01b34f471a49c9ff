#!/usr/bin/env bash
# Runs the benchmarks that there are, one after another, and prints what they measure: ./build.sh bench [DIR]
#
# DIR holds recorded traces (*.trace.xz) for the hit ratios; without it only the synthetic workloads are replayed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

traces=$(cd .. && cd "${1:-bench}" && pwd)

printf '# Hit ratios: workload, budget, policy, objects, bytes and fill time in percent\n'
go run ./hitratio -summary -traces "$traces"

printf '\n# Speed beside peers, one goroutine and all cores\n'
go test ./native -run '^$' -bench . -benchtime 200ms -count 3

printf '\n# Pages natively: a warm one, and the first byte of a cold one\n'
cd ..
go test ./edge -run '^$' -bench 'WarmPage' -cpu 1,2 -count 3
go test ./edge -run '^$' -bench 'FirstByte' -benchtime 100x
