#!/usr/bin/env bash
# Builds, runs, tests and deploys inlay: ./build.sh help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

. tools/lib.sh
. tools/install.sh
. tools/modules.sh
. tools/test.sh

usage() {
	cat <<'HELP'
usage: ./build.sh [COMMAND]

  build             make build/ (no command means this)
  build --test      also make build/test/, a Worker whose core has exports for tests
  dev [OPTION…]     build, and run wrangler dev on http://localhost:8787; options go to wrangler
  serve             run the same site natively, without Wasm, on http://127.0.0.1:8787
  test              everything that has to hold: formatting, vet, staticcheck, all tests, both Wasm builds
  bench             benchmarks against peers; writes bench/RESULTS.md
  deploy [OPTION…]  build, and run wrangler deploy; --dry-run works offline
  clean             remove what build made: build/, .wrangler/ and the generated files of site/data/
  clean --all       also remove node_modules/ and the tools in the cache folder
  help              print this

Environment:
  PORT            the port of dev and serve, in place of 8787
  CHROMIUM        the browser for the tests, in place of chromium on PATH
  FIREFOX         the same, in place of firefox-esr on PATH
  XDG_CACHE_HOME  where TinyGo and staticcheck are kept once built (in inlay/), in place of ~/.cache

Each command installs what it lacks: Debian packages by apt-get (as root or with sudo), npm packages into
node_modules/, TinyGo and staticcheck from their Go modules into the cache folder. Go 1.26 and Node 20 or newer have
to be there. A tinygo of at least 0.41 on PATH is used as it is, and no LLVM is installed then.
HELP
}

# wrangler COMMAND…: wrangler under the Node it needs, which npm brought; quiet, and offline unless it deploys.
wrangler() {
	WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false WRANGLER_HIDE_BANNER=true \
		CLOUDFLARE_CF_FETCH_ENABLED=false PATH="$PWD/node_modules/node/bin:$PATH" \
		node node_modules/wrangler/bin/wrangler.js "$@"
}

command=${1:-build}
[ $# = 0 ] || shift
case $command in
build)
	case "$*" in
	'') build_all ;;
	--test) build_all test ;;
	*) die "build takes no option but --test; see ./build.sh help" ;;
	esac
	;;
dev)
	need_npm
	build_all
	wrangler dev --port "${PORT:-8787}" --var INLAY_DEV:1 "$@"
	;;
serve)
	need_go
	need_node
	alone build/.lock
	generate_site
	mkdir -p build/native
	go build -trimpath -o build/native/inlay ./worker/app/example
	release
	exec build/native/inlay "$@" # in this process, which so gets the signals that are meant for the server
	;;
test) test_all ;;
bench)
	need_npm
	build_all
	exec bench/run.sh "$@"
	;;
deploy)
	need_npm
	build_all
	wrangler deploy "$@"
	;;
clean)
	rm -rf build .wrangler
	if [ -d site/gen ] && [ -d site/data ]; then # without the example's site/gen they are another site's own
		find site/data -name '*.z' -delete
		find site/data -mindepth 1 -type d -empty -delete
	fi
	case "$*" in
	'') ;;
	--all)
		rm -rf node_modules
		rm -rf "$CACHE"
		;;
	*) die "clean takes no option but --all; see ./build.sh help" ;;
	esac
	;;
help | -h | --help) usage ;;
*)
	usage >&2
	die "there is no command $command"
	;;
esac
