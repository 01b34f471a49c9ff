# shellcheck shell=bash
# What a machine with only Go and Node lacks: each function makes sure of one tool, and does nothing when it is there.

# apt_install PACKAGE…: from Debian, as root or with sudo. Lists that are there may be old, and name what is gone.
apt_install() {
	have apt-get || die "missing: $*; install what corresponds to these Debian packages and run again"
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
	if [ "$(id -u)" != 0 ]; then
		have sudo || die "missing Debian packages; as root: apt-get install $*"
		apt=(sudo "${apt[@]}")
	fi
	quietly "apt-get update" "${apt[@]}" update || die "apt-get update failed"
	quietly "apt-get install $1${2:+ …}" "${apt[@]}" install -y --no-install-recommends "$@" ||
		die "apt-get could not install: $*"
}

# at_least WANT HAVE: whether version HAVE is WANT or newer.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

need_go() {
	have go || die "missing: go 1.26 or newer; get it from https://go.dev/dl/"
	GO_VERSION=$(go env GOVERSION)
	at_least 1.26 "${GO_VERSION#go}" || die "go 1.26 or newer is needed, found ${GO_VERSION}; get it from https://go.dev/dl/"
}

need_node() {
	have node || die "missing: node 20 or newer; get it from https://nodejs.org/"
	local found
	found=$(node --version)
	at_least 20 "${found#v}" || die "node 20 or newer is needed, found $found; get it from https://nodejs.org/"
}

# need_c makes sure of a C and C++ compiler, which TinyGo's build and Go's race detector want.
need_c() { have gcc g++ || apt_install g++ libc6-dev; }

TINYGO_VERSION=$(sed -n 's|.*github.com/tinygo-org/tinygo v\([0-9.]*\).*|\1|p' tools/tinygo/go.mod)
TINYGO_HOME=$CACHE/tinygo-$TINYGO_VERSION
LLVM=19

# need_tinygo puts TinyGo on PATH: the machine's own if it is new enough, else one built from its Go module against
# Debian's LLVM, once, in the cache folder.
need_tinygo() {
	local found
	if have tinygo && found=$(tinygo version | awk '{print $3}') && at_least 0.41 "$found"; then
		TINYGO_VERSION=$found
		return
	fi
	export PATH=$TINYGO_HOME/bin:/usr/lib/llvm-$LLVM/bin:$PATH
	if ! have clang wasm-ld wasm-opt || [ ! -e "/usr/lib/llvm-$LLVM/include/lld" ]; then
		have apt-get || die "missing: tinygo 0.41 or newer; get it from https://tinygo.org/getting-started/install/"
		apt_install llvm-$LLVM-dev libclang-$LLVM-dev clang-$LLVM lld-$LLVM liblld-$LLVM-dev binaryen
	fi
	[ -x "$TINYGO_HOME/bin/tinygo" ] && return
	need_c
	quietly "TinyGo $TINYGO_VERSION (once, about 100 s)" build_tinygo || die "TinyGo could not be built; see above"
}

