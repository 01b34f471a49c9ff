#!/usr/bin/env bash
# Builds, runs, tests and deploys inlay with its example: ./build.sh help. What it does to a site is cmd/inlay's work; here is
# what the repository needs besides.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

. tools/lib.sh
. tools/install.sh
. tools/test.sh

usage() {
	cat <<'HELP'
usage: ./build.sh [COMMAND]

  build             make build/ (no command means this)
  build --test      also make build/test/, a Worker whose core has exports for tests
  dev [OPTION…]     inlay dev: the example on http://localhost:8787, built anew and reloaded when a file changes
  serve             run the same site natively, without Wasm, on http://127.0.0.1:8787
  test              everything that has to hold: formatting, vet, staticcheck, all tests, all Wasm builds
  bench             benchmarks against peers; writes bench/RESULTS.md
  deploy [OPTION…]  build, and run wrangler deploy; --dry-run works offline
  core [NAME…]      make core.wasm, shell.wasm, variables.wasm and their records in worker/ anew, which are committed; or those named
  clean             remove what build made: build/, .wrangler/ and what the site's generators wrote and git ignores
  clean --all       also remove node_modules/ and the tools in the cache folder
  help              print this

Environment:
  PORT            the port of dev and serve, in place of 8787
  CHROMIUM        the browser for the tests, in place of chromium on PATH
  FIREFOX         the same, in place of firefox-esr on PATH
  XDG_CACHE_HOME  where TinyGo and staticcheck are kept once built (in inlay/), in place of ~/.cache

build, dev, serve and deploy are those of cmd/inlay, and need Go 1.26 and, but for serve, Node 20 or newer; npm packages go
into node_modules/. test, bench, core and build --test install what else they lack: Debian packages by apt-get (as root or
with sudo), TinyGo and staticcheck from their Go modules into the cache folder. A tinygo of at least 0.41 on PATH is used as
it is, and no LLVM is installed then.
HELP
}

command=${1:-build}
[ $# = 0 ] || shift
case $command in
build)
	need_go
	case " $* " in *' --test '*) need_tinygo ;; esac
	inlay build "$@"
	;;
dev | serve | deploy)
	need_go
	inlay "$command" "$@"
	;;
test) test_all ;;
bench)
	need_go
	need_npm
	need_tinygo
	need_nginx
	need_varnish
	(inlay build)
	exec bench/run.sh "$@"
	;;
core)
	need_go
	need_node
	need_tinygo
	go run ./tools/core "$@"
	;;
clean)
	generated | while IFS= read -r path; do rm -f "$path"; done
	rm -rf build .wrangler
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
