package main

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// totals says how much was written, in files and bytes.
type totals struct {
	files, text, packed int
}

// write stores each text under its name with ".z" appended, and removes every
// older ".z" that is not among them. All are written anew: by its date the build
// knows a file as generated, and by its bytes what has changed.
func write(dir string, texts map[string]string) (totals, error) {
	var sum totals
	keep := make(map[string]bool, len(texts))
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		file := filepath.Join(dir, filepath.FromSlash(name)+".z")
		keep[file] = true
		packed := pack(texts[name])
		sum.files++
		sum.text += len(texts[name])
		sum.packed += len(packed)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return sum, err
		}
		if err := os.WriteFile(file, packed, 0o644); err != nil {
			return sum, err
		}
	}
	return sum, filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || keep[file] || !strings.HasSuffix(file, ".z") {
			return err
		}
		return os.Remove(file)
	})
}

func pack(text string) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(fmt.Sprintf("flate refuses its own level: %v", err))
	}
	// A bytes.Buffer never fails.
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return packed.Bytes()
}
