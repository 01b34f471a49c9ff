# shellcheck shell=bash
# What lies in build/: the modules of the Worker and the configuration of a bare workerd.

built='' # not empty: something in build/ is new

# build_all [test]: everything that is out of date; with test also build/test/, whose core has exports for tests.
build_all() {
	need_go
	need_node
	alone build/.lock
	need_tinygo
	generate_site
	sources="$GO_VERSION $(digest go.mod go.sum cache edge internal site worker/app worker/instance)"
	build_pages
	build_core build/core.wasm ''
	if [ "${1:-}" = test ]; then
		mkdir -p build/test
		build_core build/test/core.wasm inlaytest
	fi
	build_app
	build_assets
	list_glue
	copy_glue
	write_capnp build/workerd.capnp '' core.wasm
	if [ "${1:-}" = test ]; then write_capnp build/test/workerd.capnp ../ test/core.wasm; fi
	weigh
	release
}

# generate_site renders the documentation of the Go release in use into site/data, if the site is the example.
generate_site() {
	[ -d site/gen ] || return 0
	local hash
	hash="$GO_VERSION $(digest go.mod site/gen)"
	fresh site "$hash" && [ -e site/data/packages.z ] && return
	quietly "site/data from $GO_VERSION" go run ./site/gen || die "the site's data could not be generated; see above"
	stamp site "$hash"
}

# build_pages parses every page, so that a mistake in a shell is told with file, line and column before anything else is
# built, and writes them for core.wasm, which has no parser.
build_pages() {
	fresh pages "$sources" && [ -e build/pages.bin ] && return
	quietly "build/pages.bin" go run ./worker/app/example -pages build/pages.bin || die "the site does not compile, or a page does not parse; see above"
	stamp pages "$sources"
	built=yes
}

# The most that core.wasm may weigh gzipped, in bytes.
CORE_LIMIT=81920

# build_core FILE TAGS: the engine and the cache, by TinyGo. A panic traps: there is nothing to print it on, and the glue
# replaces the instance. -opt=z is a quarter smaller than -opt=2 (gzipped 61.5 KB; with -opt=s 64.8, with -opt=2 81.1), and
# what is slower by it, a cache hit of 57 ns for 45, does not show in a warm page. The core for tests keeps its functions'
# names.
build_core() {
	local hash names=
	hash="$TINYGO_VERSION $2 $(digest go.mod go.sum cache edge internal worker/core worker/target.json tools/modules.sh tools/core.mjs)"
	fresh "${1//\//-}" "$hash" && [ -e "$1" ] && return
	[ -z "$2" ] || names=--names
	quietly "$1" tinygo build -target worker/target.json -tags "$2" -no-debug -opt=z -panic=trap -o build/.core.wasm ./worker/core ||
		die "TinyGo could not compile ./worker/core; see above"
	quietly "$1: imports" node tools/core.mjs build/.core.wasm "$1.new" inlay $names ||
		die "$1 would need more than the host interface gives; see above"
	rm build/.core.wasm
	mv "$1.new" "$1"
	stamp "${1//\//-}" "$hash"
	built=yes
}

build_app() {
	local hash
	hash="$sources $(digest tools/modules.sh)"
	fresh app "$hash" && [ -e build/app.wasm ] && return
	quietly build/app.wasm env GOOS=js GOARCH=wasm \
		go build -trimpath -buildvcs=false -ldflags='-s -w' -o build/app.wasm ./worker/app/example ||
		die "Go could not compile ./worker/app/example; see above"
	stamp app "$hash"
	built=yes
}

# build_assets takes what starts a Go instance from the Go release that compiles it. syumai/workers has a copy whose
# js.Global() is a Proxy, which fetch and setTimeout refuse as their receiver; what it needs besides is in worker/go.mjs.
build_assets() {
	local from
	from="$(go env GOROOT)/lib/wasm/wasm_exec.js"
	[ -e "$from" ] || die "this Go lacks $from; get a whole one from https://go.dev/dl/"
	cmp -s "$from" build/wasm_exec.js && return
	cp "$from" build/wasm_exec.js
	built=yes
}

# top_level prints the lines of wrangler.toml that are in no table.
top_level() { sed '/^[[:space:]]*\[/,$d' wrangler.toml; }

# entry is the module that wrangler.toml names as main.
entry() {
	local main name
	[ -e wrangler.toml ] || die "there is no wrangler.toml"
	main=$(top_level | sed -nE "s/^[[:space:]]*[\"']?main[\"']?[[:space:]]*=[[:space:]]*(\"([^\"]*)\"|'([^']*)').*/\2\3/p")
	name=$(printf '%s' "$main" | sed -nE 's,^(\./+)*build/+([A-Za-z0-9_.-]+\.m?js)$,\2,p')
	[ -n "$name" ] || die "wrangler.toml: main is \"$main\", and has to be a module directly in build/, as in main = \"build/main.mjs\""
	printf '%s' "$name"
}

# list_glue sets MODULES to the names of what the Worker consists of, its entry first, and GLUE to those of them that are
# written by hand or made for the site: in site/, site/data/ or worker/.
list_glue() {
	local name all main
	main=$(entry) || exit 1
	all=$(node --experimental-vm-modules --no-warnings tools/imports.mjs "$main" site site/data worker) ||
		die "the Worker's modules are not whole; see above"
	MODULES=($all)
	GLUE=()
	for name in $all; do
		if [ -n "$(glue_path "$name")" ]; then GLUE+=("$name"); fi
	done
}

