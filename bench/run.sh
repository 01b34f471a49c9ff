#!/usr/bin/env bash
# Runs the benchmarks and writes RESULTS.md and timeline.svg from what they print: ./build.sh bench
#
# bench/run.sh [-short] [-parts native,servers,workers,beyond] [-traces DIR] [-rounds N]
#
#   -short   the smallest form of each, once, and RESULTS.md stays as it is: checks in seconds that everything runs
#   -parts   native: the cache beside its peers, in Wasm too, and the native handler; servers: the native handler beside nginx, Varnish
#            and handlers written by hand; workers: Workers in workerd; beyond: what the purge log and the tiers below cost, in
#            workerd and natively. All unless told; the other parts of RESULTS.md stay as they are
#   -traces  recorded traces (*.trace.xz) for the hit ratios, in place of bench/traces
#   -rounds  how often everything native is measured, 5 unless told; what is reported is the median
#
# What is printed or measured goes to build/bench/ too. Wants Go; the Wasm part wants TinyGo and Node, and says so if they
# lack. The servers and the Workers want Linux; the servers Debian's nginx and varnish, the Workers what ./build.sh build and npm make:
# ./build.sh bench sees to that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

smoke='' parts=native,servers,workers,beyond traces=traces rounds=5 time=100ms page=1s cold=100x
while [ $# -gt 0 ]; do
	case "$1" in
	-short) smoke=-smoke rounds=1 time=10x page=10x cold=2x ;;
	-parts) parts=$2 && shift ;;
	-traces) traces=$2 && shift ;;
	-rounds) rounds=$2 && shift ;;
	*) echo "bench/run.sh: no such option: $1; see its first lines" >&2 && exit 2 ;;
	esac
	shift
done
out=$PWD/../build/bench
mkdir -p "$out"

step() { printf '\n# %s\n' "$*"; }

native() {
	rm -f "$out"/{native,memory,wasm,hitratio,edge}.txt "$out/benchstat.csv"

	step "Hit ratios: workload, budget, policy; objects hit, bytes hit, fill time saved, in percent"
	if [ -n "$smoke" ]; then
		go run ./hitratio -traces "$traces" -objects 500 -requests 5000 -summary | tee "$out/hitratio.txt"
	else
		go run ./hitratio -traces "$traces" | tee "$out/hitratio.txt" | grep mean
	fi

	step "Speed beside peers, $rounds rounds"
	go test -c -o "$out/native.test" ./native
	for round in $(seq "$rounds"); do
		"$out/native.test" -test.run '^$' -test.bench 'Speed/keys=10000$' -test.benchtime "$time" $smoke 2>&1 |
			tee -a "$out/native.txt" | grep -c ns/op | sed "s/^/round $round, 10,000 keys: /"
		if [ -z "$smoke" ] && [ "$round" -le 3 ]; then
			"$out/native.test" -test.run '^$' -test.bench 'Speed/keys=1000000$' -test.benchtime 100ms |
				tee -a "$out/native.txt" | grep -c ns/op | sed "s/^/round $round, 1,000,000 keys: /"
		fi
	done

	# The testing package numbers a benchmark that comes again under the same name.
	sed 's/#[0-9][0-9]*//' "$out/native.txt" >"$out/benchstat.txt"
	go tool benchstat -format csv -filter '.unit:ns/op /keys:10000' -table /keys -row /op -col /cache "$out/benchstat.txt" \
		>"$out/benchstat.csv" 2>"$out/benchstat.log" || { cat "$out/benchstat.log" >&2 && exit 1; } # its warnings are for tables of text

	step "Memory of an entry"
	"$out/native.test" -test.run '^$' -test.bench Memory -test.benchtime 1x $smoke | tee "$out/memory.txt" | grep B/entry

	step "The cache in Wasm"
	if command -v tinygo >/dev/null && command -v node >/dev/null; then
		for opt in 2 z; do
			tinygo build -target ../worker/target.json -no-debug -panic=trap -opt=$opt -o "$out/cache-$opt.wasm" ./wasm
		done
		node wasm/run.mjs "$out/cache-2.wasm=opt2" "$out/cache-z.wasm=optz" ${smoke:+--smoke} | tee "$out/wasm.txt" | tail -6
	else
		echo "no tinygo or no node on PATH: not measured"
	fi

	step "Pages natively: a warm one on one core and on two, a thousand in turns, and the first byte of a cold one"
	(
		cd ..
		go test ./edge -run '^$' -bench 'WarmPage|InTurns' -cpu 1,2 -benchtime "$page" -count "$((rounds > 3 ? 3 : rounds))"
		go test ./edge -run '^$' -bench FirstByte -benchtime "$cold"
	) | tee "$out/edge.txt"
}

servers() {
	step "Natively beside nginx, Varnish and handlers written by hand: warm pages, and a cold one"
	rm -f "$out/servers.json"
	go run ./servers -out "$out/servers.json" ${smoke:+-short}
}

workers() {
	step "Workers in workerd: warm pages, cold ones, a stampede, memory, instances, sizes and starts"
	rm -f "$out/workers.json"
	go run ./workers -out "$out/workers.json" -parts warm,many,vary,cold,stampede,memory,instances,start ${smoke:+-short}
}

beyond() {
	step "Beyond the isolate: leases, a log that is away, cold pages from below, what polls and purges cost"
	rm -f "$out"/beyond.{json,txt}
	go run ./workers -out "$out/beyond.json" -parts beyond ${smoke:+-short}

	step "Natively with a log: warm pages and purges, $rounds rounds"
	(cd .. && go test -c -o "$out/edge.test" ./edge)
	for _ in $(seq "$rounds"); do
		"$out/edge.test" -test.run '^$' -test.bench 'WarmPage|ThroughLog' -test.benchmem -test.cpu 1 -test.benchtime "$page"
	done | tee "$out/beyond.txt"
}

for part in ${parts//,/ }; do
	case "$part" in
	native | servers | workers | beyond) "$part" ;;
	*) echo "bench/run.sh: no such part: $part; see its first lines" >&2 && exit 2 ;;
	esac
done

if [ -z "$smoke" ]; then
	step "RESULTS.md"
	go run ./report -in "$out" -into RESULTS.md -rounds "$rounds" -parts "$parts"
fi
