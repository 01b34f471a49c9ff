package corewasm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Cache keeps modules that were compiled on this machine, for all checkouts and
// sites, in the folder where build.sh keeps its tools. The zero value keeps
// none.
type Cache struct{ folder string }

// kept is how many it has at most: 170 KB each.
const kept = 20

// OpenCache is the cache of the user; one that keeps nothing, where there is no
// folder for it.
func OpenCache() Cache {
	root, err := cacheRoot()
	if err != nil {
		return Cache{}
	}
	return Cache{filepath.Join(root, "cores")}
}

// cacheRoot is where what takes long to make is kept.
func cacheRoot() (string, error) {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "inlay"), nil
}

func (c Cache) path(m *Module, digest string, t *Tools, tags []string) string {
	sum := sha256.Sum256([]byte(m.Name + "\n" + digest + "\n" + t.String() + "\n" + strings.Join(tags, ",")))
	return filepath.Join(c.folder, hex.EncodeToString(sum[:16])+".wasm")
}

// Get is what Compile has made of some sources, by the same tools; nil if it is
// not kept.
func (c Cache) Get(m *Module, digest string, t *Tools, tags ...string) []byte {
	if c.folder == "" {
		return nil
	}
	path := c.path(m, digest, t, tags)
	wasm, err := os.ReadFile(path)
	if err != nil || m.CheckImports(wasm) != nil {
		return nil
	}
	return wasm
}

// Put keeps what Compile has made. That it could not is no error: it is made
// again.
func (c Cache) Put(m *Module, wasm []byte, digest string, t *Tools, tags ...string) {
	if c.folder == "" || os.MkdirAll(c.folder, 0o755) != nil {
		return
	}
	file, err := os.CreateTemp(c.folder, ".new-*")
	if err != nil {
		return
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(wasm)
	if file.Close() != nil || err != nil {
		return
	}
	if os.Rename(file.Name(), c.path(m, digest, t, tags)) == nil {
		c.prune()
	}
}

// prune removes the oldest.
func (c Cache) prune() {
	entries, err := os.ReadDir(c.folder)
	if err != nil || len(entries) <= kept {
		return
	}
	age := func(e os.DirEntry) int64 {
		info, err := e.Info()
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(age(a), age(b)) })
	for _, e := range entries[:len(entries)-kept] {
		_ = os.Remove(filepath.Join(c.folder, e.Name()))
	}
}
