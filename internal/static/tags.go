package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"sync"
	"time"
)

// tags are entity tags of files by their names: made of their bytes, so that they are the same on each machine, and made again
// when a file has changed.
type tags struct {
	mu   sync.Mutex
	made map[string]made
}

type made struct {
	size int64
	at   time.Time
	tag  string
}

// of is the entity tag of a file, whose content it reads at most once, and leaves at its beginning.
func (t *tags) of(name string, info fs.FileInfo, content io.ReadSeeker) (string, error) {
	t.mu.Lock()
	one, ok := t.made[name]
	t.mu.Unlock()
	if ok && one.size == info.Size() && one.at.Equal(info.ModTime()) {
		return one.tag, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	one = made{info.Size(), info.ModTime(), `"` + hex.EncodeToString(sum.Sum(nil)[:16]) + `"`}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = map[string]made{}
	}
	t.made[name] = one
	return one.tag, nil
}
