#!/usr/bin/env bash
# Measures what a newcomer waits for: from git clone to the first page of the example, in a temporary folder.
#
# tools/first-page.sh [--warm]
#
#   --warm  with the caches of Go and npm that this machine has, in place of empty ones
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/lib.sh

folder=$(mktemp -d)
server=''
leave() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server"; } || true
	chmod -R u+w "$folder" && rm -rf "$folder"
}
trap leave EXIT
case "$*" in
'') export GOMODCACHE=$folder/mod GOCACHE=$folder/go npm_config_cache=$folder/npm XDG_CACHE_HOME=$folder/cache ;;
--warm) ;;
*) die "first-page.sh takes no option but --warm" ;;
esac

start=$(now)
if [ -e .git ]; then
	git clone --quiet . "$folder/inlay"
else
	mkdir "$folder/inlay" # a checkout that came as an archive
	tar cf - --exclude ./build --exclude ./node_modules --exclude ./.wrangler . | tar xf - -C "$folder/inlay"
fi
cd "$folder/inlay"
PORT=0 ./build.sh dev >"$folder/log" 2>&1 &
server=$!
url=''
until [ -n "$url" ] && curl -sf -m 60 -o "$folder/page" "$url/pkg/net/http" && grep -q '</html>' "$folder/page"; do
	kill -0 "$server" 2>/dev/null || { cat "$folder/log" && die "inlay dev has ended"; }
	sleep 0.1
	url=$(sed -n 's|^listening on \(http://[^ ]*\).*|\1|p' "$folder/log" | head -n 1)
done
seconds=$(seconds_since "$start")
grep -q 'net/http' "$folder/page" || { cat "$folder/page" && die "the first page is another"; }
printf '%s s from git clone to the first page, of %s bytes\n' "$seconds" "$(wc -c <"$folder/page" | tr -d ' ')"
