# shellcheck shell=bash
# What every command of build.sh uses: one line a step, errors in one line, and stamps, so that nothing is done twice.

# The cache folder holds what is expensive to make and does not depend on the checkout.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/inlay

if [ -t 1 ]; then red=$'\e[31m' plain=$'\e[0m'; else red='' plain=''; fi

# say TEXT: what is being done, one line.
say() { printf '%s\n' "$*"; }

# die TEXT: what is missing and how to get it, one line, and the end.
die() {
	printf '%s\n' "${red}build.sh: $*${plain}" >&2
	exit 1
}

# now prints the time in tenths of a second; bash before 5, as macOS has it, and its date know whole seconds only.
now() {
	local micros=${EPOCHREALTIME:-}
	micros=${micros/[.,]/}
	if [ -n "$micros" ]; then printf '%s' "${micros%?????}"; else printf '%s0' "$(date +%s)"; fi
}

# seconds_since START: elapsed time with one decimal; START is what now printed.
seconds_since() {
	local tenths=$(($(now) - $1))
	printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# quietly LABEL COMMAND…: one line with the elapsed time; the command's output only if it fails.
quietly() {
	local label=$1 start log
	shift
	start=$(now)
	log=$(mktemp)
	printf '%-44s' "$label"
	if "$@" >"$log" 2>&1; then
		printf '%7s s\n' "$(seconds_since "$start")"
		rm -f "$log"
		return 0
	fi
	printf '%7s s  %sfailed%s\n' "$(seconds_since "$start")" "$red" "$plain"
	cat "$log"
	rm -f "$log"
	return 1
}

# What prints SHA-256 as sha256sum does: macOS has only the other.
if command -v sha256sum >/dev/null; then SHA256=sha256sum; else SHA256='shasum -a 256'; fi

# digest PATH…: one hash over the names and contents of files; a folder stands for the files in it that go into a build and
# were written by hand.
digest() {
	find "$@" -type f ! -name '*_test.go' ! -name '*.test.mjs' ! -path '*/testdata/*' ! -path '*/browsertest/*' ! -path '*/difftest/*' ! -name '*.z' -print0 |
		LC_ALL=C sort -z | xargs -0 $SHA256 | $SHA256 | cut -c1-32
}

# fresh NAME HASH: whether the work called NAME was last done for HASH. Its products are checked by the caller.
fresh() { [ "$(cat "build/.stamps/$1" 2>/dev/null)" = "$2" ]; }

# stamp NAME HASH: the work called NAME is done for HASH.
stamp() {
	mkdir -p build/.stamps
	printf '%s' "$2" >"build/.stamps/$1"
}

# alone FILE: takes a lock and waits for it, so that two runs at once do not tread on each other; release lets it go.
# Descriptor 9, since bash before 4.1 cannot choose one itself.
alone() {
	mkdir -p "$(dirname "$1")"
	exec 9>"$1"
	have flock || return 0 # as on macOS, where two runs at once are up to the user
	flock 9
}

release() { exec 9>&-; }

# have PROGRAM…: whether all of them are on PATH.
have() {
	local program
	for program; do command -v "$program" >/dev/null || return 1; done
}
