package scaffold

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// write writes files into a folder, which it makes if it has to, and gives their names. A file that is there by now is not
// written over.
func write(dir string, all map[string][]byte) ([]string, error) {
	names := slices.Sorted(maps.Keys(all))
	for _, name := range names {
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return nil, err
		}
		file, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		_, err = file.Write(all[name])
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}
