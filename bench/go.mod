module inlay/bench

go 1.26.0

require (
	github.com/Yiling-J/theine-go v0.6.3
	github.com/coocood/freecache v1.2.4
	github.com/dgraph-io/ristretto/v2 v2.4.2
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/klauspost/compress v1.20.4
	github.com/maypok86/otter/v2 v2.4.0
	github.com/phuslu/lru v1.0.18
	github.com/scalalang2/golang-fifo v1.2.0
	github.com/syumai/workers v0.32.0
	github.com/ulikunitz/xz v0.5.14
	github.com/viccon/sturdyc v1.1.5
	golang.org/x/sync v0.25.0
	inlay v0.0.0
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/klauspost/cpuid/v2 v2.0.9 // indirect
	github.com/zeebo/xxh3 v1.0.2 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace inlay => ../

tool golang.org/x/perf/cmd/benchstat