# build_tinygo makes TINYGO_HOME. It is also the TINYGOROOT, which TinyGo finds from where its program is. The module lacks
# the submodules of TinyGo's repository: the core needs none of them, but src/net has to exist.
build_tinygo() (
	set -e
	mkdir -p "$CACHE"
	new=$(mktemp -d "$CACHE/tinygo.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	cd tools/tinygo
	CGO_ENABLED=1 go build -trimpath -tags llvm$LLVM -o "$new/bin/tinygo" github.com/tinygo-org/tinygo
	module=$(go list -m -f '{{.Dir}}' github.com/tinygo-org/tinygo)
	cp -r "$module/src" "$module/targets" "$module/lib" "$new/"
	chmod -R u+w "$new"
	chmod 755 "$new"
	mkdir -p "$new/src/net"
	rm -rf "$TINYGO_HOME"
	mv "$new" "$TINYGO_HOME"
)

STATICCHECK_VERSION=$(sed -n 's|.*honnef.co/go/tools v\([0-9.]*\).*|\1|p' tools/staticcheck/go.mod)

# need_staticcheck sets STATICCHECK. It must be built by the Go that it is to check with.
need_staticcheck() {
	STATICCHECK=$CACHE/staticcheck-$STATICCHECK_VERSION-$GO_VERSION
	[ -x "$STATICCHECK" ] && return
	mkdir -p "$CACHE"
	quietly "staticcheck $STATICCHECK_VERSION (once)" \
		go -C tools/staticcheck build -trimpath -o "$STATICCHECK" honnef.co/go/tools/cmd/staticcheck ||
		die "staticcheck could not be built; see above"
}

# need_npm makes node_modules what package-lock.json says.
need_npm() {
	need_node
	go run ./tools/npm || die "node_modules could not be made; see above"
	[ -x node_modules/node/bin/node ] || die "npm ci brought no Node; are npm's install scripts switched off?"
}

# The first Chromium that knows the HTML standard's patches.
CHROMIUM_LEAST=150

# new_chromium: whether the browser is there, and new enough.
new_chromium() {
	local found
	found=$("${CHROMIUM:-chromium}" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9.]*\).*/\1/p')
	[ -n "$found" ] && at_least $CHROMIUM_LEAST "$found"
}

# need_chromium makes sure of the browser that edge/browsertest drives.
need_chromium() {
	new_chromium && return
	[ -z "${CHROMIUM:-}" ] || die "CHROMIUM has to name a Chromium, $CHROMIUM_LEAST or newer; it is $CHROMIUM"
	apt_install chromium
	new_chromium || die "Debian's chromium is older than $CHROMIUM_LEAST; let CHROMIUM name a newer one"
}

# need_nginx makes sure of the proxy that tests put in front of the servers. It is on no user's PATH in Debian.
need_nginx() {
	have nginx || [ -x /usr/sbin/nginx ] || apt_install nginx
}

# need_servers makes sure of the others that tests put inlay in front of: PHP's own, and Express.
need_servers() {
	have php || apt_install php-cli
	have php || die "Debian's php-cli was installed, and php is not on PATH"
	quietly "npm: a server of Express" go run ./tools/npm worker/e2e/testdata/servers || die "Express could not be installed; see above"
}

# need_caddy makes sure of the other one.
need_caddy() { have caddy || apt_install caddy; }

# need_varnish makes sure of the server that ESI is compared with. Its package starts one, which nobody here needs, and it compiles
# its configuration with the compiler that it brings.
need_varnish() {
	have varnishd || [ -x /usr/sbin/varnishd ] || apt_install varnish
}

# need_redis makes sure of the server that edge/redis is tested with. Its package starts one, which nobody here needs.
need_redis() {
	have redis-server && return
	apt_install redis-server
	have redis-server || die "Debian's redis-server was installed, and redis-server is not on PATH"
}

# need_firefox makes sure of the Firefox that edge/browsertest drives.
need_firefox() {
	[ -z "${FIREFOX:-}" ] || { have "$FIREFOX" || die "FIREFOX has to name a Firefox; it is $FIREFOX"; return; }
	have firefox-esr && return
	apt_install firefox-esr
	have firefox-esr || die "Debian's firefox-esr was installed, and is not on PATH; let FIREFOX name a Firefox"
}

# need_webkit makes sure of the WebKit that edge/browsertest drives, and of an X server for it, which needs no screen.
need_webkit() {
	have WebKitWebDriver Xvfb && compgen -G '/usr/lib/*/webkit2gtk-4.*/MiniBrowser' >/dev/null && return
	apt_install webkit2gtk-driver xvfb
	have WebKitWebDriver Xvfb && compgen -G '/usr/lib/*/webkit2gtk-4.*/MiniBrowser' >/dev/null ||
		die "Debian's webkit2gtk-driver and xvfb were installed, and WebKitWebDriver, MiniBrowser or Xvfb is missing"
}
