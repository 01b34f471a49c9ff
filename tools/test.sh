# shellcheck shell=bash
# Everything that has to hold. Each check is one line with its time; one that fails shows its output and lets the others run.

passed=0
failures=()

# check LABEL COMMAND…
check() {
	if quietly "$@"; then passed=$((passed + 1)); else failures+=("$1"); fi
}

# silent COMMAND…: succeeds if the command does and prints nothing.
silent() {
	local output
	output=$("$@" 2>&1) && [ -z "$output" ] && return
	printf '%s\n' "$output"
	return 1
}

# inlay_build makes build/ and build/test/. inlay takes the place of the shell that runs it, so it gets one of its own.
inlay_build() (inlay build --test)

# modules are the folders with a go.mod of their own, besides the site.
modules='bench edge/difftest edge/browsertest edge/redis edge/compress edge/promtest edge/otel'

# serving are the folders of packages whose tests have servers and clocks, besides those of the Worker.
serving='edge edge/edgetest edge/varnishtest cmd/inlay internal/devserver internal/remote'

# packages FOLDER…: what Go calls them, a line each.
packages() { printf 'inlay/%s\n' "$@"; }

# within FOLDER COMMAND…
within() (cd "$1" && shift && "$@")

# js COMMAND…: as app.wasm is built, -trimpath too, so that the standard library need not be compiled for it again.
js() { env GOOS=js GOARCH=wasm GOFLAGS="${GOFLAGS:-} -trimpath" "$@"; }

test_all() {
	local start module
	start=$(now)
	need_go
	need_c
	need_npm
	need_chromium
	need_firefox
	need_webkit
	need_nginx
	need_servers
	need_caddy
	need_varnish
	need_redis
	need_staticcheck
	need_tinygo
	export INLAY_REQUIRE_TINYGO=1 # nothing that needs it is passed over
	quietly "build" inlay_build || die "nothing is tested before it is built; see above"
	go_checks
	beside computing
	check "go test -race: the Worker, docs" go test -race -timeout 30m -count=1 -p 1 . ./docs ./worker/e2e
	check "go test -race: servers" go test -race $(packages $serving)
	check "go test: edge/browsertest" go -C edge/browsertest test -timeout 30m ./...
	joined
	check "inlay test -race" build/.bin/inlay test -race
	check "inlay deploy --dry-run" build/.bin/inlay deploy --dry-run
	printf '%d passed, %d failed\n' "$passed" ${#failures[@]}
	if [ ${#failures[@]} -gt 0 ]; then
		die "failed: $(printf '%s; ' "${failures[@]}")in $(seconds_since "$start") s"
	fi
	say "everything holds, in $(seconds_since "$start") s"
}

# computing is what only computes: the machine does it while others wait for servers, browsers and clocks.
computing() {
	local module
	check "tsc --checkJs" node_modules/.bin/tsc --project tsconfig.json
	check "tsc --checkJs: the operator's page" node_modules/.bin/tsc --project internal/operator/tsconfig.json
	check "node --test worker" node_modules/node/bin/node --test worker/*.test.mjs
	check "go test: millions of events" go test -run "Simulation|World" ./internal/engine
	check "go test: mistakes are noticed" go test ./internal/engine -timeout 30m -run Mutations -mutations
	check "go test -race: packages" go test -race $(go list ./... | grep -v "^inlay$\|^inlay/docs$\|/e2e$" | grep -vx "$(packages $serving)")
	for module in $modules; do
		case $module in
		edge/browsertest) ;; # which waits
		edge/redis) check "go test -race: $module" go -C $module test -race ./... ;;
		edge/promtest) check "go test: $module" go -C $module test -count=1 ./... ;; # Go does not see that a file of docs/ has changed
		*) check "go test: $module" go -C $module test ./... ;;
		esac
	done
}

# beside COMMAND: runs checks in the background, where they get less of the time than the foreground, whose tests measure some.
# joined waits for them, prints what they printed, and counts them.
beside() {
	aside=$(mktemp -d)
	set -m # a process group of its own, so that it can be ended as one
	(
		renice -n 5 -p "$(sh -c 'echo $PPID')" >/dev/null
		passed=0 failures=()
		"$1"
		printf '%s\n' "$passed" ${failures[@]+"${failures[@]}"} >"$aside/tally"
	) >"$aside/lines" 2>&1 </dev/null &
	beside=$!
	set +m
	trap 'kill -- "-$beside" 2>/dev/null; rm -rf "$aside"' EXIT
}
joined() {
	local line
	wait "$beside" || true
	cat "$aside/lines"
	[ -s "$aside/tally" ] || echo "what ran beside the others has ended early" >"$aside/tally"
	while IFS= read -r line; do
		case $line in
		*[!0-9]*) failures+=("$line") ;;
		*) passed=$((passed + line)) ;;
		esac
	done <"$aside/tally"
	rm -rf "$aside"
	trap - EXIT
}

# go_checks looks at all Go there is, the parts that only some builds see too.
go_checks() {
	local module
	check gofmt silent gofmt -l -s ./*.go bench cache cmd docs edge internal tools worker
	check "go vet" go vet ./...
	check "go vet: app.wasm" js go vet ./worker/app/... ./worker/instance ./worker/testing/... ./edge
	check "go vet: core.wasm" js go vet -tags tinygo ./worker/core
	check "go vet: core.wasm for tests" js go vet -tags tinygo,inlaytest ./worker/core
	check staticcheck "$STATICCHECK" ./...
	check "staticcheck: app.wasm" js "$STATICCHECK" ./worker/app/... ./worker/instance ./worker/testing/...
	# JavaScript calls the exports; to staticcheck they look unused.
	check "staticcheck: core.wasm" js "$STATICCHECK" -tags tinygo,inlaytest -checks inherit,-U1000 ./worker/core
	for module in $modules; do
		check "go vet: $module" go -C $module vet ./...
		check "staticcheck: $module" within $module "$STATICCHECK" ./...
	done
	# Whatever site lies there: it need not have Go. inlay test vets it and runs its tests.
	if ls site/*.go >/dev/null 2>&1; then
		check "gofmt: the site" silent gofmt -l -s site
		check "go vet: the site in Wasm" js go -C site vet ./...
		check "staticcheck: the site" within site "$STATICCHECK" ./...
		check "staticcheck: the site in Wasm" within site js "$STATICCHECK" .
	fi
}
