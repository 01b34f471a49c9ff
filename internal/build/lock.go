package build

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"inlay/internal/project"
)

// alone runs something that writes into build/, when nothing else does.
func alone(ctx context.Context, p *project.Project, run func() error) error {
	if err := os.MkdirAll(p.Build(), 0o755); err != nil {
		return err
	}
	unlock, err := lock(ctx, p)
	if err != nil {
		return err
	}
	defer unlock()
	return run()
}

// lock lets one build at a time into build/: it waits for another, and gives
// what lets the next one in. The system takes the lock from a process that ends.
func lock(ctx context.Context, p *project.Project) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(p.Build(), ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		ok, err := tryLock(file)
		if err != nil {
			_ = file.Close()
			return nil, err
		}
		if ok {
			return func() { _ = file.Close() }, nil
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}
