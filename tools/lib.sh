# shellcheck shell=bash
# What every command of build.sh uses: one line a step, and errors in one line.

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

# have PROGRAM…: whether all of them are on PATH.
have() {
	local program
	for program; do command -v "$program" >/dev/null || return 1; done
}

# inlay COMMAND…: this checkout's cmd/inlay, in this process, which so gets the signals that are meant for it.
inlay() {
	mkdir -p build/.bin
	go build -buildvcs=false -o build/.bin/inlay ./cmd/inlay || die "cmd/inlay does not compile; see above"
	exec build/.bin/inlay "$@"
}

# generated prints the files that the site's generators have written, as the build remembers them, if git ignores them: what
# is committed stays.
generated() {
	[ -e build/.state/generate ] || return 0
	sed 1d build/.state/generate | git check-ignore --stdin 2>/dev/null || true
}