# glue_path NAME: where a module is that build/ gets a copy of; nothing for what is made in build/.
glue_path() {
	local folder
	[ "$1" != core.wasm ] || return 0 # the one in worker/ is for who lacks TinyGo
	for folder in site site/data worker; do
		if [ -e "$folder/$1" ]; then
			printf '%s' "$folder/$1"
			return
		fi
	done
}

# copy_glue copies the changed modules, and removes what else wrangler would upload.
copy_glue() {
	local name path
	for name in "${GLUE[@]}"; do
		path=$(glue_path "$name")
		cmp -s "$path" "build/$name" && continue
		cp "$path" "build/$name"
		built=yes
	done
	for path in build/*.mjs build/.*.mjs build/*.js build/.*.js build/*.wasm build/.*.wasm build/*.bin build/.*.bin build/*.z build/.*.z; do
		[ -e "$path" ] || continue
		case " ${MODULES[*]} " in
		*" ${path#build/} "*) ;;
		*) rm "$path" && built=yes ;;
		esac
	done
}

# variables prints the names of those that the Worker reads: bindings have to name each. The site's own are those in
# wrangler.toml's [vars] and in .dev.vars, and what begins with SITE_.
variables() {
	{
		grep -ohE '\bINLAY_[A-Z_]+\b' internal/config/variables.go worker/*.mjs
		find site -type f \( -name '*.go' -o -name '*.mjs' -o -name '*.js' \) ! -path '*/testdata/*' ! -name '*_test.go' \
			-exec grep -ohE '\b(INLAY|SITE)_[A-Z0-9_]+\b' {} + || true
		own_vars | keys
		if [ -e .dev.vars ]; then sed 's/^[[:space:]]*export[[:space:]]*//' .dev.vars | keys; fi
	} | LC_ALL=C sort -u
}

# own_vars prints what wrangler.toml has in its table vars, however that is written, each in a line.
own_vars() {
	awk '/^[[:space:]]*\[/ { inside = /^[[:space:]]*\[[[:space:]]*["\047]?vars["\047]?[[:space:]]*\]/; next } inside' wrangler.toml
	top_level | sed -nE "s/^[[:space:]]*[\"']?vars[\"']?[[:space:]]*\.//p"
	top_level | sed -nE "s/^[[:space:]]*[\"']?vars[\"']?[[:space:]]*=[[:space:]]*\{//p" | tr ',' '\n'
}

# keys prints what the lines of its input set.
keys() { sed -nE "s/^[[:space:]]*[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?[[:space:]]*=.*/\1/p"; }

# compatibility_date is wrangler.toml's.
compatibility_date() { sed -n 's/^compatibility_date *= *"\(.*\)"/\1/p' wrangler.toml; }

# compatibility_flags are wrangler.toml's, as capnp writes a list.
compatibility_flags() { sed -n 's/^compatibility_flags *= *\[\(.*\)\].*/\1/p' wrangler.toml; }

# write_capnp FILE UP CORE: the configuration of a bare workerd. Paths in it are relative to it; UP leads from it to build/,
# and CORE is the core's path in build/. Another port: workerd serve FILE --socket-addr http=127.0.0.1:PORT.
write_capnp() {
	local name
	{
		printf '# Made by build.sh. Run it from anywhere: workerd serve %s\n' "$1"
		printf '# Another port: --socket-addr http=127.0.0.1:PORT. Variables are taken from the environment, not from wrangler.toml:\n'
		printf '# %s.\n' "$(variables | tr '\n' ' ' | sed 's/ $//; s/ /, /g' | fold -s -w 118 | sed 's/ $//; 2,$s/^/# /')"
		printf '# Nothing else that wrangler.toml binds is there: no KV, no D1, no R2, no Durable Object, no service.\n'
		printf 'using Workerd = import "/workerd/workerd.capnp";\n\n'
		printf 'const config :Workerd.Config = (\n'
		printf '  services = [\n    (name = "main", worker = .worker),\n'
		printf '    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),\n  ],\n'
		printf '  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],\n);\n\n'
		printf 'const worker :Workerd.Worker = (\n  compatibilityDate = "%s",\n' "$(compatibility_date)"
		printf '  compatibilityFlags = [%s],\n  modules = [\n' "$(compatibility_flags)"
		for name in "${MODULES[@]}"; do # the entry comes first
			case $name in
			core.wasm) printf '    (name = "%s", wasm = embed "%s%s"),\n' "$name" "$2" "$3" ;;
			*.wasm) printf '    (name = "%s", wasm = embed "%s%s"),\n' "$name" "$2" "$name" ;;
			*js) printf '    (name = "%s", esModule = embed "%s%s"),\n' "$name" "$2" "$name" ;;
			*) printf '    (name = "%s", data = embed "%s%s"),\n' "$name" "$2" "$name" ;;
			esac
		done
		printf '  ],\n  bindings = [\n'
		for name in $(variables); do
			printf '    (name = "%s", fromEnvironment = "%s"),\n' "$name" "$name"
		done
		printf '  ],\n);\n'
	} >"$1.new"
	mv "$1.new" "$1"
}

# weigh prints each module's size, and refuses a core that has outgrown its limit.
weigh() {
	if [ -n "$built" ] || [ ! -e build/.stamps/sizes ]; then
		rm -f build/.stamps/sizes
		node tools/sizes.mjs build core.wasm="$CORE_LIMIT" >build/.sizes || { cat build/.sizes; die "a module is over its limit"; }
		mv build/.sizes build/.stamps/sizes
	fi
	cat build/.stamps/sizes
}
