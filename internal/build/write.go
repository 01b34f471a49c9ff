package build

import (
	"bytes"
	"os"
	"path/filepath"
)

// write makes a file have some bytes, in one step: who reads it meanwhile reads
// the old ones or the new. It says whether they are others than before.
func write(path string, data []byte) (changed bool, err error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	// A name with . before it is no module, and is uploaded by no rule.
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err := file.Write(data); err != nil {
		_ = file.Close()
		return false, err
	}
	if err := file.Close(); err != nil {
		return false, err
	}
	if err := os.Chmod(file.Name(), 0o644); err != nil {
		return false, err
	}
	return true, os.Rename(file.Name(), path)
}
